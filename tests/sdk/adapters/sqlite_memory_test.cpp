// What is remembered of logs and of ended branches, and for how long.
#include <future>
#include <thread>

#include "tests/sdk/adapters/sqlite_fixture.h"

namespace troth::testing {
namespace {

class SqliteMemory : public SqliteAdapter {
 protected:
  void commit_some(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t i = first; i <= last; ++i) {
      EXPECT_EQ(prepare(branch(i, move(1, 1))), "commit");
      EXPECT_EQ(resource_->commit(branch(i)), Ack::kCommitted);
    }
  }
  /// What was asked with `forget` is done together with other work; each question is such work.
  void until_count(const std::string& what, int expected) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (count(what) != expected && std::chrono::steady_clock::now() < deadline) resource_->in_doubt();
    EXPECT_EQ(count(what), expected) << what;
  }
  static Seen seen(std::uint32_t epoch, std::uint32_t nonce, Lsn lsn) {
    Seen made;
    made.log = kLog;
    made.epoch = epoch;
    made.nonce = nonce;
    made.lsn = lsn;
    return made;
  }
  std::string known() {
    std::string text;
    for (const Seen& one : resource_->seen()) {
      text += to_text(one.log) + ":" + std::to_string(one.epoch) + ":" + std::to_string(one.nonce) + ":" +
              std::to_string(one.lsn) + " ";
    }
    return text;
  }
};

TEST_F(SqliteMemory, WhatWasSeenOfALogIsDurableAndNeverGoesBack) {
  const std::string log = to_text(kLog);
  EXPECT_EQ(known(), "");
  resource_->remember(seen(3, 33, 100));
  resource_->remember(seen(2, 22, 50));
  EXPECT_EQ(known(), log + ":3:33:100 ");
  resource_->remember(seen(3, 44, 150));
  EXPECT_EQ(known(), log + ":3:33:150 ");
  resource_->remember(seen(4, 44, 120));
  restart();
  EXPECT_EQ(known(), log + ":4:44:150 ");
}

TEST_F(SqliteMemory, ACommitKeepsTheLsnOfItsDecision) {
  resource_->remember(seen(3, 33, 100));
  EXPECT_EQ(prepare(branch(1, move(1, 1))), "commit");
  Branch decided = branch(1);
  decided.lsn = 170;
  EXPECT_EQ(resource_->commit(decided), Ack::kCommitted);
  restart();
  EXPECT_EQ(known(), to_text(kLog) + ":3:33:170 ");
}

TEST_F(SqliteMemory, LogsWithLargeIdsAreKeptApart) {
  Seen other = seen(9, 9, 9);
  other.log = LogId{0xffffffffffffffff};
  resource_->remember(seen(1, 1, 1));
  resource_->remember(other);
  EXPECT_EQ(resource_->seen().size(), 2u);
  EXPECT_NE(known().find(to_text(other.log) + ":9:9:9 "), std::string::npos);
}

TEST_F(SqliteMemory, ForgetDeletesTheMarkersOfEndedBranchesOnly) {
  commit_some(1, 3);
  EXPECT_EQ(resource_->abort(branch(4)), Ack::kAborted);
  EXPECT_EQ(resource_->commit_one_phase(branch(5, move(1, 1))), Ack::kCommitted);
  EXPECT_EQ(prepare(branch(6, move(2, 1))), "commit");
  std::vector<BranchId> ended;
  for (const std::uint64_t i : {1, 2, 4, 5, 6}) ended.push_back(branch(i).id);
  resource_->forget(ended, TransactionId{});
  until_count("troth_branch WHERE state = 2", 1);
  EXPECT_EQ(count("troth_branch"), 4);
  EXPECT_EQ(resource_->commit(branch(3)), Ack::kCommitted);
}

TEST_F(SqliteMemory, ForgetIsDoneWithinASecondAlsoWhenNothingElseHappens) {
  commit_some(1, 1);
  resource_->forget({branch(1).id}, TransactionId{});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (count("troth_branch") != 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(count("troth_branch"), 0);
}

TEST_F(SqliteMemory, BelowTheHorizonAllGoesButWhatIsPrepared) {
  commit_some(1, 2);
  EXPECT_EQ(resource_->abort(branch(3)), Ack::kAborted);
  EXPECT_EQ(prepare(branch(4, move(4, 1))), "commit");
  EXPECT_EQ(resource_->commit_one_phase(branch(5, move(5, 1))), Ack::kCommitted);
  EXPECT_EQ(resource_->abort(branch(9)), Ack::kAborted);
  resource_->forget({}, transaction(9));
  until_count("troth_branch", 2);
  EXPECT_EQ(resource_->in_doubt(), std::vector<BranchId>{branch(4).id});
  EXPECT_EQ(prepare(branch(9, move(9, 1))), "the branch was aborted before");
  EXPECT_EQ(resource_->commit(branch(4)), Ack::kCommitted);
}

TEST_F(SqliteMemory, APrepareBelowTheHorizonVotesAbortAlsoAfterARestart) {
  resource_->forget({}, transaction(9));
  until_count("troth_horizon", 1);
  restart();
  const std::string old = "the transaction is older than the horizon";
  EXPECT_EQ(prepare(branch(8, move(1, 1))), old);
  EXPECT_EQ(prepare(branch(9, move(1, 1))), "commit");
  Branch joined = branch(7);
  joined.joined = true;
  EXPECT_EQ(prepare(joined), old);
  EXPECT_EQ(resource_->commit_one_phase(branch(6, move(2, 1))), Ack::kAborted);
}

TEST_F(SqliteMemory, AnAbortBelowTheHorizonNeedsNoTombstone) {
  resource_->forget({}, transaction(9));
  until_count("troth_horizon", 1);
  EXPECT_EQ(resource_->abort(branch(3)), Ack::kAborted);
  EXPECT_EQ(count("troth_branch"), 0);
}

TEST_F(SqliteMemory, AHorizonNeverGoesBackAndIsForItsOwnLogOnly) {
  TransactionId foreign = transaction(50);
  foreign.log = LogId{5};
  resource_->forget({}, transaction(9));
  until_count("troth_horizon", 1);
  resource_->forget({}, transaction(4));
  resource_->forget({}, foreign);
  until_count("troth_horizon", 2);
  EXPECT_EQ(prepare(branch(8, move(1, 1))), "the transaction is older than the horizon");
  Branch other = branch(8, move(1, 1));
  other.id.transaction.log = LogId{6};
  EXPECT_EQ(prepare(other), "commit");
}

TEST_F(SqliteMemory, HorizonsOfSeveralLogsToldAtOnceAllCount) {
  EXPECT_EQ(resource_->abort(branch(3)), Ack::kAborted);
  TransactionId foreign = transaction(50);
  foreign.log = LogId{5};
  resource_->forget({}, transaction(9));
  resource_->forget({}, foreign);
  until_count("troth_horizon", 2);
  until_count("troth_branch", 0);
}

TEST_F(SqliteMemory, ALargeSweepGoesOnUntilAllIsGone) {
  std::vector<std::future<void>> all;
  for (std::uint64_t worker = 0; worker < 8; ++worker) {
    all.push_back(std::async(std::launch::async, [this, worker] {
      for (std::uint64_t i = 1; i <= 320; ++i) resource_->abort(branch(worker * 320 + i));
    }));
  }
  for (auto& one : all) one.get();
  EXPECT_EQ(count("troth_branch"), 2'560);
  resource_->forget({}, transaction(2'561));
  until_count("troth_branch", 0);
}

}  // namespace
}  // namespace troth::testing
