// Every reason not to open: its exit code, one line that names file and remedy, and nothing changed.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/wal/log_fixture.h"
#include "wal/chain.h"
#include "wal/sqlite.h"

namespace troth::wal {
namespace {

/// A log with records, closed in order, to be spoilt.
class Refusal : public ::testing::Test {
 protected:
  void SetUp() override { make_log(dir_.path(), {"a", "b", "c"}); }

  void expect(int code, const std::vector<std::string>& words) { expect(options_for(dir_.path()), code, words); }
  void expect(const OpenOptions& options, int code, const std::vector<std::string>& words) {
    const auto before = contents(dir_.path());
    const OpenError error = refusal(options);
    EXPECT_EQ(error.exit_code, code) << error.message;
    for (const std::string& word : words) {
      EXPECT_NE(error.message.find(word), std::string::npos) << "no `" << word << "` in: " << error.message;
    }
    EXPECT_TRUE(contents(dir_.path()) == before) << "the refusal changed the directory: " << error.message;
  }
  void change(const std::string& sql) { run_sql(dir_.file("log.1.db"), sql); }
  /// A meta row, with the check made to fit again.
  void set_meta(const std::string& name, const std::string& value) {
    change("INSERT OR REPLACE INTO meta VALUES('" + name + "', '" + value + "')");
    std::string lines;
    {
      const Database db(dir_.file("log.1.db"));
      lines = db.ask(
          "SELECT group_concat(name || '=' || value || char(10), '') FROM (SELECT * FROM meta "
          "WHERE name != 'check' ORDER BY name)");
    }
    change("UPDATE meta SET value = '" + to_hex(hash_of(lines)) + "' WHERE name = 'check'");
  }

