// tests/api/dice.h: everything random of the fuzzer, from one seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace troth::api {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : random_() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class T>
  const T& pick(const std::vector<T>& all) {
    return all[below(all.size())];
  }
  std::string text(std::size_t most) {
    std::string out(below(most + 1), ' ');
    for (char& c : out) c = static_cast<char>(' ' + below(95));
    return out;
  }
  std::string bytes(std::size_t most) {
    std::string out(below(most + 1), ' ');
    for (char& c : out) c = static_cast<char>(below(256));
    return out;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace troth::api
