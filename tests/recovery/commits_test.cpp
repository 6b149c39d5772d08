#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/recovery/history.h"

namespace troth::recovery {
namespace {

using testing::bits_of;
using testing::id_of;
using testing::kFirst;
using testing::kSecond;

TEST(Commits, RememberEachTransactionOnceAndNoOther) {
  Commits commits;
  commits.add(kFirst, 1);
  commits.add(kFirst, 1);
  commits.add(kSecond, 64);
  EXPECT_EQ(commits.count(), 2u);
  EXPECT_TRUE(commits.contains(kFirst, 1));
  EXPECT_TRUE(commits.contains(kSecond, 64));
  EXPECT_FALSE(commits.contains(kFirst, 64));
  EXPECT_FALSE(commits.contains(kSecond, 1));
  EXPECT_FALSE(commits.contains({3, 1}, 1));
}

TEST(Commits, AFarSequenceCostsAChunkAndOneThatCannotExistNothing) {
  Commits commits;
  commits.add(kFirst, 1);
  commits.add(kFirst, kMaxSequence);
  commits.add(kFirst, kMaxSequence + 1);
  commits.add_bits({kFirst, ~std::uint64_t{0}, "\xff"});
  EXPECT_EQ(commits.count(), 2u);
  EXPECT_TRUE(commits.contains(kFirst, kMaxSequence));
  std::size_t bytes = 0;
  for (const auto& fact : bits_of(commits)) bytes += fact.bits.size();
  EXPECT_EQ(bytes, 2u);
}

TEST(Commits, DropBeforeForgetsWhatIsBelowTheHorizonOnly) {
  Commits commits;
  std::set<std::uint64_t> kept;
  for (std::uint64_t sequence = 1; sequence < 200'000; sequence += 7) {
    commits.add(kFirst, sequence);
    commits.add(kSecond, sequence);
    if (sequence >= 100'003) kept.insert(sequence);
  }
  commits.drop_before(id_of(100'003, kSecond), [](EpochId) { return false; });
  EXPECT_EQ(commits.count(), kept.size());
  for (std::uint64_t sequence = 1; sequence < 200'000; ++sequence) {
    ASSERT_EQ(commits.contains(kSecond, sequence), kept.contains(sequence)) << sequence;
    ASSERT_FALSE(commits.contains(kFirst, sequence)) << sequence;
  }
}

TEST(Commits, DropBeforeLeavesAnEpochThatIsKept) {
  Commits commits;
  for (const EpochId epoch : {kFirst, kSecond, EpochId{3, 300}}) {
    for (std::uint64_t sequence = 1; sequence <= 100'000; ++sequence) commits.add(epoch, sequence);
  }
  commits.drop_before(id_of(50'001, {3, 300}), [](EpochId epoch) { return epoch == kSecond; });
  EXPECT_EQ(commits.count(), 150'000u);
  commits.drop_before(id_of(100'001, {3, 300}), [](EpochId epoch) { return epoch.epoch >= 2; });
  EXPECT_EQ(commits.count(), 150'000u);
  EXPECT_TRUE(commits.contains(kSecond, 1));
}

TEST(Commits, TheNewestBeginBehindTheOlderOnes) {
  Commits commits;
  EXPECT_FALSE(commits.begin_of_newest(0));
  std::vector<std::pair<EpochId, std::uint64_t>> all;
  std::mt19937_64 random(3);
  for (const EpochId epoch : {kFirst, kSecond}) {
    for (std::uint64_t sequence = 1 + random() % 3; all.size() % 1'000 != 999; sequence += 1 + random() % 90) {
      commits.add(epoch, sequence);
      all.emplace_back(epoch, sequence);
    }
    all.emplace_back(epoch, 200'000);
    commits.add(epoch, 200'000);
  }
  for (std::uint64_t older = 1; older <= all.size(); ++older) {
    const auto begin = commits.begin_of_newest(all.size() - older);
    ASSERT_TRUE(begin);
    const auto [epoch, sequence] = all[older - 1];
    ASSERT_EQ(begin->epoch, epoch);
    ASSERT_EQ(begin->sequence, sequence + 1);
  }
}

TEST(Commits, FactsMeanTheSameAndFitARecord) {
  std::mt19937_64 random(7);
  Commits commits;
  for (int i = 0; i < 5'000; ++i) commits.add(kFirst, random() % 3'000'000);
  for (std::uint64_t sequence = 1; sequence <= 600'000; ++sequence) commits.add(kSecond, sequence);
  Commits again;
  std::size_t bytes = 0;
  for (const auto& fact : bits_of(commits)) {
    EXPECT_LE(fact.bits.size(), 32'768u);
    bytes += fact.bits.size();
    again.add_bits(fact);
  }
  EXPECT_EQ(again.count(), commits.count());
  EXPECT_EQ(bits_of(again), bits_of(commits));
  EXPECT_LT(bytes, (3'000'000u + 600'000u) / 8 + 100);
}

}  // namespace
}  // namespace troth::recovery
