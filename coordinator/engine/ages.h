// coordinator/engine/ages.h: since when the oldest of many has been there, without looking at all of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

#include "proto/values/ids.h"

namespace troth::engine {

/// A multiset of times, counted by tenths of a second: entering and leaving cost a look at the newest, or a binary
/// search. Its memory is that of the tenths of a second in which something began that is still there, at most twice
/// that and a little, however long the oldest stays.
class Ages {
 public:
  void enter(Millis since) {
    const Millis tick = since / kTickMs;
    while (!buckets_.empty() && buckets_.back().count == 0) buckets_.pop_back();
    if (buckets_.empty() || buckets_.back().tick < tick) buckets_.push_back({tick, 0});
    auto at = find(tick);
    if (at->tick != tick) at = buckets_.insert(at, {tick, 0});  // rare: it began long ago, or a clock was set back
    if (at->count++ == 0) ++used_;
    first_ = std::min(first_, static_cast<std::size_t>(at - buckets_.begin()));
    if (buckets_.size() > 2 * used_ + kSlack) compact();
  }
  /// Nothing happens if `since` has not entered, or has left as often.
  void leave(Millis since) {
    const auto at = buckets_.empty() ? buckets_.end() : find(since / kTickMs);
    if (at == buckets_.end() || at->tick != since / kTickMs || at->count == 0) return;
    if (--at->count == 0) --used_;
    while (first_ < buckets_.size() && buckets_[first_].count == 0) ++first_;
  }
  /// 0: nothing is there. At most a tenth of a second too early.
  Millis oldest() const { return first_ < buckets_.size() ? buckets_[first_].tick * kTickMs : 0; }
  /// Buckets in memory.
  std::size_t size() const { return buckets_.size(); }

  static constexpr std::size_t kSlack = 64;

 private:
  struct Bucket {
    Millis tick = 0;
    std::uint64_t count = 0;
  };
  static constexpr Millis kTickMs = 100;

  /// The first bucket not before `tick`.
  std::vector<Bucket>::iterator find(Millis tick) {
    if (buckets_.back().tick == tick) return std::prev(buckets_.end());
    return std::lower_bound(buckets_.begin(), buckets_.end(), tick,
                            [](const Bucket& bucket, Millis wanted) { return bucket.tick < wanted; });
  }
  /// As many have become empty since the last time as are looked at, so it costs each of them one look.
  void compact() {
    std::erase_if(buckets_, [](const Bucket& bucket) { return bucket.count == 0; });
    first_ = 0;
  }

  std::vector<Bucket> buckets_;  // by tick; some are empty
  std::size_t first_ = 0;        // the first that is not empty
  std::size_t used_ = 0;         // buckets that are not empty
};

}  // namespace troth::engine
