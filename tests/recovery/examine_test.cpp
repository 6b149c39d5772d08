// What `log verify` says of logs that are sound, damaged, or no logs at all; and that looking changes nothing.
#include "recovery/examine.h"

#include <filesystem>

#include "tests/recovery/history.h"
#include "tests/recovery/real_log.h"

namespace troth::recovery {
namespace {

using namespace testing;
namespace fs = std::filesystem;

std::vector<Fact> five_facts() {
  return {fact::EpochStarted{kFirst, 1, 0}, committed(id_of(1), "k"), fact::Ended{{id_of(1)}}, committed(id_of(2)),
          abort_told(id_of(3), "k3")};
}

class Examine : public ::testing::Test {
 protected:
  std::string data() const { return dir_.file("data"); }

  /// Examines twice: with the same answer, and with every byte left as it was.
  Examined look() {
    const auto before = contents(data());
    Examined examined = examine(data());
    EXPECT_EQ(contents(data()), before) << "looking changed the directory";
    EXPECT_EQ(examine(data()).is_sound(), examined.is_sound());
    return examined;
  }
  /// The one damage that is found, in words.
  std::string damage_of(const Examined& examined) {
    EXPECT_FALSE(examined.is_sound());
    std::string all;
    for (const auto& what : examined.damage) all += what + "\n";
    for (const auto& file : examined.files) {
      for (const auto& what : file.found.damage) all += what + "\n";
    }
    return all;
  }
  void expect_damage(const std::string& sql, const std::string& said, Lsn proven) {
    make_log(data(), five_facts());
    run_sql(data() + "/log.1.db", sql);
    const Examined examined = look();
    EXPECT_NE(damage_of(examined).find(said), std::string::npos) << damage_of(examined);
    EXPECT_EQ(file_that_counts(examined)->found.proven.lsn, proven);
  }

