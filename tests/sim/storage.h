// tests/sim/storage.h: a data directory as the simulator needs it. Two implementations: SimStorage, a list of records
// with the failure semantics of a disk (sim_log.h), and the real SQLite log on a simulated disk (sqlite_sim_log.h).
#pragma once

#include <memory>
#include <variant>

#include "wal/sqlite_log.h"

namespace troth::sim {

/// An open log without a thread: the simulator says when a batch is written.
class RunningLog : public wal::Log {
 public:
  /// Something was appended, or a find asked, since the last batch.
  virtual bool has_work() const = 0;
  /// Some of it is forced, or a find: it does not wait for company.
  virtual bool is_urgent() const = 0;
  /// Writes and syncs all that was appended and answers the finds. False: it failed, and nobody knows what is on disk:
  /// the process must end, as with exit code 70.
  virtual bool write_batch() = 0;
};

/// What happens to a data directory when its process ends.
enum class Fall {
  kKill,      // kill -9: the page cache stays
  kPowerCut,  // what was not synced may be lost
};

class Storage {
 public:
  struct Opened {
    std::unique_ptr<RunningLog> log;
    LogId log_id;
    Lsn last_lsn = 0;
  };
  virtual ~Storage() = default;
  /// The whole of a start: proof, rebuild after an unclean stop, replay.
  virtual std::variant<Opened, wal::OpenError> open(wal::Replayer& replayer) = 0;
  /// The process that had it open is gone. Call it before its RunningLog is destroyed.
  virtual void fall(Fall how, std::uint64_t chance) = 0;
  /// The next `write_batch` fails at its sync; `chance` says how much of it reached the disk.
  virtual void fail_next_sync(std::uint64_t chance) = 0;
  /// `cp -r` of the directory while or after it was used.
  virtual std::unique_ptr<Storage> copy() const = 0;
  virtual void mark_old_copy() = 0;
  /// What `trothctl log restore --above` does to this (closed) directory: a gap from its last epoch up to a new one
  /// above `epoch`, LSNs go on above `lsn`, and it may be started again.
  virtual void restore_above(EpochId epoch, Lsn lsn) = 0;
};

}  // namespace troth::sim
