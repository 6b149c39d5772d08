// The simulator itself: a seed is a history, a broken rule shows, and what a disk loses is lost.
#include <gtest/gtest.h>

#include "tests/mutants/mutant.h"
#include "tests/sim/run.h"
#include "tests/sim/sim_log.h"

namespace troth::sim {
namespace {

mutants::Cells no_cells() {
  return mutants::Cells(TROTH_SOURCE_DIR "/coordinator/core/PROTOCOL.md");
}

std::vector<std::string> trace_of(std::uint64_t seed, LogKind log) {
  mutants::Cells cells = no_cells();
  std::vector<std::string> trace;
  run_history(seed, log, cells, &trace);
  return trace;
}

TEST(Simulation, OneSeedIsOneHistory) {
  for (const LogKind log : {LogKind::kSim, LogKind::kSqlite}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      const auto first = trace_of(seed, log);
      EXPECT_GT(first.size(), 100u);
      EXPECT_EQ(first, trace_of(seed, log)) << "seed " << seed;
    }
  }
  EXPECT_NE(trace_of(1, LogKind::kSim), trace_of(2, LogKind::kSim));
}

TEST(Simulation, IsTheSameOnManyThreads) {
  mutants::Cells one = no_cells();
  mutants::Cells many = no_cells();
  const Summary alone = run({1, 100, 1, LogKind::kSim, false, 0}, one);
  const Summary together = run({1, 100, 4, LogKind::kSim, false, 0}, many);
  EXPECT_EQ(alone.commits, together.commits);
  EXPECT_EQ(alone.steps, together.steps);
  EXPECT_EQ(one.missing(), many.missing());
}

TEST(Simulation, KeepsEveryPromise) {
  for (const LogKind log : {LogKind::kSim, LogKind::kSqlite}) {
    mutants::Cells cells = no_cells();
    const Summary summary = run({1'000, 200, 2, log, false, 0}, cells);
    for (const auto& violation : summary.violations)
      ADD_FAILURE() << "seed " << violation.seed << ": " << violation.what;
    EXPECT_GT(summary.commits, summary.histories * 5);
    EXPECT_GE(summary.crashes, summary.histories);
    EXPECT_TRUE(cells.wrongly_reached().empty());
  }
}

TEST(Simulation, ShowsABrokenRule) {
  ASSERT_TRUE(mutant::set("send-before-durable"));
  mutants::Cells cells = no_cells();
  const Summary summary = run({1, 50, 1, LogKind::kSim, true, 0}, cells);
  mutant::clear();
  EXPECT_FALSE(summary.violations.empty());
}

class Remembers : public wal::Replayer {
 public:
  std::string see(const wal::Stored& record) override {
    bodies.emplace_back(record.body);
    return {};
  }
  Lsn rebuilt(Lsn, const std::function<void(const wal::Record&)>& add) override {
    for (const auto& body : bodies) add({7, body, {}, true});
    return 0;
  }
  void reset() override { bodies.clear(); }
  std::vector<std::string> bodies;
};

TEST(SimStorage, LosesWhatWasNotWrittenAndKeepsWhatWas) {
  for (const Fall how : {Fall::kKill, Fall::kPowerCut}) {
    SimStorage storage(LogId{9});
    Remembers nothing;
    auto opened = storage.open(nothing);
    auto& log = *std::get<Storage::Opened>(opened).log;
    const wal::Record first{7, "first", {}, true};
    const wal::Record second{7, "second", {}, true};
    log.append({&first, 1});
    ASSERT_TRUE(log.write_batch());
    EXPECT_EQ(log.durable(), 1u);
    log.append({&second, 1});
    storage.fall(how, 1);
    Remembers after;
    storage.open(after);
    EXPECT_EQ(after.bodies, std::vector<std::string>{"first"});
  }
}

TEST(SimStorage, AfterAFailedSyncAnyPartOfTheBatchMayBeThere) {
  std::set<std::size_t> kept;
  for (std::uint64_t chance = 0; chance < 8; ++chance) {
    SimStorage storage(LogId{9});
    Remembers nothing;
    auto opened = storage.open(nothing);
    auto& log = *std::get<Storage::Opened>(opened).log;
    const std::vector<wal::Record> batch{{7, "a", {}, true}, {7, "b", {}, true}};
    log.append(batch);
    storage.fail_next_sync(chance);
    EXPECT_FALSE(log.write_batch());
    EXPECT_EQ(log.durable(), 0u);
    storage.fall(Fall::kKill, 0);
    Remembers after;
    storage.open(after);
    kept.insert(after.bodies.size());
  }
  EXPECT_EQ(kept, (std::set<std::size_t>{0, 1, 2}));
}

}  // namespace
}  // namespace troth::sim
