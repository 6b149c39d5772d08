// wal/backup.h: a copy of the running log, consistent at one LSN, made while it is written.
#pragma once

#include <memory>
#include <string>

#include "wal/files.h"

namespace troth::wal {

/// Belongs to a thread of the caller's own, never to the engine's; at most one at a time; must not outlive the log.
/// Each step waits for the log's writer, who does a bounded piece between two batches. Whatever fails in it leaves the
/// log as it is; what was not taken is deleted.
class Backup {
 public:
  enum class Step : std::uint8_t {
    kMore,
    kDone,     // the copy is whole and marked, and can be proven and taken
    kStopped,  // the log is being closed: give up
    kNoSpace,  // the copy would use up what the log needs for itself
    kFailed,   // see why()
  };
  virtual ~Backup() = default;
  virtual Step step() = 0;
  virtual const std::string& why() const = 0;

  /// After kDone: where the copy lies, so that it can be proven (inspect.h).
  virtual const Directory& directory() const = 0;
  virtual const std::string& name() const = 0;
  /// The copy, open and without its name: it is gone when the file is closed.
  virtual std::unique_ptr<File> take() = 0;
};

}  // namespace troth::wal
