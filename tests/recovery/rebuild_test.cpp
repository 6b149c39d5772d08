#include "recovery/rebuild.h"

#include <gtest/gtest.h>

#include "proto/codec/record_codec.h"
#include "tests/recovery/history.h"
#include "tests/recovery/memory_log.h"

namespace troth::recovery {
namespace {

using namespace testing;

Known restored(const MemoryLog& log, Limits limits = {}) {
  Replay replay(limits);
  replay.known().log = kLog;
  EXPECT_EQ(log.replay(replay), "");
  return std::move(replay.known());
}

TEST(Rebuild, MeansTheSameForRandomHistories) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    MemoryLog log;
    log.append(random_history(seed, 250));
    const Known before = restored(log);
    log.rebuild();
    expect_same(before, restored(log));
    log.rebuild();
    expect_same(before, restored(log));
    if (HasFailure()) return;
  }
}

TEST(Rebuild, LeavesKeysToTheLog) {
  MemoryLog log;
  log.append({committed(id_of(1), "k", 100), fact::Ended{{id_of(1)}}, abort_told(id_of(2), "refused", 200)});
  log.rebuild();
  for (const auto& row : log.set()) EXPECT_NE(row.kind, codec::kind_of(committed(id_of(1))));
  EXPECT_EQ(log.find("k").lsn, 1u);
  EXPECT_EQ(log.find("refused").lsn, 3u);
}

TEST(Rebuild, EndsWithTheCheckpoint) {
  MemoryLog log;
  log.append({committed(id_of(1), "k", 100), fact::Ended{{id_of(1)}}});
  log.rebuild();
  const auto& last = log.set().back();
  EXPECT_EQ(codec::decode_fact(last.kind, last.body), Fact(fact::Checkpoint{2}));
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
  const Known known = restored(log, limits);
  EXPECT_EQ(known.details.size() + known.abort_details.size(), 7u);
  EXPECT_EQ(known.commits.count(), 50u);
}

TEST(ToRecord, OnlyDecisionsCarryTheirKeyAndOnlyEndedAndMarksAreLazy) {
  EXPECT_EQ(to_record(committed(id_of(1), "k")).key, "k");
  EXPECT_EQ(to_record(abort_told(id_of(1), "k")).key, "k");
  auto prepare = prepare_started(id_of(1));
  prepare.origin.key = "k";
  EXPECT_EQ(to_record(prepare).key, "");
  EXPECT_TRUE(to_record(prepare).forced);
  EXPECT_FALSE(to_record(fact::Ended{{id_of(1)}}).forced);
  EXPECT_FALSE(to_record(fact::Mark{id_of(1), 0, 5}).forced);
}

}  // namespace
}  // namespace troth::recovery
