// wal/superseding.h: how the log gets shorter while it is in use (design.md §4 "Compaction").
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wal/log.h"

namespace troth::wal {

/// A record that was read back. `lsn` is 0 for a row of the set.
struct Row {
  Lsn lsn = 0;
  std::uint16_t kind = 0;
  std::string body;
};

/// One compaction. What the log says up to `cut` is read, and said again in fewer rows: the new *set*. Until `finish`
/// nothing has changed; a set that is left unfinished counts for nothing and is deleted in the log's own time.
///
/// Each call is a bounded piece of work (`add` as large as what it is given) and waits for the log's writer, so it
/// belongs to a thread of the caller's own, never to the engine's. At most one of these exists at a time; it must not
/// outlive the log. All is read before `finish`, which comes last; anything else ends the process, as does damage that
/// is found on the way.
class Superseding {
 public:
  enum class Read : std::uint8_t { kMore, kDone, kStopped };

  virtual ~Superseding() = default;

  /// The last record that the new set speaks for: it was durable when this began.
  virtual Lsn cut() const = 0;

  /// Replaces `rows` by the next ones: first those of the present set, then the records up to the cut. kDone: there
  /// were no more. kStopped: the log is being closed, give up.
  virtual Read read(std::vector<Row>& rows) = 0;

  /// Adds to the end of the new set. Kind and body only: a key stays findable without being restated. False: the log is
  /// being closed, give up.
  virtual bool add(std::span<const Record> rows) = 0;

  /// The set is whole. When it returns true, durably: a start reads the set instead of all that lies at or before the
  /// cut. Those records are deleted a few at a time; the ones with a key stay findable, except that from here on no key
  /// finds a record at or below `keys_upto`, also when a later call names less.
  virtual bool finish(Lsn keys_upto) = 0;
};

}  // namespace troth::wal
