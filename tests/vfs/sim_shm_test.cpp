// Several connections to one file on the simulated disk: each reads what it may, none writes while another does, and
// what they shared is gone with their process.
#include "tests/vfs/sim_shm.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>
#include <vector>

#include "tests/vfs/sim_vfs.h"

namespace troth::vfs {
namespace {

TEST(SimShm, KeepsAWriterFromReadersAndFromOtherWritersSlotBySlot) {
  SimShm shm;
  const int a = 0;
  const int b = 0;
  EXPECT_TRUE(shm.lock_shared(&a, 3, 1));
  EXPECT_TRUE(shm.lock_shared(&b, 3, 1));
  EXPECT_FALSE(shm.lock_exclusive(&a, 3, 1)) << "another reads";
  EXPECT_TRUE(shm.lock_exclusive(&a, 0, 1));
  EXPECT_FALSE(shm.lock_exclusive(&b, 0, 1));
  EXPECT_FALSE(shm.lock_shared(&b, 0, 1));
  EXPECT_FALSE(shm.lock_exclusive(&b, 0, 3)) << "one of them is taken";
  EXPECT_TRUE(shm.lock_exclusive(&a, 1, 2)) << "and the others were not taken with it";
  shm.unlock(&b, 0, SimShm::kLocks);
  EXPECT_TRUE(shm.lock_exclusive(&a, 3, 1));
  shm.unlock(&a, 0, SimShm::kLocks);
  EXPECT_TRUE(shm.lock_exclusive(&b, 0, SimShm::kLocks));
}

TEST(SimShm, GivesARegionZeroedOnceAndTheSameToAll) {
  SimShm shm;
  EXPECT_EQ(shm.region(1, 64, false), nullptr);
  auto* region = static_cast<volatile char*>(shm.region(1, 64, true));
  EXPECT_EQ(region[63], 0);
  region[63] = 7;
  EXPECT_NE(shm.region(0, 64, false), nullptr) << "regions have no holes";
  EXPECT_EQ(shm.region(1, 64, false), region);
}

constexpr const char* kFile = "/d/a.db";

class Connection {
 public:
  explicit Connection(const SimVfs& vfs) {
    sqlite3_open_v2(kFile, &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs.name());
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    run("PRAGMA wal_autocheckpoint=8");
  }
  ~Connection() { sqlite3_close(db_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int run(const std::string& sql) { return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr); }
  /// The first column of the first row, or -1.
  int number(const std::string& sql) {
    int value = -1;
    const auto take = [](void* to, int, char** columns, char**) {
      *static_cast<int*>(to) = columns[0] == nullptr ? 0 : std::atoi(columns[0]);
      return 0;
    };
    sqlite3_exec(db_, sql.c_str(), take, &value, nullptr);
    return value;
  }

 private:
  sqlite3* db_ = nullptr;
};

class SharedFile : public ::testing::Test {
 protected:
  SharedFile() : vfs_(disk_) {
    disk_.make_directory("/d");
    seed_sqlite(3);
  }
  SimDisk disk_{{}};
  SimVfs vfs_;
};

TEST_F(SharedFile, AReaderKeepsItsSnapshotWhileAnotherCommits) {
  Connection writer(vfs_);
  Connection reader(vfs_);
  ASSERT_EQ(writer.run("CREATE TABLE t(x); INSERT INTO t VALUES (1)"), SQLITE_OK);
  ASSERT_EQ(reader.run("BEGIN"), SQLITE_OK);
  EXPECT_EQ(reader.number("SELECT count(*) FROM t"), 1);
  EXPECT_EQ(writer.run("INSERT INTO t VALUES (2)"), SQLITE_OK);
  EXPECT_EQ(reader.number("SELECT count(*) FROM t"), 1);
  EXPECT_EQ(writer.number("PRAGMA wal_checkpoint(TRUNCATE)"), 1) << "busy: somebody reads the log";
  EXPECT_EQ(reader.run("COMMIT"), SQLITE_OK);
  EXPECT_EQ(reader.number("SELECT count(*) FROM t"), 2);
  EXPECT_EQ(writer.number("PRAGMA wal_checkpoint(TRUNCATE)"), 0);
}

TEST_F(SharedFile, OneWritesAtATimeAndNobodyReadsWhatIsNotCommitted) {
  Connection first(vfs_);
  Connection second(vfs_);
  ASSERT_EQ(first.run("CREATE TABLE t(x)"), SQLITE_OK);
  ASSERT_EQ(first.run("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)"), SQLITE_OK);
  EXPECT_EQ(second.run("INSERT INTO t VALUES (2)"), SQLITE_BUSY);
  EXPECT_EQ(second.number("SELECT count(*) FROM t"), 0);
  EXPECT_EQ(first.run("COMMIT"), SQLITE_OK);
  EXPECT_EQ(second.run("INSERT INTO t VALUES (2)"), SQLITE_OK);
  EXPECT_EQ(first.number("SELECT count(*) FROM t"), 2);
}

TEST_F(SharedFile, WhatWasSharedIsGoneWithTheProcess) {
  auto writer = std::make_unique<Connection>(vfs_);
  ASSERT_EQ(writer->run("CREATE TABLE t(x); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)"), SQLITE_OK);
  disk_.crash(Ending::kKill);
  disk_.restart();
  Connection next(vfs_);
  EXPECT_EQ(next.run("INSERT INTO t VALUES (2)"), SQLITE_OK) << "the dead one's lock is in the way";
  EXPECT_NE(writer->run("COMMIT"), SQLITE_OK) << "it is dead";
  writer.reset();
  EXPECT_EQ(next.number("SELECT count(*) FROM t"), 1);
  EXPECT_EQ(next.run("INSERT INTO t VALUES (3)"), SQLITE_OK) << "the end of a dead connection took something along";
}

/// Commits rows alternately through two connections; the last that was acknowledged.
int work(const SimVfs& vfs, int rows) {
  Connection one(vfs);
  Connection other(vfs);
  one.run("CREATE TABLE t(id INTEGER PRIMARY KEY, x BLOB)");
  for (int i = 1; i <= rows; ++i) {
    Connection& writer = i % 2 == 0 ? other : one;
    if (writer.run("INSERT INTO t VALUES(" + std::to_string(i) + ", zeroblob(3000))") != SQLITE_OK) return i - 1;
  }
  return rows;
}

TEST(SharedFileCutOff, AtAnyOperationLosesNothingThatEitherWasTold) {
  int runs = 0;
  for (std::uint64_t at = 1;; ++at) {
    bool over = false;
    for (const Ending ending : {Ending::kKill, Ending::kNothingKept, Ending::kAllKept, Ending::kRandom}) {
      SimDisk disk({{}, std::uint64_t{1} << 30, at});
      const SimVfs vfs(disk);
      disk.make_directory("/d");
      seed_sqlite(1);
      disk.crash_at(at, ending, at);
      const int acknowledged = work(vfs, 12);
      over = !disk.is_dead();
      if (over) break;
      disk.restart();
      ++runs;
      Connection db(vfs);
      ASSERT_GE(std::max(0, db.number("SELECT max(id) FROM t")), acknowledged) << at << static_cast<int>(ending);
      ASSERT_EQ(db.number("SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1) << at;
    }
    if (over) break;
  }
  EXPECT_GT(runs, 300);
}

TEST(Faults, TheWatcherSeesEachOperationBeforeItHappens) {
  SimDisk disk({});
  disk.make_directory("/d");
  std::vector<Operation> seen;
  SimHandle handle;
  disk.faults().watch([&](Operation operation) {
    seen.push_back(operation);
    if (operation == Operation::kWrite) {
      EXPECT_EQ(handle.node->content.size(), 0u);
    }
  });
  disk.open("/d/f", {true, false, false}, handle);
  disk.write(handle, 0, "x");
  disk.sync(handle);
  EXPECT_EQ(seen, (std::vector{Operation::kCreate, Operation::kWrite, Operation::kSync}));
}

}  // namespace
}  // namespace troth::vfs
