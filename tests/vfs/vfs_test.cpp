// The real log on the simulated disk: it dies at every operation of a short life, and what it said stays true.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "recovery/rebuild.h"
#include "tests/sim/sqlite_sim_log.h"

namespace troth::sim {
namespace {

const LogId kLog{77};

wal::Record record_of(const std::string& body) {
  return {7, body, "key of " + body, true};
}

/// Keeps everything; the records of a rebuilt generation are those that were seen.
class Memory : public wal::Replayer {
 public:
  std::string see(const wal::Stored& record) override {
    bodies.insert(std::string(record.body));
    return "";
  }
  Lsn rebuilt(Lsn, const std::function<void(const wal::Record&)>& add) override {
    for (const std::string& body : bodies) add(record_of(body));
    return 0;
  }
  void reset() override { bodies.clear(); }

  std::set<std::string> bodies;
};

/// One data directory through many processes, and what they told the world.
class Life {
 public:
  explicit Life(const SqliteStorage::Options& options = {}) : storage_(kLog, options) {}

  vfs::SimDisk& disk() { return storage_.disk(); }

  /// A start. Whatever was acknowledged, or served by an earlier start, must be there.
  bool start() {
    log_.reset();
    memory_ = {};
    auto result = storage_.open(memory_);
    if (auto* error = std::get_if<wal::OpenError>(&result)) {
      why_ = error->message;
      return false;
    }
    log_ = std::move(std::get<Storage::Opened>(result).log);
    for (const std::string& body : told_) EXPECT_TRUE(memory_.bodies.contains(body)) << body << " is lost";
    told_.insert(memory_.bodies.begin(), memory_.bodies.end());
    return true;
  }

  /// `commits` group commits of up to four records; false when the process died.
  bool work(int commits) {
    for (int i = 0; i < commits; ++i) {
      std::vector<wal::Record> batch;
      for (int j = 0; j <= i % 4; ++j) batch.push_back(record_of("record " + std::to_string(++made_)));
      const Lsn last = log_->append(batch);
      if (!log_->write_batch()) return false;
      EXPECT_EQ(log_->durable(), last);
      for (const wal::Record& record : batch) told_.insert(record.body);
    }
    return true;
  }

  void stop() { log_->stop(); }
  const std::set<std::string>& told() const { return told_; }
  const std::string& why() const { return why_; }
  SqliteStorage& storage() { return storage_; }
  RunningLog& log() { return *log_; }

