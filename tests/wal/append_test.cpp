#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/wal/log_fixture.h"

namespace troth::wal {
namespace {

TEST(Append, ANewLogSaysSoAndIsEmpty) {
  TempDir dir;
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  EXPECT_TRUE(opened.created);
  EXPECT_FALSE(opened.rebuilt);
  EXPECT_EQ(opened.last_lsn, 0U);
  EXPECT_NE(opened.log_id.value, 0U);
  EXPECT_EQ(opened.log->durable(), 0U);
  opened.log->stop();
}

TEST(Append, LsnsAreDenseAndDurableReachesThem) {
  TempDir dir;
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  Progress progress(*opened.log);
  const std::vector<Record> three{record_of("a"), record_of("b"), record_of("c")};
  EXPECT_EQ(opened.log->append(three), 3U);
  EXPECT_EQ(opened.log->append(three), 6U);
  progress.wait_durable(6);
  EXPECT_EQ(opened.log->durable(), 6U);
  opened.log->stop();
}

TEST(Append, NoRecordsAppendNothing) {
  TempDir dir;
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  EXPECT_EQ(opened.log->append({}), 0U);
  opened.log->stop();
  EXPECT_EQ(opened.log->stats().batches, 0U);
}

TEST(Append, EveryByteComesBack) {
  TempDir dir;
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  const std::vector<std::string> bodies{"", every, std::string(200'000, 'x'), "last"};
  make_log(dir.path(), bodies);
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  EXPECT_EQ(memory.bodies(), bodies);
  EXPECT_EQ(memory.records[1].kind, 7);
  EXPECT_EQ(memory.lsns, (std::vector<Lsn>{1, 2, 3, 4}));
  EXPECT_EQ(opened.last_lsn, 4U);
}

TEST(Append, RecordsThatWaitForTheSameSyncShareIt) {
  TempDir dir;
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  Progress progress(*opened.log);
  const Record record = record_of("x");
  for (int i = 0; i < 20'000; ++i) opened.log->append({&record, 1});
  progress.wait_durable(20'000);
  opened.log->stop();
  const LogStats stats = opened.log->stats();
  EXPECT_EQ(stats.records, 20'000U);
  EXPECT_LT(stats.batches, 10'000U);
  EXPECT_GT(stats.sync_seconds, 0);
  std::uint64_t counted = 0;
  for (const std::uint64_t count : stats.sync_buckets) counted += count;
  EXPECT_EQ(counted, stats.batches);
}

TEST(Append, ALazyRecordWaitsForCompanyAndAForcedOneTakesItAlong) {
  TempDir dir;
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  Progress progress(*opened.log);
  const Record lazy = record_of("lazy", false);
  const Record forced = record_of("forced");
  std::uint64_t batches = 0;
  int rounds = 0;
  // A lazy record may meet the half-second's look by chance and then goes alone: once in many rounds, not in each.
  for (; rounds < 20; ++rounds) {
    const Lsn before = opened.log->durable();
    opened.log->append({&lazy, 1});
    progress.wait_durable(opened.log->append({&forced, 1}));
    EXPECT_EQ(opened.log->durable(), before + 2);
  }
  batches = opened.log->stats().batches;
  opened.log->stop();
  EXPECT_GE(batches, 20U);
  EXPECT_LE(batches, 22U);
}

TEST(Append, ALazyRecordAloneIsDurableWithinASecond) {
  TempDir dir;
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  Progress progress(*opened.log);
  const Record lazy = record_of("lazy", false);
  const auto before = std::chrono::steady_clock::now();
  progress.wait_durable(opened.log->append({&lazy, 1}));
  // The promise is one second; the rest is room for a disk that is busy with others.
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  opened.log->stop();
}

TEST(Append, StopMakesLazyRecordsDurable) {
  TempDir dir;
  {
    Memory memory;
    auto opened = open_log(dir.path(), memory);
    const Record lazy = record_of("lazy", false);
    opened.log->append({&lazy, 1});
    opened.log->stop();
    EXPECT_EQ(opened.log->durable(), 1U);
  }
  Memory memory;
  open_log(dir.path(), memory);
  EXPECT_EQ(memory.bodies(), std::vector<std::string>{"lazy"});
}

TEST(Append, DurableNeverGoesBackWhileAnotherThreadLooks) {
  TempDir dir;
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  Progress progress(*opened.log);
  bool went_back = false;
  std::thread watcher([&] {
    for (Lsn seen = 0; seen < 2'000;) {
      const Lsn now = opened.log->durable();
      went_back |= now < seen;
      seen = now;
      opened.log->has_reserve();
      opened.log->stats();
    }
  });
  const Record record = record_of("x");
  for (int i = 0; i < 2'000; ++i) opened.log->append({&record, 1});
  watcher.join();
  opened.log->stop();
  EXPECT_FALSE(went_back);
}

TEST(Append, TheWalIsWrittenOverInPlaceInsteadOfGrowing) {
  TempDir dir;
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  Progress progress(*opened.log);
  const Record record = record_of(std::string(64 * 1024, 'x'));
  for (int i = 0; i < 400; ++i) progress.wait_durable(opened.log->append({&record, 1}));  // 25 MiB
  EXPECT_LT(std::filesystem::file_size(dir.file("log.1.db-wal")), 6U << 20);
  EXPECT_GT(std::filesystem::file_size(dir.file("log.1.db")), 20U << 20);
  opened.log->stop();
}

}  // namespace
}  // namespace troth::wal