  TempDir dir_;
};

TEST_F(Refusal, OfAMissingDirectory) {
  const OpenError error = refusal(dir_.file("nowhere"));
  EXPECT_EQ(error.exit_code, kExitNoDirectory);
  EXPECT_NE(error.message.find(dir_.file("nowhere")), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(dir_.file("nowhere")));
}

TEST_F(Refusal, OfAFileInsteadOfADirectory) {
  EXPECT_EQ(refusal(dir_.file("CURRENT")).exit_code, kExitNoDirectory);
}

TEST_F(Refusal, OfNoDirectoryAtAll) {
  EXPECT_EQ(refusal(std::string()).exit_code, kExitNoDirectory);
}

TEST_F(Refusal, OfAnEmptyDirectoryWhenALogMustExist) {
  TempDir empty;
  OpenOptions options = options_for(empty.path());
  options.must_exist = true;
  const OpenError error = refusal(options);
  EXPECT_EQ(error.exit_code, kExitNoDirectory);
  EXPECT_NE(error.message.find("--must-exist"), std::string::npos) << error.message;
  EXPECT_TRUE(contents(empty.path()).empty());
}

TEST_F(Refusal, OfADirectoryThatIsNotWritable) {
  if (::geteuid() == 0) {
    // The superuser may write everywhere: become nobody, in a process of its own.
    std::filesystem::permissions(dir_.path(), std::filesystem::perms{0555});
    EXPECT_EQ(run_child([&] {
                if (::setuid(65534) != 0) return 121;
                return refusal(dir_.path()).exit_code;
              }),
              kExitNoDirectory);
    return;
  }
  std::filesystem::permissions(dir_.path(), std::filesystem::perms{0555});
  EXPECT_EQ(refusal(dir_.path()).exit_code, kExitNoDirectory);
  std::filesystem::permissions(dir_.path(), std::filesystem::perms{0755});
}

TEST_F(Refusal, OfADirectoryInUse) {
  Memory memory;
  auto opened = open_log(dir_.path(), memory);
  const OpenError error = refusal(dir_.path());
  EXPECT_EQ(error.exit_code, kExitInUse);
  EXPECT_NE(error.message.find(dir_.path()), std::string::npos);
  Progress progress(*opened.log);
  const Record record = record_of("d");
  progress.wait_durable(opened.log->append({&record, 1}));  // the one that has it is not disturbed
  opened.log->stop();
}

TEST_F(Refusal, OfADirectoryInUseByAnotherProcess) {
  Memory memory;
  auto opened = open_log(dir_.path(), memory);
  const int fd = ::open(dir_.path().c_str(), O_RDONLY | O_DIRECTORY);
  EXPECT_NE(::flock(fd, LOCK_EX | LOCK_NB), 0);
  ::close(fd);
  opened.log->stop();
}

TEST_F(Refusal, OfALogThatAnotherProgramHasOpen) {
  const std::string file = dir_.file("log.1.db");
  int ready[2];
  int done[2];
  ASSERT_EQ(::pipe(ready) + ::pipe(done), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    run_sql(file, "PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE; SELECT count(*) FROM record; ROLLBACK");
    const int fd = ::open(file.c_str(), O_RDWR);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_start = 0x40000000;  // SQLite's lock bytes
    lock.l_len = 512;
    ::fcntl(fd, F_SETLK, &lock);
    char byte = 1;
    (void)!::write(ready[1], &byte, 1);
    ::close(done[1]);
    (void)!::read(done[0], &byte, 1);
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  expect(kExitInUse, {"log.1.db"});
  for (const int fd : {ready[0], ready[1], done[0], done[1]}) ::close(fd);
}

TEST_F(Refusal, OfAForeignLog) {
  OpenOptions options = options_for(dir_.path());
  options.expected_log_id = LogId{12345};
  expect(options, kExitForeign, {"log.1.db", to_text(LogId{12345})});
}

TEST_F(Refusal, OfANewerFormat) {
  change("PRAGMA user_version=2");
  expect(kExitForeign, {"log.1.db", "format 2"});
}

TEST_F(Refusal, OfARecordThatOnlyANewerVersionUnderstands) {
  Memory memory;
  memory.refuse = "newer format: kind 900";
  auto result = SqliteLog::open(options_for(dir_.path()), memory);
  EXPECT_EQ(std::get<OpenError>(result).exit_code, kExitForeign);
  memory.refuse = "not to be read";
  result = SqliteLog::open(options_for(dir_.path()), memory);
  EXPECT_EQ(std::get<OpenError>(result).exit_code, kExitDamaged);
  EXPECT_NE(std::get<OpenError>(result).message.find("record 1"), std::string::npos);
}

TEST_F(Refusal, OfAnOldCopy) {
  write_file(dir_.file("OLD-COPY"), "");
  expect(kExitDamaged, {"OLD-COPY", "trothctl log restore"});
}

TEST_F(Refusal, OfABackup) {
  set_meta("backup", "1");
  expect(kExitDamaged, {"log.1.db", "backup", "trothctl log restore"});
}

TEST_F(Refusal, OfAMissingCurrent) {
  std::filesystem::remove(dir_.file("CURRENT"));
  expect(kExitDamaged, {"CURRENT", "trothctl log salvage"});
}

TEST_F(Refusal, OfAMissingCurrentAlsoWhenTheBallastIsAllThatIsLeft) {
  for (const std::string name : {"CURRENT", "log.1.db", "head.1"}) std::filesystem::remove(dir_.file(name));
  expect(kExitDamaged, {"CURRENT"});
}

TEST_F(Refusal, OfACurrentThatNamesNothing) {
  for (const std::string content :
       {"", "\n", "one\n", "1", "01\n", "0\n", "1\n2\n", "-1\n", "99999999999999999999\n"}) {
    write_file(dir_.file("CURRENT"), content);
    expect(kExitDamaged, {"CURRENT"});
  }
}

TEST_F(Refusal, OfAMissingLogFile) {
  std::filesystem::remove(dir_.file("log.1.db"));
  expect(kExitDamaged, {"log.1.db", "missing"});
}

TEST_F(Refusal, OfAnEmptyLogFile) {
  write_file(dir_.file("log.1.db"), "");
  expect(kExitDamaged, {"log.1.db"});
}

TEST_F(Refusal, OfALogFileUnderAnotherName) {
  std::filesystem::rename(dir_.file("log.1.db"), dir_.file("log.4.db"));
  std::filesystem::rename(dir_.file("head.1"), dir_.file("head.4"));
  write_file(dir_.file("CURRENT"), "4\n");
  expect(kExitDamaged, {"log.4.db", "generation 1"});
}

TEST_F(Refusal, OfANewerGenerationThanCurrentNames) {
  write_file(dir_.file("log.2.db"), "");
  expect(kExitDamaged, {"CURRENT", "generation 1"});
}

TEST_F(Refusal, OfAMissingHead) {
  std::filesystem::remove(dir_.file("head.1"));
  expect(kExitDamaged, {"head.1", "missing", "trothctl log verify"});
}

TEST_F(Refusal, OfAHeadWithoutAValidSlot) {
  write_file(dir_.file("head.1"), std::string(5000, 'x'));
  expect(kExitDamaged, {"head.1", "neither slot"});
}

TEST_F(Refusal, OfALogThatIsShorterThanItsHead) {
  change("DELETE FROM record WHERE lsn = 3");
  expect(kExitDamaged, {"log.1.db", "LSN 3", "LSN 2", "trothctl log salvage"});
}

TEST_F(Refusal, OfAHeadOfAnotherHistory) {
  TempDir other;
  OpenOptions options = options_for(other.path());
  Memory memory;
  {
    auto mine = open_log(dir_.path(), memory);
    options.expected_log_id = mine.log_id;
    mine.log->stop();
    auto result = SqliteLog::open(options, memory);
    append_durably(*std::get<SqliteLog::Opened>(result).log, {"a", "x", "c"});
  }
  std::filesystem::copy_file(other.file("head.1"), dir_.file("head.1"),
                             std::filesystem::copy_options::overwrite_existing);
  expect(kExitDamaged, {"log.1.db", "head", "two histories"});
}

TEST_F(Refusal, OfARecordThatIsMissing) {
  change("DELETE FROM record WHERE lsn = 2");
  expect(kExitDamaged, {"log.1.db", "record 2 is missing"});
}

TEST_F(Refusal, OfEveryChangedColumnOfARecord) {
  const std::string sound = read_file(dir_.file("log.1.db"));
  for (const std::string set : {"kind = 8", "key = x'61'", "body = x'63'", "chain = x'00'"}) {
    write_file(dir_.file("log.1.db"), sound);
    change("UPDATE record SET " + set + " WHERE lsn = 2");
    expect(kExitDamaged, {"log.1.db", "record 2", "trothctl log salvage"});
  }
}

TEST_F(Refusal, OfAChangedMetaRowOrTable) {
  const std::string sound = read_file(dir_.file("log.1.db"));
  const std::vector<std::string> changes{"UPDATE meta SET value = '2' WHERE name = 'generation'",
                                         "DELETE FROM meta WHERE name = 'check'",
                                         "DROP INDEX record_by_key",
                                         "CREATE TABLE more(x)",
                                         "PRAGMA application_id=1",
                                         "PRAGMA user_version=0",
                                         "PRAGMA journal_mode=DELETE"};
  for (const std::string& sql : changes) {
    write_file(dir_.file("log.1.db"), sound);
    change(sql);
    expect(kExitDamaged, {"log.1.db"});
  }
}

}  // namespace
}  // namespace troth::wal
