// coordinator/engine/ages.h: since when the oldest of many has been there, without looking at all of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "proto/values/ids.h"

namespace troth::engine {

/// A multiset of times, counted by tenths of a second: entering and leaving cost a look at the newest, or a binary
/// search. What stays long costs one bucket for each tenth of a second in which something began that is still there.
class Ages {
 public:
  void enter(Millis since) {
    const Millis tick = since / kTickMs;
    while (buckets_.size() > first_ && buckets_.back().count == 0) buckets_.pop_back();
    if (buckets_.size() == first_ || buckets_.back().tick < tick) {
      buckets_.push_back({tick, 1});
      return;
    }
    const auto at = find(tick);
    if (at->tick == tick) {
      ++at->count;
    } else {
      buckets_.insert(at, {tick, 1});  // rare: a clock that was set back, or a transaction that was begun long ago
    }
  }
  /// `since` has entered, and has not left as often.
  void leave(Millis since) {
    --find(since / kTickMs)->count;
    while (first_ < buckets_.size() && buckets_[first_].count == 0) ++first_;
    if (first_ > kSlack && first_ * 2 > buckets_.size()) {
      buckets_.erase(buckets_.begin(), begin());
      first_ = 0;
    }
  }
  /// 0: nothing is there. At most a tenth of a second too early.
  Millis oldest() const { return first_ < buckets_.size() ? buckets_[first_].tick * kTickMs : 0; }

 private:
  struct Bucket {
    Millis tick = 0;
    std::uint64_t count = 0;
  };
  static constexpr Millis kTickMs = 100;
  static constexpr std::size_t kSlack = 64;

  std::vector<Bucket>::iterator begin() { return buckets_.begin() + static_cast<std::ptrdiff_t>(first_); }
  /// The first bucket not before `tick`; there is one.
  std::vector<Bucket>::iterator find(Millis tick) {
    if (buckets_.back().tick == tick) return std::prev(buckets_.end());
    return std::lower_bound(begin(), buckets_.end(), tick,
                            [](const Bucket& bucket, Millis wanted) { return bucket.tick < wanted; });
  }

  std::vector<Bucket> buckets_;  // by tick; empty ones stay until they are the first or the last
  std::size_t first_ = 0;        // of those before it nothing is left
};

}  // namespace troth::engine
