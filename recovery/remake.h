// recovery/remake.h: a log that may be started again, made of one that may not: a backup, an old copy, a damaged log
// (`trothctl log restore`, `log salvage`; design.md §9). First a plan, which changes nothing; then the new log.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "recovery/gap.h"
#include "wal/inspect.h"

namespace troth::recovery {

/// Why it is not done: what is wrong, and what to do instead. Nothing was changed.
struct Refused {
  std::string message;
};

/// What the new log will be.
struct RemakePlan {
  LogId log;
  std::string from;  // the file it is made of
  std::string to;    // the data directory
  EpochId first_epoch;
  EpochId last_epoch;  // of what is proven; zero: no epoch is
  Lsn proven_lsn = 0;
  Millis made_at = 0;                  // of a backup
  std::vector<std::string> damage;     // what is not proven, and so is lost
  std::optional<fact::GapOpened> gap;  // none: all that was ever told is proven
  std::uint32_t next_epoch = 0;
  Lsn next_lsn = 0;
  std::uint64_t live = 0;        // unfinished transactions that go on
  std::uint64_t in_gap = 0;      // unfinished transactions that wait for an operator
  std::uint64_t unpresumed = 0;  // aborts that only a start on too short a log presumed
};

/// How to restore, and of what.
struct RestoreOptions {
  std::string directory;
  std::string backup;  // empty: the log in the directory itself, an old copy or a copied directory
  Above above;
  /// The epoch that ran when the directory was copied. Later ones in it were started on the copy, and nobody can see
  /// from the log which these are: without it the gap begins at the first epoch. kNeverStarted: none is, the gap
  /// begins at the last.
  std::optional<std::uint32_t> copied_in;
  Millis now_at = 0;
  const wal::FileSystem* files = nullptr;  // of `directory`, without a backup; null: the operating system's
};

struct SalvageOptions {
  std::string directory;  // stays as it is
  std::string to;         // a new data directory: missing or empty
  std::optional<Above> above;
  std::optional<std::uint64_t> generation;  // else the current one, else the newest that is sound
  Millis now_at = 0;
};

/// Holds the locks of the directories it works on.
class Remake {
 public:
  virtual ~Remake() = default;
  virtual const RemakePlan& plan() const = 0;
  /// Makes the log durably. A crash at any moment leaves the old log, or a directory that no trothd starts on and where
  /// the same command can be given again, or the new log.
  virtual void carry_out() = 0;
};

/// Both throw Refused, or OpenError for a directory that is missing or in use.
std::unique_ptr<Remake> plan_restore(const RestoreOptions& options);
std::unique_ptr<Remake> plan_salvage(const SalvageOptions& options);

}  // namespace troth::recovery
