// recovery/rebuild.h: how a log that was not closed in order becomes a new generation (design.md §4 "Generations"): the
// wal hands over every proven record, and takes back the fewest that mean the same.
#pragma once

#include <string>
#include <vector>

#include "recovery/known.h"
#include "wal/log.h"

namespace troth::recovery {

/// One replay of a log. Feed every record in order, then take.
class Replay {
 public:
  /// Returns an empty string, or why this record cannot be understood (LSN, kind, what): the start is then refused.
  std::string see(const wal::Stored& record);
  Known& known() { return known_; }

  /// The records of a new generation: `fewest(known, cut)`, plus every keyed record younger than `key_retain_ms`.
  std::vector<wal::Record> rebuilt(Lsn cut, Millis now_at, Millis key_retain_ms) const;

 private:
  Known known_;
  struct Keyed {
    std::string key;
    Fact fact;
    Millis at = 0;
  };
  std::vector<Keyed> keyed_;
};

/// The record of a fact, with its find key when it has an Idempotency-Key. The one place where facts become records.
wal::Record to_record(const Fact& fact);

}  // namespace troth::recovery
