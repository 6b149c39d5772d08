// SQLite on the simulated disk: what it promises holds, and what it does not promise is found out.
#include "tests/vfs/sim_vfs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <string>

namespace troth::vfs {
namespace {

constexpr const char* kFile = "/d/a.db";

/// One process with one connection in WAL mode.
class Connection {
 public:
  Connection(const SimVfs& vfs, const std::string& synchronous) {
    sqlite3_open_v2(kFile, &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs.name());
    run("PRAGMA locking_mode=EXCLUSIVE");
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=" + synchronous);
    run("PRAGMA wal_autocheckpoint=8");
  }
  ~Connection() { sqlite3_close(db_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool run(const std::string& sql) { return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK; }
  int number(const std::string& sql) {
    int value = -1;
    sqlite3_exec(
        db_, sql.c_str(),
        [](void* to, int, char** columns, char**) {
          *static_cast<int*>(to) = columns[0] == nullptr ? 0 : std::atoi(columns[0]);
          return 0;
        },
        &value, nullptr);
    return value;
  }

 private:
  sqlite3* db_ = nullptr;
};

/// Commits rows 1, 2, … `rows` and returns the last that SQLite said is committed.
int work(const SimVfs& vfs, const std::string& synchronous, int rows) {
  Connection db(vfs, synchronous);
  db.run("CREATE TABLE t(id INTEGER PRIMARY KEY, x BLOB)");
  int acknowledged = 0;
  for (int i = 1; i <= rows; ++i) {
    if (!db.run("INSERT INTO t VALUES(" + std::to_string(i) + ", randomblob(3000))")) break;
    acknowledged = i;
  }
  return acknowledged;
}

struct Campaign {
  int runs = 0;
  int lost = 0;     // runs that lost an acknowledged row
  int corrupt = 0;  // runs after which the file is no sound database
};

/// The power is cut at every operation of the same work, under every persistence mode.
Campaign cut_power_everywhere(const std::string& synchronous, const Medium& medium) {
  Campaign campaign;
  constexpr int kRows = 14;
  for (std::uint64_t at = 1;; ++at) {
    for (std::uint64_t mode = 0; mode < 4; ++mode) {
      constexpr Ending kEndings[] = {Ending::kNothingKept, Ending::kAllKept, Ending::kRandom, Ending::kRandom};
      SimDisk disk({medium, std::uint64_t{1} << 30, at});
      const SimVfs vfs(disk);
      disk.make_directory("/d");
      seed_sqlite(1);
      disk.crash_at(at, kEndings[mode], mode);
      const int acknowledged = work(vfs, synchronous, kRows);
      if (!disk.is_dead()) return campaign;
      disk.restart();
      ++campaign.runs;
      Connection db(vfs, synchronous);
      const int found = std::max(0, db.number("SELECT max(id) FROM t"));
      campaign.lost += found < acknowledged ? 1 : 0;
      campaign.corrupt += db.number("SELECT 1 FROM pragma_integrity_check WHERE integrity_check = 'ok'") == 1 ? 0 : 1;
    }
  }
}

TEST(SimVfs, WithSynchronousFullNoAcknowledgedCommitIsLostAtAnyOperation) {
  for (const Medium& medium : {Medium{512, true}, Medium{4096, true}, Medium{512, false}, Medium{4096, false}}) {
    const Campaign campaign = cut_power_everywhere("FULL", medium);
    EXPECT_GT(campaign.runs, 300);
    EXPECT_EQ(campaign.lost, 0) << medium.sector << medium.powersafe_overwrite;
    EXPECT_EQ(campaign.corrupt, 0) << medium.sector << medium.powersafe_overwrite;
  }
}

TEST(SimVfs, WithSynchronousNormalItIsAndTheDiskShowsIt) {
  const Campaign campaign = cut_power_everywhere("NORMAL", {512, true});
  EXPECT_GT(campaign.runs, 200);
  EXPECT_GT(campaign.lost, campaign.runs / 10);
  EXPECT_EQ(campaign.corrupt, 0);
}

TEST(SimVfs, TheSameSeedGivesTheSameBytes) {
  const auto run = [] {
    SimDisk disk({{512, false}, std::uint64_t{1} << 30, 5});
    const SimVfs vfs(disk);
    disk.make_directory("/d");
    seed_sqlite(7);
    disk.crash_at(40, Ending::kRandom, 3);
    work(vfs, "NORMAL", 20);
    disk.restart();
    return disk.contents("/d");
  };
  const auto first = run();
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(first, run());
}

TEST(SimVfs, AFullDiskAndAFailedSyncReachTheCallerAsErrors) {
  for (const FaultKind kind : {FaultKind::kNoSpace, FaultKind::kWriteFails, FaultKind::kSyncFails}) {
    SimDisk disk({});
    const SimVfs vfs(disk);
    disk.make_directory("/d");
    Connection db(vfs, "FULL");
    EXPECT_TRUE(db.run("CREATE TABLE t(id INTEGER PRIMARY KEY)"));
    disk.faults().plan({kind, disk.faults().operations() + 1, false});
    EXPECT_FALSE(db.run("INSERT INTO t VALUES(1)"));
  }
}

TEST(SimVfs, ASecondConnectionFindsTheFileLocked) {
  SimDisk disk({});
  const SimVfs vfs(disk);
  disk.make_directory("/d");
  Connection first(vfs, "FULL");
  EXPECT_TRUE(first.run("CREATE TABLE t(id INTEGER PRIMARY KEY)"));
  Connection second(vfs, "FULL");
  EXPECT_FALSE(second.run("INSERT INTO t VALUES(1)"));
  disk.crash(Ending::kKill);
  disk.restart();
  Connection third(vfs, "FULL");
  EXPECT_TRUE(third.run("INSERT INTO t VALUES(1)")) << "a lock ends with its process";
}

}  // namespace
}  // namespace troth::vfs
