#include "tests/e2e/chaos/rehearsal.h"

#include <fstream>

namespace troth::chaos {

Passed read_list(const std::string& file) {
  Passed passed;
  std::ifstream in(file);
  for (std::string name; std::getline(in, name);) ++passed[name];
  return passed;
}

}  // namespace troth::chaos
