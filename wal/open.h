// wal/open.h: everything that SqliteLog::open does but the writer thread: for those that call the log from one thread.
#pragma once

#include <variant>

#include "wal/log_file.h"
#include "wal/sqlite_log.h"

namespace troth::wal {

struct OpenedFile {
  std::unique_ptr<LogFile> file;
  LogId log_id;
  bool created = false;  // a new log was made
  bool rebuilt = false;  // the last stop was not orderly
};

/// Proves, rebuilds and replays as SqliteLog::open promises.
std::variant<OpenedFile, OpenError> open_log_file(const OpenOptions& options, Replayer& replayer);

}  // namespace troth::wal
