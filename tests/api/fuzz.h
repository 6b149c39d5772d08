// tests/api/fuzz.h: one run of the fuzzer, with processes of its own.
#pragma once

#include <cstdint>

namespace troth::api {

struct FuzzOptions {
  std::uint64_t requests = 100'000;
  std::uint64_t seed = 0;  // 0: drawn anew
  std::uint64_t connections = 4;
  bool json = false;
};

/// Prints violations and, last, the result; false: there were some. Throws when a process does not start.
bool fuzz(const FuzzOptions& options);

}  // namespace troth::api
