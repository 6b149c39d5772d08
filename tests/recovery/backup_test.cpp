// Backups of a log that is being written: what they hold, what they are refused for, and what a restored one says.
#include "wal/backup.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "recovery/examine.h"
#include "recovery/remake.h"
#include "tests/recovery/history.h"
#include "tests/recovery/real_log.h"
#include "wal/generations.h"

namespace troth::recovery {
namespace {

using namespace testing;
namespace fs = std::filesystem;
using Step = wal::Backup::Step;

/// Takes what a finished backup made into a file.
void save(wal::Backup& backup, const std::string& path) {
  const std::uint64_t size = backup.directory().size_of(backup.name());
  const auto file = backup.take();
  std::ofstream(path, std::ios::binary) << file->read(0, size);
}

Step run(wal::Backup& backup) {
  Step step = Step::kMore;
  while (step == Step::kMore) step = backup.step();
  return step;
}

std::vector<Fact> commits(std::uint64_t from, int count) {
  std::vector<Fact> facts;
  for (int i = 0; i < count; ++i) {
    const auto id = id_of(from + static_cast<std::uint64_t>(i));
    facts.emplace_back(committed(id, "key-" + std::to_string(id.sequence)));
  }
  return facts;
}

class TakeBackup : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(data()); }
  std::string data() const { return dir_.file("data"); }
  std::string file() const { return dir_.file("backup"); }
  bool left_something() const { return fs::exists(data() + "/backup.tmp") || fs::exists(data() + "/backup.tmp-wal"); }

  TempDir dir_;
};

