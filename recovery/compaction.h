// recovery/compaction.h: a running log gets shorter (design.md §4 "Compaction"): what its durable records up to a cut
// say is said again in the fewest rows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/values/limits.h"
#include "recovery/fewest.h"
#include "recovery/rebuild.h"
#include "wal/superseding.h"

namespace troth::recovery {

/// One compaction, in bounded steps, on a thread that is not the engine's: it reads the log alone, never what the
/// engine has in memory, and what is appended meanwhile lies after its cut.
///
/// The law: what a start makes of the log is the same before, between any two steps, and after. A crash or a destructor
/// before the last step leaves nothing behind; nobody has to know that it took place.
///
/// Memory, from the first step until it is destroyed: what a start needs for the log up to the cut (README.md
/// "Compaction"), without the details.
class Compaction {
 public:
  /// `now_at` decides which keys are let go: those of records older than `key_retain_ms`.
  Compaction(std::unique_ptr<wal::Superseding> log, Limits limits, Millis now_at);

  enum class Step : std::uint8_t {
    kMore,
    kDone,     // the set is in place, durably
    kStopped,  // the log is being closed: give up
    kFailed,   // a record cannot be read, see why(): the log stays as it is
  };
  /// One bounded piece of work: reads and folds some records, or restates some 64 KiB, or finishes. Not called again
  /// after anything but kMore.
  Step step();
  const std::string& why() const { return why_; }

 private:
  Step read();
  Step restate();

  const std::unique_ptr<wal::Superseding> log_;
  const Limits limits_;
  const Millis now_at_;
  Replay replay_;
  std::optional<Fewest> set_;  // once all is read
  std::vector<wal::Row> rows_;
  std::vector<wal::Record> batch_;
  std::string why_;
};

/// A compaction pays: many records lie after the cut, and more than the set it has to copy.
bool is_compaction_due(std::uint64_t records_after_cut, std::uint64_t set_rows, const Limits& limits);

}  // namespace troth::recovery
