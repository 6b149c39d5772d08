#include "coordinator/engine/live_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace troth::engine {
namespace {

constexpr EpochId kPresent{5, 50};

TransactionId id_of(std::uint64_t sequence, EpochId epoch = kPresent) {
  return {LogId{1}, 0, epoch, sequence};
}

Live& add(LiveTable& table, const TransactionId& id) {
  Live& live = table.add(id);
  live.transaction.id = id;
  return live;
}

std::vector<TransactionId> walked(LiveTable& table, const TransactionId& after) {
  std::vector<TransactionId> ids;
  table.walk(after, [&](Live& live) {
    ids.push_back(live.transaction.id);
    return true;
  });
  return ids;
}

TEST(LiveTable, WalksOldEpochsFirstThenThisOneInOrder) {
  LiveTable table(id_of(0));
  const EpochId old{4, 40};
  add(table, id_of(9, old));
  add(table, id_of(2, old));
  add(table, id_of(1));
  add(table, id_of(2));
  EXPECT_EQ(walked(table, {}), (std::vector{id_of(2, old), id_of(9, old), id_of(1), id_of(2)}));
  EXPECT_EQ(walked(table, id_of(9, old)), (std::vector{id_of(1), id_of(2)}));
  EXPECT_EQ(walked(table, id_of(1)), std::vector{id_of(2)});
}

TEST(LiveTable, AStuckTransactionDoesNotHoldSlotsOpenForThoseAfterIt) {
  LiveTable table(id_of(0));
  add(table, id_of(1));
  for (std::uint64_t i = 2; i < 100'000; ++i) {
    add(table, id_of(i));
    table.erase(id_of(i));
  }
  ASSERT_NE(table.find(id_of(1)), nullptr);
  EXPECT_EQ(table.find(id_of(1))->transaction.id, id_of(1));
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(walked(table, {}), std::vector{id_of(1)});
}

TEST(LiveTable, AnIdThatLeftCanComeBackWithoutOpeningSlotsForAllAfterIt) {
  LiveTable table(id_of(0));
  for (std::uint64_t i = 1; i <= 100; ++i) {
    add(table, id_of(i));
    table.erase(id_of(i));
  }
  add(table, id_of(7));
  add(table, id_of(101));
  EXPECT_EQ(walked(table, {}), (std::vector{id_of(7), id_of(101)}));
  table.erase(id_of(7));
  EXPECT_EQ(table.find(id_of(7)), nullptr);
}

TEST(LiveTable, AnIdOfAnotherLogOrShardIsNotFound) {
  LiveTable table(id_of(0));
  add(table, id_of(1));
  auto foreign = id_of(1);
  foreign.log.value = 2;
  EXPECT_EQ(table.find(foreign), nullptr);
  foreign = id_of(1);
  foreign.shard = 1;
  EXPECT_EQ(table.find(foreign), nullptr);
}

TEST(LiveTable, AgreesWithAPlainMap) {
  std::mt19937 random(7);
  LiveTable table(id_of(0));
  std::set<TransactionId> model;
  std::uint64_t next = 1;
  for (int i = 0; i < 20'000; ++i) {
    if (model.empty() || random() % 100 < 52) {
      const auto id = id_of(next++);
      add(table, id);
      model.insert(id);
    } else {
      auto victim = model.begin();
      std::advance(victim, static_cast<long>(random() % std::min<std::size_t>(model.size(), 50)));
      table.erase(*victim);
      model.erase(victim);
    }
    ASSERT_EQ(table.size(), model.size());
    const auto probe = id_of(random() % next + 1);
    ASSERT_EQ(table.find(probe) != nullptr, model.count(probe) != 0);
  }
  EXPECT_EQ(walked(table, {}), std::vector<TransactionId>(model.begin(), model.end()));
}

}  // namespace
}  // namespace troth::engine
