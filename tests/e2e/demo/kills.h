// Which process is killed when.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "tests/e2e/demo/system.h"

namespace troth::demo {

struct Kill {
  Part part = Part::kTrothd;
  std::uint32_t after = 0;             // so many transfers told
  std::chrono::milliseconds delay{0};  // and then so much later
};

/// Evenly by progress (7 kills of 5,000 transfers: one per 700); of three or more, one is of each bank and the rest are
/// of trothd.
std::vector<Kill> even_kills(std::uint32_t kills, std::uint32_t transfers);
/// Of any process at any moment, also while it is starting.
std::vector<Kill> random_kills(std::uint32_t kills, std::uint32_t transfers, std::uint64_t seed);

}  // namespace troth::demo
