// bench/open_log.h: a log opened the way trothd opens it, with the time that each part took.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "bench/child.h"
#include "proto/values/limits.h"
#include "recovery/known.h"
#include "wal/sqlite_log.h"

namespace troth::bench {

class OpenLog {
 public:
  /// Opens the log in `dir`, which is made when it is not there, and replays it. Throws when it is refused.
  explicit OpenLog(const std::string& dir);

  wal::SqliteLog& log() { return *log_; }
  recovery::Known& known() { return known_; }
  /// Seconds: prove (lock, schema, pages), read, and of a rebuild write (set, sync, proof of its pages) and read_again.
  const Figures& seconds() const { return seconds_; }
  LogId log_id() const { return known_.log; }

  /// Appends EpochStarted and returns once it is durable, as a start does.
  EpochId start_epoch();
  void append(const std::vector<Fact>& facts);
  /// Returns once every record up to `lsn` is durable.
  void wait_for(Lsn lsn);
  Lsn last() const { return last_; }

  using Clock = std::chrono::steady_clock;
  /// The log said so, then.
  struct Progress {
    Lsn durable = 0;
    Clock::time_point at;
  };
  /// What it said since the last call; waits for something until `until`.
  std::vector<Progress> take_progress(Clock::time_point until);

 private:
  std::unique_ptr<wal::SqliteLog> log_;
  recovery::Known known_;
  Figures seconds_;
  Lsn last_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Progress> progress_;
  std::vector<wal::Record> records_;
};

Millis now_at();

}  // namespace troth::bench
