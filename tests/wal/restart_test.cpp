#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <mutex>

#include "tests/wal/log_fixture.h"

namespace troth::wal {
namespace {

TEST(Restart, AfterAnOrderlyStopNothingIsRebuiltAndLsnsContinue) {
  TempDir dir;
  make_log(dir.path(), {"a", "b"});
  EXPECT_FALSE(std::filesystem::exists(dir.file("RUNNING")));
  EXPECT_FALSE(std::filesystem::exists(dir.file("log.1.db-wal")));
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  EXPECT_FALSE(opened.created);
  EXPECT_FALSE(opened.rebuilt);
  EXPECT_EQ(memory.bodies(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(memory.resets, 0);
  EXPECT_TRUE(std::filesystem::exists(dir.file("RUNNING")));
  const Record record = record_of("c");
  EXPECT_EQ(opened.log->append({&record, 1}), 3U);
  opened.log->stop();
}

TEST(Restart, TheLogIdStays) {
  TempDir dir;
  Memory memory;
  LogId first;
  {
    auto opened = open_log(dir.path(), memory);
    first = opened.log_id;
    opened.log->stop();
  }
  EXPECT_EQ(open_log(dir.path(), memory).log_id, first);
}

TEST(Restart, AnExpectedLogIdIsGivenToANewLog) {
  TempDir dir;
  OpenOptions options = options_for(dir.path());
  options.expected_log_id = LogId{77};
  Memory memory;
  auto result = SqliteLog::open(options, memory);
  ASSERT_TRUE(std::holds_alternative<SqliteLog::Opened>(result));
  EXPECT_EQ(std::get<SqliteLog::Opened>(result).log_id.value, 77U);
}

TEST(Restart, AfterKillNineEveryDurableRecordIsThere) {
  TempDir dir;
  const auto bodies = numbered("body", 50);
  make_killed_log(dir.path(), bodies);
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  EXPECT_TRUE(opened.rebuilt);
  EXPECT_EQ(memory.bodies(), bodies);
  opened.log->stop();
}

TEST(Restart, ALogDroppedWithoutStopCountsAsUnclean) {
  TempDir dir;
  {
    Memory memory;
    open_log(dir.path(), memory);
  }
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  EXPECT_TRUE(opened.rebuilt);
  EXPECT_FALSE(opened.created);
}

TEST(Restart, AFailedWriteStopsTheProcessWithSeventyAndTheNextStartRebuilds) {
  TempDir dir;
  std::string said;
  const int code = run_child(
      [&] {
        Memory memory;
        auto opened = open_log(dir.path(), memory);
        Progress progress(*opened.log);
        const Record first = record_of("told");
        progress.wait_durable(opened.log->append({&first, 1}));
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{300'000, 300'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const Record large = record_of(std::string(400'000, 'x'));
        progress.wait_durable(opened.log->append({&large, 1}));
        return 0;
      },
      &said);
  EXPECT_EQ(code, kExitWrite) << said;
  EXPECT_NE(said.find("log.1.db"), std::string::npos) << said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  EXPECT_TRUE(opened.rebuilt);
  ASSERT_FALSE(memory.bodies().empty());
  EXPECT_EQ(memory.bodies()[0], "told");
}

/// What ends the process, for a test that lives on.
struct Ended {
  std::mutex mutex;
  std::condition_variable changed;
  int code = 0;
  void operator()(int with) {
    const std::lock_guard lock(mutex);
    code = with;
    changed.notify_all();
  }
  int wait() {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::seconds(20), [&] { return code != 0; });
    return code;
  }
};

TEST(Restart, ADirectorySwappedUnderTheLogIsNoticedAndNothingMoreBecomesDurable) {
  TempDir dir;
  const std::string data = dir.file("data");
  std::filesystem::create_directory(data);
  Ended ended;
  OpenOptions options = options_for(data);
  options.exit = [&](int code) { ended(code); };
  Memory memory;
  auto result = SqliteLog::open(options, memory);
  auto& log = *std::get<SqliteLog::Opened>(result).log;
  std::filesystem::rename(data, dir.file("elsewhere"));
  std::filesystem::create_directory(data);
  EXPECT_EQ(ended.wait(), kExitWrite);
  const Record record = record_of("late");
  log.append({&record, 1});
  log.stop();
  EXPECT_EQ(log.durable(), 0U);
  EXPECT_TRUE(std::filesystem::exists(dir.file("elsewhere/RUNNING")));
  EXPECT_TRUE(contents(data).empty());
}

TEST(Restart, ALogFileReplacedUnderTheLogIsNoticed) {
  TempDir dir;
  Ended ended;
  OpenOptions options = options_for(dir.path());
  options.exit = [&](int code) { ended(code); };
  Memory memory;
  auto result = SqliteLog::open(options, memory);
  std::filesystem::rename(dir.file("log.1.db"), dir.file("moved"));
  EXPECT_EQ(ended.wait(), kExitWrite);
}

}  // namespace
}  // namespace troth::wal
