// tests/sim/rng.h: the one source of chance of a history. Same seed, same numbers, on every machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace troth::sim {

/// splitmix64 (Steele, Lea, Flood, OOPSLA 2014): small, fast, and any seed is a good one.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  /// 0 to limit - 1; 0 when limit is 0.
  std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : next() % limit; }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least + 1)));
  }
  /// True in `parts` of 10,000 cases.
  bool chance(std::uint32_t parts) { return parts != 0 && below(10'000) < parts; }
  template <class Container>
  auto& pick(Container& from) {
    return from[static_cast<std::size_t>(below(from.size()))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace troth::sim
