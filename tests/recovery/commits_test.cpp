#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/recovery/history.h"

namespace troth::recovery {
namespace {

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
  for (const auto& fact : commits.to_facts()) bytes += fact.bits.size();
  EXPECT_EQ(bytes, 2u);
}

TEST(Commits, RemoveTakesBackExactlyOne) {
  Commits commits;
  commits.add(kFirst, 7);
  commits.add(kFirst, 8);
  commits.remove(kFirst, 7);
  commits.remove(kFirst, 7);
  commits.remove(kSecond, 8);
  EXPECT_EQ(commits.count(), 1u);
  EXPECT_FALSE(commits.contains(kFirst, 7));
  EXPECT_TRUE(commits.contains(kFirst, 8));
}

TEST(Commits, DropBeforeForgetsWhatIsBelowTheHorizonOnly) {
  Commits commits;
  std::set<std::uint64_t> kept;
  for (std::uint64_t sequence = 1; sequence < 200'000; sequence += 7) {
    commits.add(kFirst, sequence);
    commits.add(kSecond, sequence);
    if (sequence >= 100'003) kept.insert(sequence);
  }
  commits.drop_before(id_of(100'003, kSecond));
  EXPECT_EQ(commits.count(), kept.size());
  for (std::uint64_t sequence = 1; sequence < 200'000; ++sequence) {
    ASSERT_EQ(commits.contains(kSecond, sequence), kept.contains(sequence)) << sequence;
    ASSERT_FALSE(commits.contains(kFirst, sequence)) << sequence;
  }
}

TEST(Commits, FactsMeanTheSameAndFitARecord) {
  std::mt19937_64 random(7);
  Commits commits;
  for (int i = 0; i < 5'000; ++i) commits.add(kFirst, random() % 3'000'000);
  for (std::uint64_t sequence = 1; sequence <= 600'000; ++sequence) commits.add(kSecond, sequence);
  Commits again;
  std::size_t bytes = 0;
  for (const auto& fact : commits.to_facts()) {
    EXPECT_LE(fact.bits.size(), 32'768u);
    bytes += fact.bits.size();
    again.add_bits(fact);
  }
  EXPECT_EQ(again.count(), commits.count());
  EXPECT_EQ(again.to_facts(), commits.to_facts());
  EXPECT_LT(bytes, (3'000'000u + 600'000u) / 8 + 100);
}

}  // namespace
}  // namespace troth::recovery
