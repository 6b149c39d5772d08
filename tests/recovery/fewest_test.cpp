#include "recovery/fewest.h"

#include <gtest/gtest.h>

#include "recovery/retention.h"
#include "tests/recovery/history.h"

namespace troth::recovery {
namespace {

using namespace testing;

constexpr int kHistories = 300;
constexpr int kFacts = 250;

Known refold(const Known& known) {
  Known again = fold_all({});
  for (const auto& fact : fewest(known, known.last_lsn)) fold(again, 0, fact);
  return again;
}

TEST(Fewest, FoldsToTheSameForRandomHistories) {
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE(seed);
    const Known known = fold_all(random_history(seed, kFacts));
    expect_same(known, refold(known));
    if (HasFailure()) return;
  }
}

TEST(Fewest, OfWhatItMakesIsItself) {
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    const Known known = fold_all(random_history(seed, kFacts));
    ASSERT_TRUE(fewest(known, 9) == fewest(refold(known), 9)) << "seed " << seed;
  }
}

TEST(Fewest, TheHistoriesReachEveryPartOfWhatIsKnown) {
  std::size_t decided = 0, undecided = 0, gaps = 0, heuristics = 0, acts = 0, windows = 0, retired = 0, horizons = 0,
              marks = 0;
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    const Known known = fold_all(random_history(seed, kFacts));
    for (const auto& [id, fact] : known.live) {
      ++(std::holds_alternative<fact::CommitDecided>(fact) ? decided : undecided);
    }
    for (const auto& [name, participant] : known.participants) retired += participant.retired ? 1 : 0;
    gaps += known.gaps.size();
    heuristics += known.heuristics.size();
    acts += known.acts.size();
    windows += known.windows.size();
    marks += known.marks.size();
    horizons += known.horizon != TransactionId{} ? 1 : 0;
  }
  for (const auto reached : {decided, undecided, gaps, heuristics, acts, windows, retired, horizons, marks}) {
    EXPECT_GT(reached, kHistories / 10u);
  }
}

TEST(Fewest, EndsWithTheCheckpointAndIsShort) {
  std::vector<Fact> facts{fact::EpochStarted{kFirst, 1, 0}};
  for (std::uint64_t i = 1; i <= 1'000; ++i) facts.emplace_back(committed(id_of(i)));
  for (std::uint64_t i = 1; i <= 1'000; ++i) facts.emplace_back(fact::Ended{{id_of(i)}});
  const auto compacted = fewest(fold_all(facts), 2'001);
  ASSERT_EQ(compacted.size(), 3u);
  EXPECT_EQ(compacted[1], Fact(fact::CommitBits{kFirst, 0, "\xfe" + std::string(124, '\xff') + "\x01"}));
  EXPECT_EQ(compacted.back(), Fact(fact::Checkpoint{2'001}));
}

TEST(Fewest, KeepsTheListOfAHeuristicAndDropsOtherDetails) {
  const Known known =
      fold_all({committed(id_of(1)), committed(id_of(2)), heuristic(id_of(1), 1), fact::Ended{{id_of(1), id_of(2)}}});
  const Known again = refold(known);
  EXPECT_TRUE(again.live.empty());
  EXPECT_TRUE(again.details.contains(id_of(1)));
  EXPECT_FALSE(again.details.contains(id_of(2)));
  EXPECT_EQ(again.details.at(id_of(1)).decided.lsn, 1u);
}

TEST(Fewest, RestatesALongWindowInRecordsOfAPage) {
  Known known = fold_all({});
  for (std::uint64_t i = 1; i <= 2'500; ++i) known.windows["client"].committed[i] = id_of(i);
  known.windows["client"].acked_below = 1;
  EXPECT_EQ(fewest(known, 1).size(), 4u);
  expect_same(known, refold(known));
}

TEST(Fewest, KeepsAToldAbortThatAGapWouldMakeUnknown) {
  const Known known = fold_all({abort_told(id_of(1), "k"), fact::GapOpened{kFirst, kSecond, 0}});
  EXPECT_FALSE(known.in_gap(id_of(1)));
  EXPECT_FALSE(refold(known).in_gap(id_of(1)));
  EXPECT_TRUE(refold(known).in_gap(id_of(2)));
}

}  // namespace
}  // namespace troth::recovery
