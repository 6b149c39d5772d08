// bench/options.h: what the program is asked to do.
#pragma once

#include <cstdint>
#include <string>

namespace troth::bench {

struct Options {
  std::string suite;
  std::uint64_t transactions = 1'000'000;
  std::uint64_t finished = 10'000'000;
  int runs = 3;
  int pairs = 9;
  double rate = 2'000;
  std::uint64_t in_flight = 64;
  std::uint64_t stuck = 1'000;
  double seconds = 5;
  std::string dir;  // the files lie in a new directory below it
  bool json = false;
};

extern const char* const kUsage;

/// Throws std::invalid_argument, which says what is wrong.
Options read_options(int argc, char** argv);

}  // namespace troth::bench
