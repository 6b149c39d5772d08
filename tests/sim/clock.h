// tests/sim/clock.h: virtual time. Nothing waits: the next thing that is due happens, and the clock jumps to it. Things
// due at the same moment happen in the order in which they were asked for, so one seed is one history.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace troth::sim {

/// Virtual microseconds since the history began.
using Micros = std::int64_t;
inline constexpr Micros kMillisecond = 1'000;
inline constexpr Micros kSecond = 1'000'000;

class Clock {
 public:
  Micros now() const { return now_; }
  std::uint64_t steps() const { return steps_; }
  void at(Micros due, std::function<void()> work) {
    heap_.push_back({due, ++asked_, std::move(work)});
    std::push_heap(heap_.begin(), heap_.end(), Later{});
  }
  /// Does the next thing that is due by `until`; false when there is none, and the clock then stands at `until`.
  bool step(Micros until);

 private:
  struct Due {
    Micros due;
    std::uint64_t order;
    std::function<void()> work;
  };
  struct Later {
    bool operator()(const Due& a, const Due& b) const { return a.due != b.due ? a.due > b.due : a.order > b.order; }
  };
  Micros now_ = 0;
  std::uint64_t asked_ = 0;
  std::uint64_t steps_ = 0;
  std::vector<Due> heap_;
};

inline bool Clock::step(Micros until) {
  if (heap_.empty() || heap_.front().due > until) {
    now_ = until;
    return false;
  }
  std::pop_heap(heap_.begin(), heap_.end(), Later{});
  Due next = std::move(heap_.back());
  heap_.pop_back();
  now_ = next.due > now_ ? next.due : now_;
  ++steps_;
  next.work();
  return true;
}

}  // namespace troth::sim
