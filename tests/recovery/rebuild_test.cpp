#include "recovery/rebuild.h"

#include <gtest/gtest.h>

#include <optional>

#include "proto/codec/record_codec.h"
#include "tests/recovery/history.h"

namespace troth::recovery {
namespace {

using namespace testing;

constexpr Millis kRetain = 1'000;

/// A log in memory: appended records, replayed and searched as wal::Log does.
struct MemoryLog {
  std::vector<wal::Record> records;
  Lsn first = 1;

  void append(const std::vector<Fact>& facts) {
    for (const auto& fact : facts) records.push_back(to_record(fact));
  }
  Lsn last() const { return first + records.size() - 1; }
  Replay replay(Limits limits = {}) const {
    Replay replay(limits);
    replay.known().log = kLog;
    for (std::size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ(replay.see({first + i, records[i].kind, records[i].body}), "");
    }
    return replay;
  }
  std::optional<Fact> find(const std::string& key) const {
    for (auto it = records.rbegin(); it != records.rend(); ++it) {
      if (it->key == key) return codec::decode_fact(it->kind, it->body);
    }
    return std::nullopt;
  }
  MemoryLog rebuilt(Millis now_at) const { return {replay().rebuilt(last(), now_at, kRetain), last() + 1}; }
};

TEST(Rebuild, MeansTheSameForRandomHistories) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    MemoryLog log;
    log.append(random_history(seed, 250));
    const MemoryLog once = log.rebuilt(1'500);
    expect_same(log.replay().known(), once.replay().known());
    expect_same(log.replay().known(), once.rebuilt(1'500).replay().known());
    if (HasFailure()) return;
  }
}

TEST(Rebuild, AKeyWithinItsRetentionIsFoundAgainAndAnOlderOneIsFree) {
  MemoryLog log;
  log.append({committed(id_of(1), "old", 100), fact::Ended{{id_of(1)}}, committed(id_of(2), "young", 5'000),
              fact::Ended{{id_of(2)}}, abort_told(id_of(3), "refused", 5'000)});
  const MemoryLog again = log.rebuilt(5'900).rebuilt(5'950);
  EXPECT_FALSE(again.find("old"));
  auto expected = committed(id_of(2), "young", 5'000);
  expected.lsn = 3;
  EXPECT_EQ(again.find("young"), Fact(expected));
  EXPECT_EQ(again.find("refused"), Fact(abort_told(id_of(3), "refused", 5'000)));
  EXPECT_TRUE(again.replay().known().live.empty());
  EXPECT_EQ(again.replay().known().commits.count(), 2u);
  EXPECT_FALSE(again.rebuilt(9'000).find("young"));
}

TEST(Rebuild, ALiveKeyedCommitStaysLiveAndIsFoundAtAnyAge) {
  MemoryLog log;
  log.append({committed(id_of(1), "stuck", 100)});
  const MemoryLog again = log.rebuilt(900'000).rebuilt(900'000);
  EXPECT_TRUE(again.replay().known().live.contains(id_of(1)));
  EXPECT_TRUE(again.find("stuck"));
}

TEST(Rebuild, AKeyThatWasFreedAndGivenAgainFindsTheLaterTransaction) {
  MemoryLog log;
  log.append({committed(id_of(1), "again", 100), heuristic(id_of(1), 1), fact::Ended{{id_of(1)}},
              committed(id_of(2), "again", 5'000)});
  const auto found = log.rebuilt(5'000).find("again");
  ASSERT_TRUE(found);
  EXPECT_EQ(std::get<fact::CommitDecided>(*found).id, id_of(2));
}

TEST(Rebuild, EndsWithTheCheckpoint) {
  MemoryLog log;
  log.append({committed(id_of(1), "k", 100), fact::Ended{{id_of(1)}}});
  const auto records = log.rebuilt(100).records;
  EXPECT_EQ(codec::decode_fact(records.back().kind, records.back().body), Fact(fact::Checkpoint{2}));
}

TEST(Replay, RefusesARecordItCannotReadAndNamesIt) {
  Replay replay;
  const std::string why = replay.see({41, 999, "?"});
  EXPECT_NE(why.find("record 41"), std::string::npos) << why;
  EXPECT_NE(why.find("kind 999"), std::string::npos) << why;
}

TEST(Replay, HoldsNoMoreDetailsThanTheLimit) {
  MemoryLog log;
  for (std::uint64_t i = 1; i <= 50; ++i) {
    log.append({committed(id_of(i), {}, 100), fact::Ended{{id_of(i)}}, abort_told(id_of(i + 100), "k", 100)});
  }
  Limits limits;
  limits.detail_count = 7;
  auto replay = log.replay(limits);
  EXPECT_EQ(replay.known().details.size() + replay.known().abort_details.size(), 7u);
  EXPECT_EQ(replay.known().commits.count(), 50u);
}

TEST(ToRecord, OnlyDecisionsCarryTheirKeyAndOnlyEndedIsLazy) {
  EXPECT_EQ(to_record(committed(id_of(1), "k")).key, "k");
  EXPECT_EQ(to_record(abort_told(id_of(1), "k")).key, "k");
  auto prepare = prepare_started(id_of(1));
  prepare.origin.key = "k";
  EXPECT_EQ(to_record(prepare).key, "");
  EXPECT_TRUE(to_record(prepare).forced);
  EXPECT_FALSE(to_record(fact::Ended{{id_of(1)}}).forced);
}

}  // namespace
}  // namespace troth::recovery
