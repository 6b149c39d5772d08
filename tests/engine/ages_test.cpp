// The age of the oldest of many, against a multiset that is looked through.
#include "coordinator/engine/ages.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace troth::engine {
namespace {

Millis tenth(Millis since) {
  return since / 100 * 100;
}

TEST(Ages, NothingIsNoTime) {
  Ages ages;
  EXPECT_EQ(ages.oldest(), 0);
  ages.enter(12'345);
  EXPECT_EQ(ages.oldest(), 12'300);
  ages.leave(12'345);
  EXPECT_EQ(ages.oldest(), 0);
  ages.enter(500);
  EXPECT_EQ(ages.oldest(), 500) << "a clock that was set back";
}

TEST(Ages, OneThatStaysIsTheOldestWhateverComesAndGoesBesideIt) {
  Ages ages;
  ages.enter(1'000);
  for (Millis at = 2'000; at < 2'000'000; at += 37) {
    ages.enter(at);
    if (at > 2'000) ages.leave(at - 37);
    ASSERT_EQ(ages.oldest(), 1'000);
    ASSERT_LE(ages.size(), 8 + Ages::kSlack) << "nothing is kept of what has left";
  }
}

TEST(Ages, WhatHasNotEnteredDoesNotLeave) {
  Ages ages;
  ages.leave(1'000);
  ages.enter(1'000);
  ages.leave(2'000);
  ages.leave(500);
  EXPECT_EQ(ages.oldest(), 1'000);
  ages.leave(1'000);
  ages.leave(1'000);
  EXPECT_EQ(ages.oldest(), 0);
  ages.enter(1'000);
  EXPECT_EQ(ages.oldest(), 1'000);
}

TEST(Ages, AreThoseOfAMultisetInWhateverOrderTheyComeAndGo) {
  std::mt19937 random(20'261'121);
  for (int round = 0; round < 50; ++round) {
    Ages ages;
    std::multiset<Millis> model;
    Millis clock = 1'000'000;
    for (int i = 0; i < 2'000; ++i) {
      clock += static_cast<Millis>(random() % 300);
      if (model.empty() || random() % 100 < (i < 1'000 ? 60U : 40U)) {
        const Millis since = random() % 10 == 0 ? clock - static_cast<Millis>(random() % 500'000) : clock;
        ages.enter(since);
        model.insert(since);
      } else {
        auto gone = model.begin();
        if (random() % 3 != 0) std::advance(gone, static_cast<std::ptrdiff_t>(random() % model.size()));
        ages.leave(*gone);
        model.erase(gone);
      }
      ASSERT_EQ(ages.oldest(), model.empty() ? 0 : tenth(*model.begin())) << "round " << round << " step " << i;
    }
  }
}

}  // namespace
}  // namespace troth::engine
