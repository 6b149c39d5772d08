// A rebuild may be cut off at any step: these tests lay the files of each step as the crash would leave them.
#include "tests/wal/log_fixture.h"

namespace troth::wal {
namespace {

const std::vector<std::string> kBodies{"a", "key:k|b", "c"};

std::vector<std::string> names(const std::string& dir) {
  std::vector<std::string> all;
  for (const auto& [name, content] : contents(dir)) all.push_back(name);
  return all;
}

void expect_whole(const std::string& dir, const std::string& log, const std::string& head) {
  Memory memory;
  {
    auto opened = open_log(dir, memory);
    EXPECT_EQ(memory.bodies(), kBodies);
    opened.log->stop();
  }
  EXPECT_EQ(names(dir), (std::vector<std::string>{"CURRENT", "ballast", head, log}));
}

TEST(Rebuild, MovesToTheNextGenerationContinuesLsnsAndReplaysIt) {
  TempDir dir;
  make_killed_log(dir.path(), kBodies);
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  EXPECT_TRUE(opened.rebuilt);
  EXPECT_EQ(memory.resets, 1);
  EXPECT_EQ(memory.lsns, (std::vector<Lsn>{0, 0, 0, 0}));
  EXPECT_EQ(memory.records.back().kind, kCheckpointKind);
  EXPECT_EQ(memory.records.back().body, "3");
  EXPECT_EQ(opened.last_lsn, 3U);
  EXPECT_EQ(read_file(dir.file("CURRENT")), "2\n");
  EXPECT_FALSE(std::filesystem::exists(dir.file("log.1.db")));
  EXPECT_FALSE(std::filesystem::exists(dir.file("log.1.db-wal")));
  EXPECT_FALSE(std::filesystem::exists(dir.file("head.1")));
  const Record record = record_of("d");
  EXPECT_EQ(opened.log->append({&record, 1}), 4U);
  opened.log->stop();
}

TEST(Rebuild, OfARebuiltLogWorksAgainAndAgain) {
  TempDir dir;
  make_killed_log(dir.path(), kBodies);
  for (int round = 0; round < 3; ++round) make_killed_log(dir.path(), {});
  expect_whole(dir.path(), "log.5.db", "head.5");
}

TEST(Rebuild, CutOffBeforeAnyContentIsDoneAgainUnderAnotherName) {
  TempDir dir;
  make_killed_log(dir.path(), kBodies);
  write_file(dir.file("log.2.db"), "");
  expect_whole(dir.path(), "log.3.db", "head.3");
}

TEST(Rebuild, CutOffWithHalfAFileIsDoneAgainUnderAnotherName) {
  TempDir dir;
  make_killed_log(dir.path(), kBodies);
  write_file(dir.file("log.2.db"), std::string(5000, 'x'));
  write_file(dir.file("log.2.db-wal"), std::string(5000, 'y'));
  expect_whole(dir.path(), "log.3.db", "head.3");
}

TEST(Rebuild, CutOffBeforeCurrentIsReplacedIsDoneAgain) {
  TempDir dir;
  TempDir before;
  make_killed_log(dir.path(), kBodies);
  copy_dir(dir.path(), before.path());
  make_killed_log(dir.path(), {});
  for (const std::string name : {"log.2.db", "head.2"}) {
    std::filesystem::copy_file(dir.file(name), before.file(name));
  }
  write_file(before.file("CURRENT.tmp"), "2\n");
  expect_whole(before.path(), "log.3.db", "head.3");
}

TEST(Rebuild, CutOffBeforeTheOldFilesAreDeletedDeletesThemLater) {
  TempDir dir;
  TempDir before;
  make_killed_log(dir.path(), kBodies);
  copy_dir(dir.path(), before.path());
  make_killed_log(dir.path(), {});  // runs on generation 2, and dies
  for (const std::string name : {"log.1.db", "log.1.db-wal", "head.1"}) {
    std::filesystem::copy_file(before.file(name), dir.file(name));
  }
  expect_whole(dir.path(), "log.3.db", "head.3");
}

TEST(Rebuild, OfALogThatNeverHeldARecordKeepsItsId) {
  TempDir dir;
  Memory memory;
  const LogId id = open_log(dir.path(), memory).log_id;
  auto opened = open_log(dir.path(), memory);
  EXPECT_TRUE(opened.rebuilt);
  EXPECT_EQ(opened.log_id, id);
  EXPECT_TRUE(memory.bodies().empty());
}

TEST(Rebuild, ThatIsRefusedLeavesTheOldLogInPlace) {
  TempDir dir;
  make_killed_log(dir.path(), kBodies);
  const auto before = contents(dir.path());
  class Spoilt : public Memory {
   public:
    void reset() override {
      Memory::reset();
      refuse = "cannot be read";
    }
  } spoilt;
  auto result = SqliteLog::open(options_for(dir.path()), spoilt);
  ASSERT_TRUE(std::holds_alternative<OpenError>(result));
  EXPECT_EQ(std::get<OpenError>(result).exit_code, kExitDamaged);
  EXPECT_EQ(contents(dir.path()), before);
}

TEST(FirstStart, CutOffAtAnyStepIsBegunAgain) {
  TempDir made;
  {
    Memory memory;
    open_log(made.path(), memory).log->stop();
  }
  const std::vector<std::vector<std::string>> steps{{}, {"log.1.db"}, {"log.1.db", "head.1"}};
  for (const auto& step : steps) {
    TempDir dir;
    for (const std::string& name : step) std::filesystem::copy_file(made.file(name), dir.file(name));
    write_file(dir.file("CURRENT.tmp"), "1");
    Memory memory;
    EXPECT_TRUE(open_log(dir.path(), memory).created) << step.size();
  }
  TempDir dir;
  write_file(dir.file("log.1.db"), "");
  Memory memory;
  EXPECT_TRUE(open_log(dir.path(), memory).created);
}

TEST(FirstStart, CutOffBetweenCurrentAndRunningGoesOn) {
  TempDir dir;
  Memory memory;
  LogId id;
  {
    auto opened = open_log(dir.path(), memory);
    id = opened.log_id;
    opened.log->stop();  // removes RUNNING, which is the state in question
  }
  auto opened = open_log(dir.path(), memory);
  EXPECT_FALSE(opened.created);
  EXPECT_EQ(opened.log_id, id);
}

}  // namespace
}  // namespace troth::wal
