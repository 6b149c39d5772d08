// tests/explore/search.h: breadth-first through every state that the actions of a configuration reach.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/explore/actions.h"

namespace troth::explore {

struct Report {
  std::uint64_t states = 0;
  std::uint64_t transitions = 0;
  std::uint64_t finished = 0;      // states in which nothing is left to do
  bool is_exhaustive = true;       // false: max_states were seen first
  double seconds = 0;              // of the processor
  std::string violation;           // empty: none
  std::vector<std::string> trace;  // the shortest way there, for people
};

/// Explores until everything was seen, a promise is broken, or there are too many states. `cells` may be null.
Report explore(const Config& config, mutants::Cells* cells);

}  // namespace troth::explore
