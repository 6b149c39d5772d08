// wal/sqlite_log.h: the log on SQLite (design.md §4, FORMAT.md): group commit on its own thread, check chain, head,
// generations, reserve and ballast.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "wal/log.h"

namespace troth::wal {

class FileSystem;

struct OpenOptions {
  std::string dir;
  bool must_exist = false;               // never make a new log
  std::optional<LogId> expected_log_id;  // refuse another
  std::uint64_t ballast_bytes = 16'777'216;
  std::uint64_t reserve_bytes = 67'108'864;  // has_reserve() is false below this much free space
  /// What ends the process when the log could not be written, after one line on stderr; empty: `_exit`. When it returns
  /// (tests), the log makes nothing durable any more.
  std::function<void(int exit_code)> exit;
  int checkpoint_pages = 1024;  // the -wal is brought into the file when it has grown by so many pages: 4 MiB
  const FileSystem* file_system = nullptr;  // the disk below, which must outlive the log; null: the operating system's
};

/// Exit codes of api.md "trothd".
inline constexpr int kExitWrite = 70;
inline constexpr int kExitNoDirectory = 71;
inline constexpr int kExitInUse = 72;
inline constexpr int kExitDamaged = 73;
inline constexpr int kExitForeign = 74;

/// Why the log cannot be opened: one line that names the file and the remedy, and the exit code. Nothing was changed.
struct OpenError {
  int exit_code = 0;
  std::string message;
};

/// What the opener does with the records: sees every row of the set and then every record after the set's cut, in
/// order, and after an unclean stop says them again for the next generation.
class Replayer {
 public:
  virtual ~Replayer() = default;
  /// About how many rows will be seen from here on. Called before the first, and again after `reset`.
  virtual void expect(std::uint64_t /*rows*/) {}
  /// Empty, or why this record cannot be understood: then the open fails with 73, or with 74 when the reason begins
  /// with "newer format". The LSN of a row of the set is 0.
  virtual std::string see(const Stored& record) = 0;
  /// Adds the fewest records that mean the same as all that were seen: the set of the next generation, which speaks for
  /// everything up to `cut`. Keys need no restating: every record with a key stays findable, but for those at or below
  /// the LSN that is returned.
  virtual Lsn rebuilt(Lsn cut, const std::function<void(const Record&)>& add) = 0;
  /// Called before a rebuilt generation is replayed through `see` again: forget what was seen.
  virtual void reset() = 0;
};

struct LogStats {
  std::uint64_t batches = 0;  // with records in them
  std::uint64_t records = 0;
  double sync_seconds = 0;                        // time inside COMMIT
  std::array<std::uint64_t, 12> sync_buckets{};   // upper bounds in ms: 0.1 0.25 0.5 1 2.5 5 10 25 50 100 500 +Inf
  std::array<std::uint64_t, 12> batch_buckets{};  // upper bounds in records: 1 2 4 … 1024 +Inf
  std::uint64_t file_bytes = 0;
  std::uint64_t free_bytes = 0;
  Lsn cut = 0;  // what the set speaks for; the records after it are what a start has to read besides
  std::uint64_t set_rows = 0;
  std::uint64_t compactions = 0;  // finished by this process
};

class Backup;

class SqliteLog : public Log {
 public:
  struct Opened {
    std::unique_ptr<SqliteLog> log;
    LogId log_id;
    Lsn last_lsn = 0;
    bool created = false;  // a new log was made
    bool rebuilt = false;  // the last stop was not orderly
  };
  /// Opens, verifies the whole chain against the head, rebuilds if the last stop was unclean, and replays. When it
  /// returns a log, every record that was seen is durable in the strong sense: synced by this very start or by an
  /// orderly stop. The writer thread runs from here on.
  static std::variant<Opened, OpenError> open(const OpenOptions& options, Replayer& replayer);

  virtual LogStats stats() const = 0;  // any thread
  /// A look at the disk: so much more would leave the reserve untouched. Any thread.
  virtual bool has_room_for(std::uint64_t bytes) const = 0;

  /// A copy of the log as it is when the copy ends; `at` is the time to mark it with. See backup.h.
  virtual std::unique_ptr<Backup> backup(Millis at) = 0;
};

}  // namespace troth::wal
