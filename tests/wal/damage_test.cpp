// One flipped bit anywhere: the open refuses, or every record that was durable is there, unchanged. Never fewer.
#include <random>

#include "tests/wal/log_fixture.h"

namespace troth::wal {
namespace {

const std::vector<std::string> kBodies = [] {
  std::vector<std::string> bodies;
  for (int i = 0; i < 40; ++i) {
    bodies.push_back("key:k" + std::to_string(i) + "|" + std::string(static_cast<std::size_t>(i) * 13, 'x'));
  }
  return bodies;
}();

/// Opens a copy of `sound` with one bit of `name` flipped.
class Flips : public ::testing::Test {
 protected:
  struct Tally {
    int refused = 0;
    int complete = 0;
  };

  Tally flip_each(const std::string& sound, const std::string& name, int count) {
    std::mt19937_64 random(20261121);  // the same bits in every run
    const std::string content = read_file(sound + "/" + name);
    Tally tally;
    for (int i = 0; i < count; ++i) {
      const std::uint64_t bit = random() % (content.size() * 8);
      copy_dir(sound, work_.path());
      std::string flipped = content;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      write_file(work_.file(name), flipped);
      open_flipped(name + " bit " + std::to_string(bit), tally);
    }
    return tally;
  }

  void open_flipped(const std::string& what, Tally& tally) {
    Memory memory;
    auto result = SqliteLog::open(options_for(work_.path()), memory);
    if (const auto* error = std::get_if<OpenError>(&result)) {
      ++tally.refused;
      EXPECT_TRUE(error->exit_code == kExitDamaged || error->exit_code == kExitForeign)
          << what << ": " << error->message;
      return;
    }
    ++tally.complete;
    EXPECT_EQ(memory.bodies(), kBodies) << what;
    expect_keys(*std::get<SqliteLog::Opened>(result).log, what);
  }

  void expect_keys(Log& log, const std::string& what) {
    Progress progress(log);
    for (std::size_t i = 0; i < kBodies.size(); ++i) log.find("k" + std::to_string(i), i);
    for (const Found& found : progress.wait_found(kBodies.size())) {
      EXPECT_EQ(found.body, kBodies[found.token]) << what;
    }
    log.stop();
  }

  TempDir sound_;
  TempDir work_;
};

TEST_F(Flips, InTheWalOfAKilledProcessNeverShortenTheLog) {
  make_killed_log(sound_.path(), kBodies);
  const Tally tally = flip_each(sound_.path(), "log.1.db-wal", 120);
  EXPECT_GT(tally.refused, 60);  // most bits of a -wal belong to frames that count
}

TEST_F(Flips, InTheFileAfterAnOrderlyStopNeverShortenTheLog) {
  make_log(sound_.path(), kBodies);
  const Tally tally = flip_each(sound_.path(), "log.1.db", 200);
  EXPECT_GT(tally.refused, 20);
}

TEST_F(Flips, InTheHeadLeaveTheLogProven) {
  make_log(sound_.path(), kBodies);
  const Tally tally = flip_each(sound_.path(), "head.1", 60);
  EXPECT_GT(tally.complete, 0);
}

TEST_F(Flips, InBothSlotsOfTheHeadAreRefused) {
  make_log(sound_.path(), kBodies);
  std::string head = read_file(sound_.file("head.1"));
  head[30] = static_cast<char>(head[30] ^ 1);
  head[4096 + 30] = static_cast<char>(head[4096 + 30] ^ 1);
  write_file(sound_.file("head.1"), head);
  EXPECT_EQ(refusal(sound_.path()).exit_code, kExitDamaged);
}

TEST_F(Flips, AWalThatIsCutOffIsRefusedAtEveryLength) {
  make_killed_log(sound_.path(), kBodies);
  const std::string wal = read_file(sound_.file("log.1.db-wal"));
  for (std::size_t length = 0; length < wal.size(); length += wal.size() / 20) {
    copy_dir(sound_.path(), work_.path());
    write_file(work_.file("log.1.db-wal"), wal.substr(0, length));
    EXPECT_EQ(refusal(work_.path()).exit_code, kExitDamaged) << length;
  }
}

TEST_F(Flips, AWalThatIsMissingIsRefusedAndStaysMissing) {
  make_killed_log(sound_.path(), kBodies);
  std::filesystem::remove(sound_.file("log.1.db-wal"));
  const auto before = contents(sound_.path());
  EXPECT_EQ(refusal(sound_.path()).exit_code, kExitDamaged);
  EXPECT_TRUE(contents(sound_.path()) == before);
}

TEST_F(Flips, ARefusalLeavesTheWalOfAKilledProcessAsItWas) {
  make_killed_log(sound_.path(), kBodies);
  std::string wal = read_file(sound_.file("log.1.db-wal"));
  wal[wal.size() - 100] = static_cast<char>(wal[wal.size() - 100] ^ 1);
  write_file(sound_.file("log.1.db-wal"), wal);
  const auto before = contents(sound_.path());
  EXPECT_EQ(refusal(sound_.path()).exit_code, kExitDamaged);
  EXPECT_TRUE(contents(sound_.path()) == before);
}

}  // namespace
}  // namespace troth::wal
