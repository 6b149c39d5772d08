#include "tests/e2e/demo/kills.h"

#include <algorithm>
#include <random>

namespace troth::demo {
namespace {

constexpr std::uint64_t kMostDelayMs = 40;

}  // namespace

std::vector<Kill> even_kills(std::uint32_t kills, std::uint32_t transfers) {
  std::vector<Kill> all(kills);
  // A little before the end, so that the last kill, too, meets traffic.
  const std::uint64_t nearly_all = std::uint64_t{transfers} * 98 / 100;
  for (std::uint32_t i = 0; i < kills; ++i) {
    all[i].after = static_cast<std::uint32_t>(nearly_all * (i + 1) / kills);
    if (kills >= 3 && i == kills / 3) all[i].part = Part::kBankA;
    if (kills >= 3 && i == kills * 2 / 3) all[i].part = Part::kBankB;
  }
  return all;
}

std::vector<Kill> random_kills(std::uint32_t kills, std::uint32_t transfers, std::uint64_t seed) {
  std::mt19937_64 random(seed ^ 0x6b696c6c);
  std::vector<Kill> all(kills);
  for (Kill& kill : all) {
    const auto of = random() % 4;  // trothd as often as both banks together
    kill.part = of < 2 ? Part::kTrothd : of == 2 ? Part::kBankA : Part::kBankB;
    kill.after = static_cast<std::uint32_t>(random() % transfers);
    kill.delay = std::chrono::milliseconds(random() % kMostDelayMs);
  }
  std::sort(all.begin(), all.end(), [](const Kill& a, const Kill& b) { return a.after < b.after; });
  return all;
}

}  // namespace troth::demo