 private:
  SqliteStorage storage_;
  std::unique_ptr<RunningLog> log_;
  Memory memory_;
  std::set<std::string> told_;
  int made_ = 0;
  std::string why_;
};

TEST(LogOnSimDisk, AppendsFindsStopsInOrderAndReadsBack) {
  Life life;
  ASSERT_TRUE(life.start());
  ASSERT_TRUE(life.work(5));
  life.log().find("key of record 3", 1);
  life.log().find("key of nothing", 2);
  EXPECT_TRUE(life.log().is_urgent());
  ASSERT_TRUE(life.log().write_batch());
  const auto found = life.log().take_found();
  ASSERT_EQ(found.size(), 2u);
  ASSERT_TRUE(found[0].present);
  EXPECT_EQ(found[0].body, "record 3");
  EXPECT_FALSE(found[1].present);
  life.stop();
  ASSERT_TRUE(life.start());
  EXPECT_EQ(life.told().size(), 11u);
}

TEST(LogOnSimDisk, TheThreadedLogRunsOnItAsWell) {
  SqliteStorage storage(kLog, {});
  Memory memory;
  auto opened = wal::SqliteLog::open(storage.open_options(), memory);
  ASSERT_TRUE(std::holds_alternative<wal::SqliteLog::Opened>(opened));
  auto& log = std::get<wal::SqliteLog::Opened>(opened).log;
  const wal::Record record = record_of("threaded");
  log->append({&record, 1});
  log->stop();
  log.reset();
  ASSERT_TRUE(std::holds_alternative<Storage::Opened>(storage.open(memory)));
  EXPECT_TRUE(memory.bodies.contains("threaded"));
}

TEST(LogOnSimDisk, DyingAtAnyOperationLosesNothingThatWasTold) {
  constexpr vfs::Ending kEndings[] = {vfs::Ending::kKill, vfs::Ending::kNothingKept, vfs::Ending::kAllKept,
                                      vfs::Ending::kRandom};
  std::uint64_t runs = 0;
  for (std::uint64_t at = 1;; ++at) {
    bool died = false;
    for (const vfs::Ending ending : kEndings) {
      SCOPED_TRACE("crash at operation " + std::to_string(at) + ", ending " + std::to_string(static_cast<int>(ending)));
      Life life;
      life.disk().crash_at(at, ending, at);
      if (life.start() && life.work(12)) life.disk().crash(ending, at);
      died = life.disk().faults().operations() >= at;
      life.disk().faults().heal();
      ASSERT_TRUE(life.start()) << life.why();
      ASSERT_TRUE(life.work(2));
      life.disk().crash(vfs::Ending::kNothingKept);  // what was served after the first crash is told, too
      ASSERT_TRUE(life.start()) << life.why();
      ++runs;
      if (::testing::Test::HasFailure()) return;
    }
    if (!died) break;
  }
  EXPECT_GT(runs, 500u);
}

TEST(LogOnSimDisk, AFailedSyncEndsTheProcessAndTheRebuildKeepsWhatWasTold) {
  Life life;
  ASSERT_TRUE(life.start());
  ASSERT_TRUE(life.work(3));
  life.storage().fail_next_sync(0);
  EXPECT_FALSE(life.work(1));
  EXPECT_FALSE(life.log().write_batch()) << "it makes nothing durable any more";
  life.storage().fall(Fall::kKill, 0);
  ASSERT_TRUE(life.start());
  life.storage().fall(Fall::kPowerCut, 1);
  ASSERT_TRUE(life.start()) << "what was read after the failed sync was served, and stays";
}

TEST(LogOnSimDisk, ACopyIsAnotherLogAndAnOldCopyIsRefusedUntilItIsRestored) {
  Life life;
  ASSERT_TRUE(life.start());
  ASSERT_TRUE(life.work(3));
  const auto copy = life.storage().copy();
  Memory memory;
  ASSERT_TRUE(std::holds_alternative<Storage::Opened>(copy->open(memory)));
  EXPECT_EQ(memory.bodies, life.told());
  life.storage().fall(Fall::kKill, 0);
  life.storage().mark_old_copy();
  EXPECT_FALSE(life.start());
  EXPECT_NE(life.why().find("old copy"), std::string::npos);
}

TEST(LogOnSimDisk, ARestoredLogHasAGapAndGoesOnAboveTheNumbersThatWereSeen) {
  const Fact started = fact::EpochStarted{{3, 9}, 1, 5};
  SqliteStorage storage(kLog, {});
  const auto open = [&](recovery::Replay& replay) {
    class Replayer : public wal::Replayer {
     public:
      explicit Replayer(recovery::Replay& replay) : replay_(replay) {}
      std::string see(const wal::Stored& record) override { return replay_.see(record); }
      Lsn rebuilt(Lsn cut, const std::function<void(const wal::Record&)>& add) override {
        return replay_.rebuilt(cut, 0, add);
      }
      void reset() override { replay_ = recovery::Replay(); }

     private:
      recovery::Replay& replay_;
    } replayer(replay);
    auto result = storage.open(replayer);
    if (const auto* error = std::get_if<wal::OpenError>(&result)) throw std::runtime_error(error->message);
    return std::move(std::get<Storage::Opened>(result));
  };
  {
    recovery::Replay replay;
    auto opened = open(replay);
    const wal::Record record = recovery::to_record(started);
    opened.log->append({&record, 1});
    opened.log->stop();
  }
  storage.mark_old_copy();
  storage.restore_above({7, 1}, 1000);
  recovery::Replay replay;
  const auto opened = open(replay);
  EXPECT_EQ(opened.last_lsn, 1000u);
  ASSERT_EQ(replay.known().gaps.size(), 1u);
  EXPECT_EQ(replay.known().gaps[0].from, (EpochId{3, 9}));
  EXPECT_EQ(replay.known().gaps[0].to, (EpochId{8, 0}));
}

}  // namespace
}  // namespace troth::sim
