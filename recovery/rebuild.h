// recovery/rebuild.h: how a log that was not closed in order becomes a new generation (design.md §4 "Generations"): the
// wal hands over every proven record, and takes back the fewest that mean the same.
#pragma once

#include <functional>
#include <string>

#include "proto/values/limits.h"
#include "recovery/known.h"
#include "wal/log.h"

namespace troth::recovery {

/// One replay of a log. Feed the rows of the set, then every record in order, then take. Details are bounded by
/// `limits`, by count (and a sixteenth).
class Replay {
 public:
  explicit Replay(Limits limits = {}) : limits_(limits) {}

  /// Returns an empty string, or why this record cannot be understood (LSN, kind, what): the start is then refused.
  std::string see(const wal::Stored& record);
  Known& known() { return known_; }

  /// Adds the rows of the set that speaks for everything up to `cut`: what `Fewest` gives, one at a time. Returns up to
  /// where keys may go: those of records older than they are kept.
  Lsn rebuilt(Lsn cut, Millis now_at, const std::function<void(const wal::Record&)>& add) const;

 private:
  Limits limits_;
  Known known_;
  Millis newest_at_ = 0;
  std::uint64_t seen_since_trim_ = 0;
};

/// A row of a set. It has no key: the log keeps a record with a key findable without its being restated.
wal::Record to_row(const Fact& fact);

/// The record of a fact; the find key of CommitDecided and AbortTold is their Idempotency-Key, as it is. The one place
/// where facts become records.
wal::Record to_record(const Fact& fact);

}  // namespace troth::recovery
