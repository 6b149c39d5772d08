// What the demo does, as asked for on the command line.
#pragma once

#include <cstdint>
#include <string>

namespace troth::demo {

struct Options {
  std::uint32_t transfers = 5'000;
  std::uint32_t kills = 7;
  std::uint32_t in_flight = 32;
  std::uint64_t seed = 0;  // 0: drawn anew
  std::string dir;         // empty: a temporary one, removed after success
  bool json = false;
  bool keep = false;
  bool random_moments = false;  // kills at random moments instead of evenly by progress
  std::string trothd;           // programs; by default those of the same build
  std::string bank;
};

/// Throws std::invalid_argument with a sentence for people.
Options read_options(int argc, char** argv);
extern const char* const kUsage;

/// The programs of the build that made this one, found from where this one lies.
Options with_programs(Options options);

}  // namespace troth::demo
