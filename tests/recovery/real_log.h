// tests/recovery/real_log.h: logs of facts in real files: written by starts that end in order or die, damaged, copied,
// and asked what they say about an id.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "recovery/rebuild.h"
#include "tests/wal/files_fixture.h"
#include "wal/sqlite_log.h"

namespace troth::recovery::testing {

using wal::contents;
using wal::copy_dir;
using wal::run_sql;
using wal::TempDir;
using wal::write_file;

/// Recovery as the log sees it, as trothd has it.
class Folding : public wal::Replayer {
 public:
  std::string see(const wal::Stored& record) override { return replay_.see(record); }
  Lsn rebuilt(Lsn cut, const std::function<void(const wal::Record&)>& add) override {
    return replay_.rebuilt(cut, 0, add);
  }
  void reset() override { replay_ = Replay(); }
  Known take() { return std::move(replay_.known()); }

 private:
  Replay replay_;
};

/// A start: the log opened, replayed and ready to be written.
class Start {
 public:
  /// Fails the test when the log is refused.
  explicit Start(const std::string& dir, std::uint64_t reserve_bytes = 0);
  /// Why it is refused; fails the test when it opens.
  static wal::OpenError refusal(const std::string& dir);

  /// Appends and waits until all of it is durable.
  void write(const std::vector<Fact>& facts);
  void end_in_order() {
    log_->stop();
    log_.reset();
  }
  void die() { log_.reset(); }

  Known& known() { return known_; }
  Lsn last_lsn() const { return last_lsn_; }
  bool has_key(const std::string& key);
  wal::SqliteLog& log() { return *log_; }

 private:
  struct Progress {
    std::mutex mutex;
    std::condition_variable made;
  };
  std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();  // before the log, which calls until it is gone
  std::unique_ptr<wal::SqliteLog> log_;
  Known known_;
  Lsn last_lsn_ = 0;
};

/// A log of `tests/recovery/history.h`'s id with these facts, from one start that ends in order.
void make_log(const std::string& dir, const std::vector<Fact>& facts);
/// The same from a start that dies.
void make_killed_log(const std::string& dir, const std::vector<Fact>& facts);

/// What the next start of this log would answer: its own epoch is one that no id of the test has.
IdStatus status_of(const Known& known, const TransactionId& id);
DecisionKind decision_of(const Known& known, const TransactionId& id, std::uint32_t n = 1);

}  // namespace troth::recovery::testing
