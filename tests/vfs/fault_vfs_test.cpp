// The same faults over the operating system's files.
#include "tests/vfs/fault_vfs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace troth::vfs {
namespace {

class FaultVfsTest : public ::testing::Test {
 protected:
  FaultVfsTest() {
    std::string name = (std::filesystem::temp_directory_path() / "troth-vfs-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    directory_ = name;
  }
  ~FaultVfsTest() override { std::filesystem::remove_all(directory_); }

  /// SQLite's code after `sql` on the file, by a connection of its own; `vfs` null: without faults.
  int run(const char* vfs, const std::string& sql) const {
    sqlite3* db = nullptr;
    int code = sqlite3_open_v2(file().c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs);
    sqlite3_extended_result_codes(db, 1);
    if (code == SQLITE_OK) code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
    sqlite3_close(db);
    return code;
  }

  std::string file() const { return directory_ + "/a.db"; }
  std::string bytes() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string directory_;
  Faults faults_;
};

TEST_F(FaultVfsTest, EachFaultReachesSqliteUnderItsOwnName) {
  ASSERT_EQ(run(nullptr, "CREATE TABLE t(x); INSERT INTO t VALUES(1)"), SQLITE_OK);
  const FaultVfs vfs(faults_, {});
  const auto code_with = [&](FaultKind kind, const std::string& sql) {
    faults_.heal();
    faults_.plan({kind, 0, true});
    return run("troth-fault", sql);
  };
  EXPECT_EQ(code_with(FaultKind::kSyncFails, "INSERT INTO t VALUES(2)"), SQLITE_IOERR_FSYNC);
  EXPECT_EQ(code_with(FaultKind::kNoSpace, "PRAGMA journal_mode=MEMORY; INSERT INTO t VALUES(2)"), SQLITE_FULL);
  EXPECT_EQ(code_with(FaultKind::kWriteFails, "PRAGMA journal_mode=MEMORY; INSERT INTO t VALUES(2)"),
            SQLITE_IOERR_WRITE);
  EXPECT_EQ(code_with(FaultKind::kReadFails, "SELECT * FROM t") & 0xff, SQLITE_IOERR);
  EXPECT_NE(code_with(FaultKind::kShortRead, "SELECT * FROM t"), SQLITE_OK);
  EXPECT_EQ(run(nullptr, "SELECT * FROM t"), SQLITE_OK) << "nothing of it stayed";
}

TEST_F(FaultVfsTest, ASingleFaultStrikesOnceAndAFlippedBitStaysWhenItIsSticky) {
  ASSERT_EQ(run(nullptr, "CREATE TABLE t(x)"), SQLITE_OK);
  const FaultVfs vfs(faults_, {});
  faults_.plan({FaultKind::kSyncFails, 0, false});
  EXPECT_NE(run("troth-fault", "INSERT INTO t VALUES(1)"), SQLITE_OK);
  EXPECT_EQ(run("troth-fault", "INSERT INTO t VALUES(1)"), SQLITE_OK);
  const std::string sound = bytes();
  for (const bool sticky : {false, true}) {
    faults_.heal();
    faults_.plan({FaultKind::kBitFlip, faults_.reads() + 1, sticky});
    run("troth-fault", "SELECT * FROM t");
    EXPECT_EQ(bytes() == sound, !sticky);
  }
}

TEST_F(FaultVfsTest, ACrashAtEveryOperationLeavesADatabaseThatSqliteRepairs) {
  ASSERT_EQ(run(nullptr, "CREATE TABLE t(x); INSERT INTO t VALUES(1)"), SQLITE_OK);
  constexpr int kDied = 77;
  int deaths = 0;
  for (std::uint64_t at = 1;; ++at) {
    const pid_t child = ::fork();
    if (child == 0) {
      faults_.plan({FaultKind::kCrash, at, false});
      FaultVfs::Options options;
      options.is_default = true;
      options.die = [] { ::_exit(kDied); };
      const FaultVfs vfs(faults_, options);
      run(nullptr, "UPDATE t SET x = 2; UPDATE t SET x = 1");
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(run(nullptr, "SELECT 1 / (count(*) == 1) FROM t"), SQLITE_OK);
    if (WEXITSTATUS(status) == 0) break;
    ASSERT_EQ(WEXITSTATUS(status), kDied);
    ++deaths;
  }
  EXPECT_GT(deaths, 10);
}

}  // namespace
}  // namespace troth::vfs
