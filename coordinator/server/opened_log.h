// coordinator/server/opened_log.h: the first part of a start: from a directory to a log, what it says, and a new epoch.
#pragma once

#include <functional>
#include <memory>
#include <variant>

#include "coordinator/server/config.h"
#include "coordinator/server/inbox.h"
#include "coordinator/server/server.h"
#include "recovery/known.h"
#include "coordinator/server/outcome_ring.h"
#include "wal/sqlite_log.h"

namespace troth::server {

struct OpenedLog {
  std::unique_ptr<wal::SqliteLog> log;
  recovery::Known known;
  bool created = false;
  OutcomeRing outcomes;  // the latest, as far as the log has them
};

/// Opens and replays. Nothing is appended. `change` has the last word on how; empty: nobody has.
std::variant<OpenedLog, StartError> open_log(const Config& config,
                                             const std::function<void(wal::OpenOptions&)>& change);

/// Appends EpochStarted to `log` (the opened one, or what stands before it) and returns once it is durable; `known`
/// then holds it. `inbox` is what the log rings.
EpochId start_epoch(OpenedLog& opened, wal::Log& log, Inbox& inbox);

/// Makes the file that lets later starts refuse (73) until the log is restored. Durable when it returns.
void mark_old_copy(const std::string& data_dir);

}  // namespace troth::server
