// coordinator/server/compactor.h: the thread that makes the log shorter while it is in use (recovery/compaction.h).
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "proto/values/limits.h"
#include "wal/sqlite_log.h"

namespace troth::server {

/// What it has done since the start.
struct CompactorStats {
  std::uint64_t compactions = 0;
  Millis last_took_ms = 0;
  Millis last_at = 0;  // UTC, when it ended; 0: none was finished
  bool running = false;
};

class Compactor {
 public:
  /// Looks at `opened` each second, and begins a compaction through `log` (the opened one, or what stands before it)
  /// when one is due. Both outlive this.
  Compactor(const wal::SqliteLog& opened, wal::Log& log, const Limits& limits);
  ~Compactor();  // stops
  Compactor(const Compactor&) = delete;
  Compactor& operator=(const Compactor&) = delete;

  /// Gives up the compaction under way, which costs nothing but its work, and ends the thread. Before the log stops.
  void stop();
  CompactorStats stats() const;  // any thread

 private:
  void run();
  bool is_due() const;
  bool compact();
  bool is_stopping() const;

  const wal::SqliteLog& opened_;
  wal::Log& log_;
  const Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  CompactorStats stats_;
  std::thread thread_;
};

}  // namespace troth::server