TEST_F(TakeBackup, HoldsEverythingThatWasDurableWhenItEndedAndIsMarked) {
  Start start(data());
  start.write({fact::EpochStarted{kFirst, 1, 0}});
  start.write(commits(1, 3'000));
  auto backup = start.log().backup(77);
  ASSERT_EQ(backup->step(), Step::kMore);
  start.write(commits(5'000, 100));  // between two steps: in it too
  ASSERT_EQ(run(*backup), Step::kDone) << backup->why();
  save(*backup, file());
  EXPECT_FALSE(left_something());
  start.write(commits(9'000, 10));  // after it
  const Examined examined = examine(file());
  ASSERT_TRUE(examined.is_sound()) << examined.files.front().found.damage.front();
  const wal::Inspection& found = examined.files.front().found;
  EXPECT_EQ(found.proven.lsn, 3'101u);
  EXPECT_EQ(found.meta->backup->end.lsn, 3'101u);
  EXPECT_EQ(found.meta->backup->at, 77);
  backup.reset();
  start.end_in_order();
  EXPECT_TRUE(examine(data()).is_sound());
}

TEST_F(TakeBackup, UnderLoadItEndsAndIsAPrefixOfTheLog) {
  Start start(data());
  start.write({fact::EpochStarted{kFirst, 1, 0}});
  start.write(commits(1, 20'000));
  std::atomic<bool> enough = false;
  std::uint64_t written = 0;
  std::thread load([&] {
    for (std::uint64_t at = 100'000; !enough; at += 50, written += 50) start.write(commits(at, 50));
  });
  for (int i = 0; i < 5; ++i) {
    const auto backup = start.log().backup(1);
    EXPECT_EQ(run(*backup), Step::kDone) << backup->why();
    save(*backup, file());
    const Examined examined = examine(file());
    EXPECT_TRUE(examined.is_sound()) << examined.files.front().found.damage.front();
    EXPECT_GE(examined.files.front().found.proven.lsn, 20'001u);
  }
  enough = true;
  load.join();
  EXPECT_GT(written, 0u) << "the log stood still while it was copied";
  start.end_in_order();
  EXPECT_EQ(file_that_counts(examine(data()))->found.proven.lsn, 20'001u + written);
}

TEST_F(TakeBackup, AStartOnItIsRefusedUntilItIsRestored) {
  Start start(data());
  start.write(
      {fact::EpochStarted{kFirst, 1, 0}, committed(id_of(1), "k1"), committed(id_of(2)), prepare_started(id_of(3))});
  const auto backup = start.log().backup(1);
  ASSERT_EQ(run(*backup), Step::kDone);
  save(*backup, file());
  start.write({committed(id_of(4)), fact::Ended{{id_of(1)}}});  // nobody will know
  const std::string plain = dir_.file("plain");
  fs::create_directory(plain);
  fs::copy_file(file(), plain + "/log.1.db");
  write_file(plain + "/CURRENT", "1\n");
  const wal::OpenError refused = Start::refusal(plain);
  EXPECT_EQ(refused.exit_code, wal::kExitDamaged);
  EXPECT_NE(refused.message.find("log restore"), std::string::npos) << refused.message;

  const std::string restored = dir_.file("restored");
  plan_restore({restored, file(), {2, 90}, {}, 0})->carry_out();
  Start again(restored);
  const Known& known = again.known();
  EXPECT_EQ(next_epoch(known), 3u);
  EXPECT_GE(again.last_lsn(), 90u);
  EXPECT_EQ(status_of(known, id_of(1)), IdStatus::kLive);
  EXPECT_EQ(status_of(known, id_of(2)), IdStatus::kLive);
  for (const auto& id : {id_of(3), id_of(4), id_of(1, kSecond)}) {
    EXPECT_EQ(status_of(known, id), IdStatus::kGapUnknown) << to_text(id);
    EXPECT_EQ(decision_of(known, id), DecisionKind::kUnknown) << to_text(id);
  }
  EXPECT_TRUE(again.has_key("k1"));
}

TEST_F(TakeBackup, ADamagedOrShortenedFileIsNotRestored) {
  Start start(data());
  start.write({fact::EpochStarted{kFirst, 1, 0}, committed(id_of(1)), committed(id_of(2))});
  const auto backup = start.log().backup(1);
  ASSERT_EQ(run(*backup), Step::kDone);
  save(*backup, file());
  for (const char* sql : {"UPDATE record SET body = x'00' WHERE lsn = 2", "DELETE FROM record WHERE lsn = 3",
                          "UPDATE meta SET value = '2' WHERE name = 'backup'"}) {
    const std::string changed = dir_.file("changed");
    fs::remove(changed);
    fs::copy_file(file(), changed);
    run_sql(changed, sql);
    EXPECT_FALSE(examine(changed).is_sound()) << sql;
    EXPECT_THROW(plan_restore({dir_.file("restored"), changed, {1, 9}, {}, 0}), Refused) << sql;
    EXPECT_FALSE(fs::exists(dir_.file("restored"))) << sql;
  }
}

TEST_F(TakeBackup, ANewerTakesThePlaceOfOneThatWasGivenUp) {
  Start start(data());
  start.write(commits(1, 3'000));
  {
    const auto given_up = start.log().backup(1);
    ASSERT_EQ(given_up->step(), Step::kMore);
    EXPECT_TRUE(left_something());
  }
  EXPECT_FALSE(left_something());
  const auto backup = start.log().backup(2);
  EXPECT_EQ(run(*backup), Step::kDone);
}

TEST_F(TakeBackup, TheReserveOfTheLogIsNotUsedUp) {
  Start start(data(), std::uint64_t{1} << 62);  // more than any disk has
  start.write(commits(1, 3));
  {
    const auto backup = start.log().backup(1);
    EXPECT_EQ(run(*backup), Step::kNoSpace);
  }
  EXPECT_FALSE(left_something());
  start.write(commits(10, 3));
}

TEST_F(TakeBackup, ALogThatIsClosedStopsIt) {
  Start start(data());
  start.write(commits(1, 3'000));
  const auto backup = start.log().backup(1);
  ASSERT_EQ(backup->step(), Step::kMore);
  start.log().stop();
  EXPECT_EQ(run(*backup), Step::kStopped);
}

TEST_F(TakeBackup, WhatAKilledProcessLeftIsDeletedByTheNextStart) {
  make_killed_log(data(), commits(1, 3));
  write_file(data() + "/backup.tmp", "half of it");
  write_file(data() + "/backup.tmp-wal", "");
  EXPECT_TRUE(examine(data()).is_sound());
  Start start(data());
  EXPECT_FALSE(left_something());
}

}  // namespace
}  // namespace troth::recovery
