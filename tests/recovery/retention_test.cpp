#include "recovery/retention.h"

#include <gtest/gtest.h>

#include "tests/recovery/history.h"

namespace troth::recovery {
namespace {

using namespace testing;

fact::Mark mark(std::uint64_t sequence, Millis at) {
  return {id_of(sequence), sequence * 10, at};
}

Known with_marks(std::vector<fact::Mark> marks) {
  Known known;
  known.log = kLog;
  for (const auto& one : marks) fold(known, 0, one);
  return known;
}

Limits limits_of(Millis retain_ms, std::uint64_t retain_count = 1'000'000) {
  Limits limits;
  limits.retain_ms = retain_ms;
  limits.retain_count = retain_count;
  limits.key_retain_ms = retain_ms;
  return limits;
}

TEST(Marks, AreSampledThirtyTwoTimesInTheShorterRetentionButNotTooOften) {
  Limits limits;
  EXPECT_EQ(mark_interval_ms(limits), 24 * 3'600'000 / 32);
  limits.retain_ms = 64'000;
  EXPECT_EQ(mark_interval_ms(limits), 2'000);
  limits.retain_ms = 1;
  EXPECT_EQ(mark_interval_ms(limits), 1'000);
  limits.retain_ms = limits.key_retain_ms = 365LL * 24 * 3'600'000;
  EXPECT_EQ(mark_interval_ms(limits), 3'600'000);
}

TEST(Marks, OfTheRecordItselfSpeakForItsOwnLsn) {
  Known known;
  fold(known, 41, fact::Mark{id_of(1), 0, 5});
  fold(known, 42, fact::Mark{id_of(2), 7, 6});
  EXPECT_EQ(known.marks, (std::deque<fact::Mark>{{id_of(1), 41, 5}, {id_of(2), 7, 6}}));
}

TEST(Marks, OnlyRiseInTime) {
  const Known known = with_marks({mark(1, 100), mark(2, 100), mark(3, 50), mark(4, 101)});
  EXPECT_EQ(known.marks, (std::deque<fact::Mark>{mark(1, 100), mark(4, 101)}));
}

TEST(Marks, AreAtMostFiveHundredTwelveAndLieCloseForTheirAge) {
  Known known;
  constexpr std::uint64_t kNoted = 100'000;
  for (std::uint64_t i = 1; i <= kNoted; ++i) fold(known, i, mark(i, static_cast<Millis>(i * 1'000)));
  ASSERT_EQ(known.marks.size(), kMaxMarks);
  EXPECT_EQ(known.marks.back(), mark(kNoted, kNoted * 1'000));
  double widest = 0;
  for (std::size_t i = 1; i + 1 < known.marks.size(); ++i) {
    const auto age = static_cast<double>(known.marks.back().at - known.marks[i].at);
    const auto apart = static_cast<double>(known.marks[i].at - known.marks[i - 1].at);
    if (age > 100'000) widest = std::max(widest, apart / age);
  }
  EXPECT_LT(widest, 0.06);
}

TEST(Marks, TheNewestOfAnAgeIsFound) {
  const Known known = with_marks({mark(1, 100), mark(2, 200), mark(3, 300)});
  EXPECT_EQ(newest_mark(known.marks, 99), nullptr);
  EXPECT_EQ(*newest_mark(known.marks, 200), mark(2, 200));
  EXPECT_EQ(*newest_mark(known.marks, 299), mark(2, 200));
  EXPECT_EQ(*newest_mark(known.marks, 9'999), mark(3, 300));
}

TEST(KeysUpto, IsTheLsnOfTheNewestMarkThatIsOldEnough) {
  const Known known = with_marks({mark(1, 100), mark(2, 200)});
  EXPECT_EQ(keys_upto(known, limits_of(1'000), 1'099), 0u);
  EXPECT_EQ(keys_upto(known, limits_of(1'000), 1'100), 10u);
  EXPECT_EQ(keys_upto(known, limits_of(1'000), 9'000), 20u);
}

TEST(DueHorizon, FollowsTheMarksByTime) {
  const Known known = with_marks({mark(10, 100), mark(20, 200)});
  EXPECT_EQ(due_horizon(known, limits_of(1'000), 1'099, {}), TransactionId{});
  EXPECT_EQ(due_horizon(known, limits_of(1'000), 1'199, {}), id_of(10));
  EXPECT_EQ(due_horizon(known, limits_of(1'000), 1'200, {}), id_of(20));
}

TEST(DueHorizon, NeverPassesWhatIsNotFinishedAndNeverGoesBack) {
  Known known = with_marks({mark(10, 100), mark(20, 200)});
  EXPECT_EQ(due_horizon(known, limits_of(1'000), 9'000, id_of(15)), id_of(15));
  fold(known, 1, fact::Horizon{id_of(12)});
  EXPECT_EQ(due_horizon(known, limits_of(1'000), 9'000, id_of(5)), id_of(12));
  EXPECT_EQ(due_horizon(known, limits_of(1'000), 0, {}), id_of(12));
}

TEST(DueHorizon, LeavesTheNewestCommitsOnly) {
  Known known = with_marks({});
  for (std::uint64_t i = 1; i <= 200'000; ++i) {
    if (i % 3 != 0) known.commits.add(i % 2 == 0 ? kFirst : kSecond, i);
  }
  const std::uint64_t all = known.commits.count();
  EXPECT_EQ(due_horizon(known, limits_of(1'000, all), 1'000, {}), TransactionId{});
  for (const std::uint64_t kept : {all - 1, all / 2 + 1, all / 2, std::uint64_t{1}, std::uint64_t{0}}) {
    fold(known, 1, fact::Horizon{due_horizon(known, limits_of(1'000, kept), 1'000, {})});
    EXPECT_EQ(known.commits.count(), kept);
  }
}

}  // namespace
}  // namespace troth::recovery
