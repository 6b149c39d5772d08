// tests/wal/log_fixture.h: a small language for tests of the log: a replayer that remembers, and processes that die.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/wal/files_fixture.h"
#include "wal/sqlite_log.h"

namespace troth::wal {

inline constexpr std::uint16_t kCheckpointKind = 99;

/// Remembers what it saw; its rebuilt set is every record that is no checkpoint, then one. A record whose body begins
/// with `key:<key>|` carries that key.
class Memory : public Replayer {
 public:
  std::string see(const Stored& record) override;
  Lsn rebuilt(Lsn cut, const std::function<void(const Record&)>& add) override;
  void reset() override;

  std::vector<std::string> bodies() const;  // without checkpoints
  std::vector<Lsn> lsns;
  std::vector<Record> records;
  std::string refuse;  // what `see` returns
  int resets = 0;
  std::vector<std::uint64_t> expected;  // rows, as announced
  Lsn keys_upto = 0;                    // what `rebuilt` returns
  void expect(std::uint64_t rows) override { expected.push_back(rows); }
};

Record record_of(const std::string& body, bool forced = true);
/// `count` bodies "<word> 0" …
std::vector<std::string> numbered(const std::string& word, int count);

OpenOptions options_for(const std::string& dir);
/// Fails the test when the log does not open.
SqliteLog::Opened open_log(const std::string& dir, Memory& memory);
/// Fails the test when it opens.
OpenError refusal(const OpenOptions& options);
OpenError refusal(const std::string& dir);

/// Waits for the log to say that it made progress.
class Progress {
 public:
  explicit Progress(Log& log);
  void wait_durable(Lsn lsn);
  std::vector<Found> wait_found(std::size_t count);

 private:
  void wait_until(const std::function<bool()>& done);
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
  };
  Log& log_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();  // the log may still call when the test is over
};

/// Appends each body as a record of its own and waits until the last is durable.
void append_durably(Log& log, const std::vector<std::string>& bodies);
/// A log with these records, closed in order.
void make_log(const std::string& dir, const std::vector<std::string>& bodies);
/// The same from a process that then dies by kill -9.
void make_killed_log(const std::string& dir, const std::vector<std::string>& bodies);

/// Runs `body` in a child process and returns its exit code (minus the signal that ended it); its stderr goes to
/// `said` when given.
int run_child(const std::function<int()>& body, std::string* said = nullptr);

}  // namespace troth::wal
