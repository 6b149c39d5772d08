// bench/pace.h: which commits of a load are due, and how long those took that are done.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "bench/commits.h"

namespace troth::bench {

/// One phase of a load.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Pace(const Load& load) : load_(load), begun_(Clock::now()) {}

  /// How many to begin now. At a fixed rate a commit counts from when it was due, not from when somebody came to it.
  std::uint64_t take_due() {
    const auto now = Clock::now();
    const std::uint64_t before = begun_at_.size();
    if (load_.per_second > 0) {
      while (due_at(begun_at_.size()) <= now) begun_at_.push_back(due_at(begun_at_.size()));
    } else {
      begun_at_.resize(ended_ + load_.in_flight, now);
    }
    return begun_at_.size() - before;
  }
  /// When `take_due` may have more: at the latest then, at a closed load when some have ended.
  Clock::time_point next_due() const {
    return load_.per_second > 0 ? due_at(begun_at_.size()) : Clock::now() + std::chrono::milliseconds(10);
  }
  /// The oldest `count` that are under way are done.
  void end(std::uint64_t count, Clock::time_point at) {
    for (; count > 0; --count, ++ended_) {
      took_ms_.push_back(std::chrono::duration<double, std::milli>(at - begun_at_[ended_]).count());
    }
  }
  std::uint64_t under_way() const { return begun_at_.size() - ended_; }
  std::uint64_t ended() const { return ended_; }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begun_).count(); }
  std::vector<double>& took_ms() { return took_ms_; }

 private:
  Clock::time_point due_at(std::uint64_t n) const {
    const std::chrono::duration<double> after(static_cast<double>(n) / load_.per_second);
    return begun_ + std::chrono::duration_cast<Clock::duration>(after);
  }

  const Load load_;
  const Clock::time_point begun_;
  std::vector<Clock::time_point> begun_at_;
  std::uint64_t ended_ = 0;
  std::vector<double> took_ms_;
};

/// Runs the phases in pairs: `with`, which ends when the other job is done, and `alone`, which is told how long to go
/// on: as long as the `with` before it. They take turns at being first, so that what drifts falls on both.
Comparison compare(int pairs, const std::function<Pace()>& with, const std::function<Pace(double seconds)>& alone);

}  // namespace troth::bench
