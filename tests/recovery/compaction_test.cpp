#include "recovery/compaction.h"

#include <gtest/gtest.h>

#include "proto/codec/record_codec.h"
#include "tests/recovery/history.h"
#include "tests/recovery/memory_log.h"

namespace troth::recovery {
namespace {

using namespace testing;

constexpr Millis kNever = 0;  // no mark is so old: every key stays

Known restored(const MemoryLog& log) {
  Replay replay;
  replay.known().log = kLog;
  EXPECT_EQ(log.replay(replay), "");
  return std::move(replay.known());
}

/// All steps of one compaction, with `between` called after each.
template <class Between>
void compact(MemoryLog& log, Millis now_at, Between between) {
  Compaction compaction(log.supersede(), Limits(), now_at);
  auto step = compaction.step();
  for (; step == Compaction::Step::kMore; step = compaction.step()) between();
  EXPECT_EQ(step, Compaction::Step::kDone) << compaction.why();
}
void compact(MemoryLog& log, Millis now_at = kNever) {
  compact(log, now_at, [] {});
}

std::vector<Fact> part(const std::vector<Fact>& facts, std::size_t from, std::size_t to) {
  return {facts.begin() + static_cast<std::ptrdiff_t>(from), facts.begin() + static_cast<std::ptrdiff_t>(to)};
}

/// restore(compact(r)) == restore(r), and so after everything that is appended to both.
TEST(Compaction, MeansTheSameAtARandomCutAndAfterAllThatFollows) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    const auto facts = random_history(seed, 250);
    const std::size_t cut = seed * 7919 % facts.size();
    MemoryLog whole, log;
    whole.append(part(facts, 0, cut));
    log.append(part(facts, 0, cut));
    compact(log);
    EXPECT_EQ(log.cut(), cut);
    expect_same(restored(whole), restored(log));
    for (std::size_t i = cut; i < facts.size(); ++i) {
      whole.append({facts[i]});
      log.append({facts[i]});
      if (i % 16 == 0) expect_same(restored(whole), restored(log));
    }
    EXPECT_EQ(whole.last(), log.last());
    expect_same(restored(whole), restored(log));
    if (HasFailure()) return;
  }
}

TEST(Compaction, MeansTheSameAtEveryCutOfAShortHistory) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto facts = random_history(seed, 60);
    MemoryLog whole;
    whole.append(facts);
    const Known expected = restored(whole);
    for (std::size_t cut = 0; cut <= facts.size(); ++cut) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", cut " + std::to_string(cut));
      MemoryLog log;
      log.append(part(facts, 0, cut));
      compact(log);
      log.append(part(facts, cut, facts.size()));
      expect_same(expected, restored(log));
      if (HasFailure()) return;
    }
  }
}

TEST(Compaction, LeavesTheLogAsItIsUntilItsLastStepAndTakesNothingThatIsAppendedMeanwhile) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    const auto facts = random_history(seed, 250);
    MemoryLog whole, log;
    whole.append(part(facts, 0, 150));
    log.append(part(facts, 0, 150));
    std::size_t next = 150;
    compact(log, kNever, [&] {
      EXPECT_EQ(log.cut(), 0u);
      if (next == facts.size()) return;
      whole.append({facts[next]});
      log.append({facts[next++]});
      expect_same(restored(whole), restored(log));
    });
    EXPECT_EQ(log.cut(), 150u);
    expect_same(restored(whole), restored(log));
    if (HasFailure()) return;
  }
}

TEST(Compaction, OfACompactedLogMeansTheSameHoweverOftenAndAlsoARebuildBetween) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    const auto facts = random_history(seed, 240);
    MemoryLog whole, log;
    for (std::size_t from = 0; from < facts.size(); from += 40) {
      const std::size_t to = std::min(facts.size(), from + 40);
      whole.append(part(facts, from, to));
      log.append(part(facts, from, to));
      compact(log);
      compact(log);
      if (from % 80 == 0) log.rebuild();
    }
    expect_same(restored(whole), restored(log));
    if (HasFailure()) return;
  }
}

TEST(Compaction, OfACompactedLogIsTheSameSet) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    MemoryLog log;
    log.append(random_history(seed, 250));
    compact(log);
    const auto set = log.set();
    compact(log);
    ASSERT_EQ(set.size(), log.set().size());
    for (std::size_t i = 0; i < set.size(); ++i) ASSERT_EQ(set[i].body, log.set()[i].body) << "seed " << seed;
  }
}

TEST(Compaction, KeepsEveryKeyThatIsYoungEnoughAndLetsTheOthersGo) {
  Limits limits;
  MemoryLog log;
  log.append({committed(id_of(1), "old", 100), fact::Ended{{id_of(1)}}, fact::Mark{id_of(2), 0, 1'000},
              committed(id_of(2), "young", 5'000), fact::Ended{{id_of(2)}}, abort_told(id_of(3), "refused", 5'000)});
  const Fact young = committed(id_of(2), "young", 5'000);
  const auto found = [&log](const std::string& key) {
    const wal::Row row = log.find(key);
    return row.lsn == 0 ? std::nullopt : codec::decode_fact(row.kind, row.body);
  };
  compact(log, 999 + limits.key_retain_ms);
  EXPECT_TRUE(found("old"));
  compact(log, 1'000 + limits.key_retain_ms);
  EXPECT_FALSE(found("old"));
  EXPECT_EQ(found("young"), young);
  EXPECT_EQ(log.find("young").lsn, 4u);
  EXPECT_EQ(found("refused"), Fact(abort_told(id_of(3), "refused", 5'000)));
  EXPECT_TRUE(restored(log).live.empty());
}

TEST(Compaction, ALiveCommitKeepsItsOriginAtAnyAge) {
  MemoryLog log;
  log.append({committed(id_of(1), "stuck", 100), fact::Mark{id_of(2), 0, 1'000}});
  compact(log, 900'000'000'000);
  EXPECT_EQ(log.find("stuck").lsn, 0u);
  const Known known = restored(log);
  EXPECT_EQ(std::get<fact::CommitDecided>(known.live.at(id_of(1))).origin.key, "stuck");
}

TEST(Compaction, StopsWhereTheLogStops) {
  struct Stopping : wal::Superseding {
    Lsn cut() const override { return 1; }
    Read read(std::vector<wal::Row>&) override { return Read::kStopped; }
    bool add(std::span<const wal::Record>) override { return false; }
    bool finish(Lsn) override { return false; }
  };
  Compaction compaction(std::make_unique<Stopping>(), Limits(), 0);
  EXPECT_EQ(compaction.step(), Compaction::Step::kStopped);
}

TEST(Compaction, SaysWhichRecordItCannotRead) {
  MemoryLog log;
  log.append(wal::Record{999, "?", {}, true});
  Compaction compaction(log.supersede(), Limits(), 0);
  EXPECT_EQ(compaction.step(), Compaction::Step::kFailed);
  EXPECT_NE(compaction.why().find("record 1 of kind 999"), std::string::npos) << compaction.why();
  EXPECT_EQ(log.cut(), 0u);
}

TEST(Compaction, IsDueWhenManyRecordsFollowAndTheSetIsSmallBesideThem) {
  Limits limits;
  limits.compact_records = 100;
  EXPECT_FALSE(is_compaction_due(99, 0, limits));
  EXPECT_TRUE(is_compaction_due(100, 50, limits));
  EXPECT_FALSE(is_compaction_due(100, 51, limits));
}

}  // namespace
}  // namespace troth::recovery
