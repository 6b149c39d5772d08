// recovery/rebuild.h: how a log that was not closed in order becomes a new generation (design.md §4 "Generations"): the
// wal hands over every proven record, and takes back the fewest that mean the same.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "proto/values/limits.h"
#include "recovery/known.h"
#include "wal/log.h"

namespace troth::recovery {

/// One replay of a log. Feed every record in order, then take. Memory is bounded by `limits`: details by count (and a
/// sixteenth), keys by their retention before the newest decision seen.
class Replay {
 public:
  explicit Replay(Limits limits = {}) : limits_(limits) {}

  /// Returns an empty string, or why this record cannot be understood (LSN, kind, what): the start is then refused.
  std::string see(const wal::Stored& record);
  Known& known() { return known_; }

  /// The records of a new generation: `fewest(known, cut)`, plus every keyed decision younger than `key_retain_ms`, so
  /// that `Log::find` still answers for it. Keyed decisions of ended transactions are followed by their Ended.
  std::vector<wal::Record> rebuilt(Lsn cut, Millis now_at, Millis key_retain_ms) const;

 private:
  struct Keyed {
    Fact fact;  // CommitDecided with its first LSN, or AbortTold
    Millis at = 0;
  };
  void keep_if_keyed(Lsn lsn, const Fact& fact);

  Limits limits_;
  Known known_;
  std::deque<Keyed> keyed_;
  Millis newest_at_ = 0;
  std::uint64_t seen_since_trim_ = 0;
};

/// The record of a fact; the find key of CommitDecided and AbortTold is their Idempotency-Key, as it is. The one place
/// where facts become records.
wal::Record to_record(const Fact& fact);

}  // namespace troth::recovery
