// How trothd ends, and that a start that is refused changes nothing: one line that names the file and the remedy.
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>

#include "tests/e2e/world.h"

namespace troth::e2e {
namespace {

namespace fs = std::filesystem;

class ExitCode : public ::testing::Test {
 protected:
  /// trothd on the data directory with a free port.
  Ended start_on(const std::string& dir, std::vector<std::string> flags = {}, const std::vector<std::string>& by = {}) {
    flags.insert(flags.end(), {"--data-dir", dir, "--listen", "127.0.0.1:0"});
    return world_.run_to_end(flags, by);
  }
  /// A data directory with a log that was stopped in order.
  void make_log() {
    world_.start();
    ASSERT_EQ(world_.post("/v1/transactions", "{}").status, 201);
    ASSERT_EQ(world_.stop().code, 0);
  }
  void change_log(const std::string& sql) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open((world_.data() + "/log.1.db").c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  void expect_refused_unchanged(int code, const std::vector<std::string>& flags, const std::string& named) {
    const auto before = contents(world_.data());
    const Ended ended = start_on(world_.data(), flags);
    EXPECT_EQ(ended.code, code) << ended.said;
    EXPECT_NE(ended.said.find(named), std::string::npos) << ended.said;
    EXPECT_EQ(std::count(ended.said.begin(), ended.said.end(), '\n'), 1) << ended.said;
    EXPECT_TRUE(contents(world_.data()) == before) << "the refused start changed the data directory";
  }

  World world_;
};

TEST_F(ExitCode, MissingDataDirectoryIs71AndIsNotMade) {
  const Ended ended = start_on(world_.data());
  EXPECT_EQ(ended.code, 71) << ended.said;
  EXPECT_NE(ended.said.find(world_.data()), std::string::npos) << ended.said;
  EXPECT_FALSE(fs::exists(world_.data()));
}

TEST_F(ExitCode, AFileInPlaceOfTheDataDirectoryIs71) {
  write_file(world_.data(), "not a directory");
  EXPECT_EQ(start_on(world_.data()).code, 71);
  EXPECT_EQ(read_file(world_.data()), "not a directory");
}

TEST_F(ExitCode, EmptyDataDirectoryIs71WhenTheLogMustExist) {
  fs::create_directories(world_.data());
  expect_refused_unchanged(71, {"--must-exist"}, world_.data());
}

TEST_F(ExitCode, DataDirectoryThatCannotBeWrittenIs71) {
  fs::create_directories(world_.data());
  fs::permissions(world_.data(), fs::perms::owner_read | fs::perms::owner_exec);
  // Root may write everywhere, unless it gives that right away.
  const std::vector<std::string> without_rights{"/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search"};
  const bool root = ::geteuid() == 0;
  const Ended ended = start_on(world_.data(), {}, root ? without_rights : std::vector<std::string>{});
  fs::permissions(world_.data(), fs::perms::owner_all);
  EXPECT_EQ(ended.code, 71) << ended.said;
  EXPECT_NE(ended.said.find("not writable"), std::string::npos) << ended.said;
  EXPECT_TRUE(contents(world_.data()).empty());
}

TEST_F(ExitCode, SecondTrothdOnTheSameDirectoryIs72AndTheFirstGoesOn) {
  world_.start();
  const Ended second = start_on(world_.data());
  EXPECT_EQ(second.code, 72) << second.said;
  EXPECT_NE(second.said.find(world_.data()), std::string::npos) << second.said;
  EXPECT_EQ(world_.post("/v1/transactions", "{}").status, 201);
  EXPECT_EQ(world_.stop().code, 0);
}

TEST_F(ExitCode, DamagedRecordIs73) {
  make_log();
  change_log("UPDATE record SET body = x'00' WHERE lsn = 1");
  expect_refused_unchanged(73, {}, "log.1.db");
}

TEST_F(ExitCode, MissingRecordsAtTheEndAre73) {
  make_log();
  change_log("DELETE FROM record WHERE lsn = (SELECT max(lsn) FROM record)");
  expect_refused_unchanged(73, {}, "log.1.db");
}

TEST_F(ExitCode, MissingHeadIs73) {
  make_log();
  fs::remove(world_.data() + "/head.1");
  expect_refused_unchanged(73, {}, "head.1");
}

TEST_F(ExitCode, MissingCurrentBesideALogIs73AndNoNewLogIsMade) {
  make_log();
  fs::remove(world_.data() + "/CURRENT");
  expect_refused_unchanged(73, {}, "CURRENT");
}

TEST_F(ExitCode, AnotherLogThanConfiguredIs74) {
  make_log();
  expect_refused_unchanged(74, {"--log-id", "0000000000001"}, "0000000000001");
}

TEST_F(ExitCode, ALogOfANewerFormatIs74) {
  make_log();
  change_log("PRAGMA user_version = 99");
  expect_refused_unchanged(74, {}, "99");
}

TEST_F(ExitCode, AnAddressInUseIs1) {
  world_.start();
  const std::string other = world_.file("other");
  fs::create_directories(other);
  const Ended second = world_.run_to_end({"--data-dir", other, "--listen", world_.listen()});
  EXPECT_EQ(second.code, 1) << second.said;
  EXPECT_NE(second.said.find(world_.listen()), std::string::npos) << second.said;
}

TEST_F(ExitCode, ADirectorySwappedUnderARunningTrothdIs70WithinASecond) {
  world_.start();
  fs::rename(world_.data(), world_.file("moved"));
  const Ended ended = world_.wait_for_end();
  EXPECT_EQ(ended.code, 70) << ended.said;
  EXPECT_FALSE(fs::exists(world_.data()));
}

TEST_F(ExitCode, WrongFlagsAre2AndNameTheFlag) {
  const std::vector<std::vector<std::string>> all{
      {"--bogus"}, {"--max-live", "many"}, {"--max-live"}, {"--listen", "nowhere"}, {"--max-branches", "0"}, {"word"}};
  for (const auto& flags : all) {
    const Ended ended = world_.run_to_end(flags);
    EXPECT_EQ(ended.code, 2) << flags[0] << ": " << ended.said;
    EXPECT_NE(ended.said.find(flags[0]), std::string::npos) << ended.said;
  }
}

TEST_F(ExitCode, ABadConfigurationFileIs2WithEachMistakesLineAndColumn) {
  const std::string file = world_.file("bad.toml");
  write_file(file, "max_live = \"many\"\n\n  unknown_key = 3\n");
  const Ended values = world_.run_to_end({"--config", file});
  EXPECT_EQ(values.code, 2);
  EXPECT_NE(values.said.find(file + ":1:12: "), std::string::npos) << values.said;
  EXPECT_NE(values.said.find(file + ":3:3: "), std::string::npos) << values.said;
  write_file(file, "max_live = 5\nlisten = \n");
  const Ended syntax = world_.run_to_end({"--check-config", "--config", file});
  EXPECT_EQ(syntax.code, 2);
  EXPECT_NE(syntax.said.find(file + ":2:10: "), std::string::npos) << syntax.said;
}

TEST_F(ExitCode, AConfigurationFileThatIsNotThereIs2) {
  const Ended ended = world_.run_to_end({"--config", world_.file("none.toml")});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.said.find("none.toml"), std::string::npos) << ended.said;
}

TEST_F(ExitCode, TheReadyLineNamesUrlLogAndEpoch) {
  world_.start();
  EXPECT_EQ(world_.stop().code, 0);
  world_.start();
  const Ended ended = world_.stop();
  EXPECT_NE(ended.said.find("ready on http://" + world_.listen() + " log "), std::string::npos) << ended.said;
  EXPECT_NE(ended.said.find(" epoch 2 "), std::string::npos) << ended.said;
}

}  // namespace
}  // namespace troth::e2e
