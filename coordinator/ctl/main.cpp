// trothctl: what an operator types.
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "coordinator/ctl/command_line.h"

namespace {

/// Nothing here needs putting back: what a request has begun goes on without us, and no mode of the terminal is
/// changed.
void interrupted(int) {
  if (::isatty(2) == 1) [[maybe_unused]]
    const auto ignored = ::write(2, "\n", 1);
  ::_exit(troth::ctl::kExitInterrupted);
}

winsize terminal_size() {
  winsize size{};
  return ::ioctl(1, TIOCGWINSZ, &size) == 0 ? size : winsize{};
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, interrupted);
  const bool out_is_terminal = ::isatty(1) == 1;
  const winsize size = out_is_terminal ? terminal_size() : winsize{};
  troth::ctl::Terminal terminal{std::cin,        std::cout,   std::cerr,  ::isatty(0) == 1 && ::isatty(2) == 1,
                                out_is_terminal, size.ws_col, size.ws_row};
  return troth::ctl::run_line(
      {argv + 1, argv + argc}, [](const char* name) { return std::getenv(name); }, terminal);
}
