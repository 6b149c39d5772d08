// trothctl: what an operator types.
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "coordinator/ctl/command_line.h"

int main(int argc, char** argv) {
  troth::ctl::Terminal terminal{std::cin, std::cout, std::cerr, ::isatty(0) == 1 && ::isatty(2) == 1};
  return troth::ctl::run_line(
      {argv + 1, argv + argc}, [](const char* name) { return std::getenv(name); }, terminal);
}