  TempDir dir_;
};

TEST_F(Examine, ALogThatWasClosedInOrderIsSound) {
  make_log(data(), five_facts());
  const Examined examined = look();
  EXPECT_TRUE(examined.is_sound()) << damage_of(examined);
  EXPECT_FALSE(examined.running);
  const ExaminedFile& file = *file_that_counts(examined);
  EXPECT_EQ(file.found.proven.lsn, 5u);
  EXPECT_EQ(file.found.head->lsn, 5u);
  EXPECT_EQ(file.records, 5u);
  EXPECT_EQ(file.last_epoch, kFirst);
}

TEST_F(Examine, ALogWhoseProcessDiedIsSoundAndItsWalStays) {
  make_killed_log(data(), five_facts());
  ASSERT_NE(contents(data())["log.1.db-wal"].size(), 0u);
  const Examined examined = look();
  EXPECT_TRUE(examined.is_sound()) << damage_of(examined);
  EXPECT_TRUE(examined.running);
  EXPECT_EQ(file_that_counts(examined)->found.proven.lsn, 5u);
}

TEST_F(Examine, ASetAndTheRecordsAfterItAreBothRead) {
  make_killed_log(data(), five_facts());
  Start start(data());
  start.write({fact::EpochStarted{kSecond, 6, 0}, committed(id_of(1, kSecond))});
  start.end_in_order();
  const Examined examined = look();
  EXPECT_TRUE(examined.is_sound()) << damage_of(examined);
  const ExaminedFile& file = *file_that_counts(examined);
  EXPECT_EQ(file.found.generation, 2u);
  EXPECT_TRUE(file.found.set_is_whole);
  EXPECT_EQ(file.found.meta->set.cut, 5u);
  EXPECT_EQ(file.found.proven.lsn, 7u);
  EXPECT_EQ(file.records, 2u);
  EXPECT_EQ(file.first_epoch, kFirst);
  std::map<wal::Place, int> seen;
  for_each_record(examined, file, [&](const wal::ProvenRow& row, const Fact&) { ++seen[row.place]; });
  EXPECT_EQ(seen[wal::Place::kRecord], 2);
  EXPECT_EQ(seen[wal::Place::kKept], 2) << "two records had keys";
  EXPECT_EQ(static_cast<std::uint64_t>(seen[wal::Place::kSet]), file.found.meta->set.rows());
}

TEST_F(Examine, AChangedRecordIsNamedAndWhatIsBeforeItIsProven) {
  expect_damage("UPDATE record SET body = x'00' WHERE lsn = 4", "record 4 does not fit the check chain", 3);
}
TEST_F(Examine, AMissingRecordIsNamed) {
  expect_damage("DELETE FROM record WHERE lsn = 2", "record 2 is missing", 1);
}
TEST_F(Examine, AMissingEndIsNoticedByTheHead) {
  expect_damage("DELETE FROM record WHERE lsn = 5", "LSN 5 was durable, and what is proven ends at LSN 4", 4);
}
TEST_F(Examine, AChangedMetaRowProvesNothing) {
  expect_damage("UPDATE meta SET value = '9' WHERE name = 'base_lsn'", "a meta row was changed", 0);
}
TEST_F(Examine, ARecordOfAKindNobodyKnowsEndsWhatIsProven) {
  make_log(data(), five_facts());
  Start start(data());
  const wal::Record unknown{999, "?", {}, true};
  start.log().append({&unknown, 1});
  start.end_in_order();
  const Examined examined = look();
  EXPECT_NE(damage_of(examined).find("record 6"), std::string::npos) << damage_of(examined);
  EXPECT_EQ(file_that_counts(examined)->found.proven.lsn, 5u);
}

TEST_F(Examine, AFlippedBitIsFoundWhereverItLies) {
  make_log(data(), five_facts());
  const std::string file = data() + "/log.1.db";
  const std::string whole = contents(data())["log.1.db"];
  int damaged = 0;
  for (std::size_t at = 100; at < whole.size(); at += 97) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    write_file(file, flipped);
    const Examined examined = examine(data());
    if (!examined.is_sound()) {
      ++damaged;
      continue;
    }
    EXPECT_EQ(file_that_counts(examined)->found.proven.lsn, 5u) << at;  // a bit that nothing rests on
  }
  EXPECT_GT(damaged, 5);
}

TEST_F(Examine, AMissingHeadOrCurrentAndAnOldCopyAreDamage) {
  make_log(data(), five_facts());
  fs::rename(data() + "/head.1", dir_.file("head"));
  EXPECT_NE(damage_of(look()).find("head.1: it is missing"), std::string::npos);
  fs::rename(dir_.file("head"), data() + "/head.1");
  write_file(data() + "/OLD-COPY", "");
  EXPECT_NE(damage_of(look()).find("OLD-COPY"), std::string::npos);
  fs::remove(data() + "/OLD-COPY");
  fs::remove(data() + "/CURRENT");
  const Examined examined = look();
  EXPECT_NE(damage_of(examined).find("CURRENT: it is missing"), std::string::npos);
  EXPECT_TRUE(file_that_counts(examined)->found.is_sound()) << "the generation itself is";
}

TEST_F(Examine, ALogInUseAndADirectoryWithoutOneAreRefused) {
  EXPECT_THROW(examine(data()), wal::OpenError);
  fs::create_directories(data());
  EXPECT_THROW(examine(data()), wal::OpenError);
  Start start(data());
  try {
    examine(data());
    ADD_FAILURE() << "a log in use is read";
  } catch (const wal::OpenError& error) {
    EXPECT_EQ(error.exit_code, wal::kExitInUse);
  }
}

TEST_F(Examine, AFileThatIsNotMarkedIsNoBackup) {
  make_log(data(), five_facts());
  fs::copy_file(data() + "/log.1.db", dir_.file("copy"));
  const Examined examined = examine(dir_.file("copy"));
  EXPECT_NE(damage_of(examined).find("not marked as a backup"), std::string::npos) << damage_of(examined);
  EXPECT_EQ(file_that_counts(examined)->found.proven.lsn, 5u);
}

}  // namespace
}  // namespace troth::recovery
