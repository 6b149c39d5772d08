// mutate: makes what the test-only build of the protocol needs, from the lists of mutants and probes.
//   mutate copy <top of the repository> <file> <to> <list>...    the changed copy of one product file
//   mutate table <top of the repository> <header> <source> <list>...   the enumeration of mutants, and their names
// Lists are named from the top of the repository. Exit 1 and one clear message when a list does not fit the code.
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "tests/mutants/changes.h"

namespace {

using namespace troth::mutants;

/// Leaves a file alone that is right already, so that nothing is compiled again for it.
void write_if_other(const std::string& path, const std::string& text) {
  {
    std::ifstream old(path, std::ios::binary);
    if (old && read_file(path) == text) return;
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
}

int run(const std::vector<std::string>& args) {
  if (args.size() < 5 || (args[0] != "copy" && args[0] != "table")) {
    std::cerr << "mutate: see the head of tests/mutants/mutate.cpp for what it takes\n";
    return 2;
  }
  const std::string top = args[1] + "/";
  Changes all;
  for (std::size_t i = 4; i < args.size(); ++i) read_list(args[i], read_file(top + args[i]), all);
  check(all);
  if (args[0] == "table") {
    write_if_other(args[2], ids_header(all));
    write_if_other(args[3], names_source(all));
  } else {
    write_if_other(args[3], changed_copy(all, args[2], top + args[2], read_file(top + args[2])));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "mutate: " << error.what() << "\n";
    return 1;
  }
}
