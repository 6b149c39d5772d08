// Two branches that want the same row: one waits a while, or votes to abort.
#include <atomic>
#include <future>
#include <thread>

#include "tests/sdk/adapters/sqlite_fixture.h"

namespace troth::testing {
namespace {

using namespace std::chrono_literals;

class SqliteLock : public SqliteAdapter {
 protected:
  /// Counts runs of the work, so that a test can wait until a branch has met the lock.
  void wait_for(std::chrono::milliseconds wait, unsigned max_waiting = 2) {
    options_.lock_wait = wait;
    options_.max_waiting = max_waiting;
    work_ = [this](sqlite3* db, const Branch& of) {
      ++runs_;
      runs_.notify_all();
      return run_payload(db, of);
    };
    restart();
  }
  void until_runs(int count) {
    for (int seen = runs_; seen < count; seen = runs_) runs_.wait(seen);
  }
  std::future<std::string> prepare_beside(const Branch& of) {
    return std::async(std::launch::async, [this, of] { return prepare(of); });
  }

  std::atomic<int> runs_{0};
};

std::string locked(const std::string& row, std::uint64_t holder) {
  return row + " is locked by branch " + to_text(branch(holder).id);
}

TEST_F(SqliteLock, TheSecondBranchOnARowVotesAbortAndNamesTheHolder) {
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  EXPECT_EQ(prepare(branch(2, move(1, -30))), locked("account(1)", 1));
  EXPECT_EQ(prepare(branch(3, move(2, -30))), "commit");
}

TEST_F(SqliteLock, LocksHoldAcrossARestart) {
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  restart();
  EXPECT_EQ(prepare(branch(2, move(1, -30))), locked("account(1)", 1));
}

TEST_F(SqliteLock, ALockIsFreeAfterCommitAndAfterAbort) {
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  EXPECT_EQ(prepare(branch(2, move(1, -30))), "commit");
  EXPECT_EQ(resource_->abort(branch(2)), Ack::kAborted);
  EXPECT_EQ(prepare(branch(3, move(1, -30))), "commit");
}

TEST_F(SqliteLock, InsertsOfTheSameKeyAreTheSameRow) {
  EXPECT_EQ(prepare(branch(1, "INSERT INTO account VALUES (77, 1)")), "commit");
  EXPECT_EQ(prepare(branch(2, "INSERT INTO account VALUES (77, 2)")), locked("account(77)", 1));
}

TEST_F(SqliteLock, AKeyIsTheSameRowHoweverItIsWritten) {
  options_.schema += "CREATE TABLE IF NOT EXISTS t(a NOT NULL PRIMARY KEY) WITHOUT ROWID;";
  restart();
  EXPECT_EQ(prepare(branch(1, "INSERT INTO t VALUES (1)")), "commit");
  EXPECT_EQ(prepare(branch(2, "INSERT INTO t VALUES (1.0)")), locked("t(1)", 1));
  EXPECT_EQ(prepare(branch(3, "INSERT INTO t VALUES ('1')")), "commit");
  EXPECT_EQ(prepare(branch(4, "INSERT INTO t VALUES (x'31')")), "commit");
  EXPECT_EQ(prepare(branch(5, "INSERT INTO t VALUES ('it''s')")), "commit");
  EXPECT_EQ(prepare(branch(6, "INSERT INTO t VALUES ('it''s')")), locked("t('it''s')", 5));
  EXPECT_EQ(prepare(branch(7, "INSERT INTO t VALUES (1e17)")), "commit");
  EXPECT_EQ(prepare(branch(8, "INSERT INTO t VALUES (100000000000000000)")), locked("t(100000000000000000)", 7));
  EXPECT_EQ(prepare(branch(9, "INSERT INTO t VALUES (0.5), (1e300), (-0.0)")), "commit");
  EXPECT_EQ(prepare(branch(10, "INSERT INTO t VALUES (0)")), locked("t(0)", 9));
  for (const std::uint64_t sequence : {1, 3, 4, 5, 7, 9}) {
    EXPECT_EQ(resource_->commit(branch(sequence)), Ack::kCommitted);
  }
  EXPECT_EQ(count("t"), 8);
}

TEST_F(SqliteLock, AWaitingBranchGoesOnFromTheCommittedState) {
  wait_for(1min);
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  auto second = prepare_beside(branch(2, move(1, -30)));
  until_runs(2);
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  EXPECT_EQ(second.get(), "commit");
  EXPECT_EQ(resource_->commit(branch(2)), Ack::kCommitted);
  EXPECT_EQ(balance(1), 40);
}

TEST_F(SqliteLock, AWaitingBranchGoesOnWhenTheHolderAborts) {
  wait_for(1min);
  EXPECT_EQ(prepare(branch(1, move(1, -100))), "commit");
  auto second = prepare_beside(branch(2, move(1, -100)));
  until_runs(2);
  EXPECT_EQ(resource_->abort(branch(1)), Ack::kAborted);
  EXPECT_EQ(second.get(), "commit");
}

TEST_F(SqliteLock, OtherRowsAreServedWhileABranchWaits) {
  wait_for(1min);
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  auto second = prepare_beside(branch(2, move(1, -30)));
  until_runs(2);
  EXPECT_EQ(prepare(branch(3, move(2, -30))), "commit");
  EXPECT_EQ(resource_->commit(branch(3)), Ack::kCommitted);
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  EXPECT_EQ(second.get(), "commit");
}

TEST_F(SqliteLock, PatienceEnds) {
  wait_for(20ms);
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  EXPECT_EQ(prepare(branch(2, move(1, -30))), locked("account(1)", 1));
}

TEST_F(SqliteLock, MoreThanMaxWaitingVoteAbortAtOnce) {
  wait_for(1min, 1);
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  auto second = prepare_beside(branch(2, move(1, -30)));
  until_runs(2);
  EXPECT_EQ(prepare(branch(3, move(1, -30))), locked("account(1)", 1));
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  EXPECT_EQ(second.get(), "commit");
}

TEST_F(SqliteLock, AYoungerTransactionWaitsAnEighthAsLong) {
  wait_for(800ms);
  EXPECT_EQ(prepare(branch(5, move(1, -30))), "commit");
  const auto spent = [this](std::uint64_t sequence) {
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(prepare(branch(sequence, move(1, -30))), locked("account(1)", 5));
    return std::chrono::steady_clock::now() - begun;
  };
  EXPECT_LT(spent(6), 700ms);
  EXPECT_GE(spent(4), 800ms);
}

TEST_F(SqliteLock, AWaitingBranchGoesOnWhenTheHoldersDeadlineIsFoundToHavePassed) {
  wait_for(1min, 1);
  const auto work = [](sqlite3* db, const Branch&) -> Vote {
    sqlite_execute(db, "UPDATE account SET balance = 1 WHERE id IN (1, 2)");
    return Vote::kCommit;
  };
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(resource_->run(enlistment(1, 500ms), work).kind(), Vote::kCommit);
  Branch second = branch(2, move(1, -30));
  second.id.transaction.log = LogId{5};  // neither older nor younger than the holder: it waits the whole minute
  auto waiting = prepare_beside(second);
  until_runs(1);
  std::uint64_t other = 3;
  while (prepare(branch(other, move(2, -30))) != "commit") ++other;
  EXPECT_EQ(waiting.get(), "commit");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 30s);
}

TEST_F(SqliteLock, ABranchDoesNotWaitForOneOfItsOwnTransaction) {
  wait_for(1min);
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  Branch second = branch(1, move(1, -30));
  second.id.n = 2;
  EXPECT_EQ(prepare(second), locked("account(1)", 1));
}

TEST_F(SqliteLock, AWorkThatCallsItsOwnResourceIsRefused) {
  work_ = [this](sqlite3*, const Branch&) -> Vote { return resource_->prepare(branch(2, move(1, -30))); };
  restart();
  EXPECT_EQ(prepare(branch(1)), "the work of a branch called the resource it runs on");
}

TEST_F(SqliteLock, AWaitingBranchIsAnsweredWhenTheResourceCloses) {
  wait_for(1min);
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  auto second = std::async(std::launch::async,
                           [this] { EXPECT_THROW(resource_->prepare(branch(2, move(1, -30))), SqliteError); });
  until_runs(2);
  restart();
  second.get();
}

TEST_F(SqliteLock, ManyBranchesAtOnceLoseNoUpdate) {
  wait_for(1min, 100);
  std::vector<std::future<std::string>> all;
  for (std::uint64_t i = 1; i <= 24; ++i) {
    all.push_back(std::async(std::launch::async, [this, i] {
      const std::string vote = prepare(branch(i, move(1 + static_cast<int>(i % 3), 1)));
      if (vote == "commit") {
        EXPECT_EQ(resource_->commit(branch(i)), Ack::kCommitted);
      }
      return vote;
    }));
  }
  for (auto& one : all) EXPECT_EQ(one.get(), "commit");
  EXPECT_EQ(balance(1) + balance(2) + balance(3), 324);
}

}  // namespace
}  // namespace troth::testing
