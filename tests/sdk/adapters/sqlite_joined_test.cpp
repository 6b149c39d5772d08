// Work done as part of an enlistment, before prepare.
#include "tests/sdk/adapters/sqlite_fixture.h"

namespace troth::testing {
namespace {

using namespace std::chrono_literals;

class SqliteJoined : public SqliteAdapter {
 protected:
  /// Runs `sql` in the joined branch `sequence`; "commit" or the reason of the refusal.
  std::string run(std::uint64_t sequence, const std::string& sql, std::chrono::milliseconds deadline = 1min) {
    const auto work = [&sql](sqlite3* db, const Branch&) -> Vote {
      sqlite_execute(db, sql);
      return Vote::kCommit;
    };
    const Vote vote = resource_->run(enlistment(sequence, deadline), work);
    return vote.kind() == Vote::kCommit ? "commit" : vote.reason();
  }
  static Branch joined(std::uint64_t sequence) {
    Branch made = branch(sequence);
    made.joined = true;
    return made;
  }
};

TEST_F(SqliteJoined, SeveralRunsAreOneBranchAndEachSeesTheEarlierOnes) {
  EXPECT_EQ(run(1, "UPDATE account SET balance = balance * 2 WHERE id = 1"), "commit");
  EXPECT_EQ(run(1, "UPDATE account SET balance = balance + 1 WHERE id = 1"), "commit");
  EXPECT_EQ(run(1, "UPDATE account SET balance = (SELECT balance FROM account WHERE id = 1) WHERE id = 2"), "commit");
  EXPECT_EQ(balance(1), 100);
  EXPECT_EQ(prepare(joined(1)), "commit");
  restart();
  EXPECT_EQ(resource_->commit(joined(1)), Ack::kCommitted);
  EXPECT_EQ(balance(1), 201);
  EXPECT_EQ(balance(2), 201);
}

TEST_F(SqliteJoined, ARefusedRunLeavesTheEarlierOnesStanding) {
  EXPECT_EQ(run(1, move(1, -30)), "commit");
  EXPECT_EQ(run(1, move(1, -71)), "CHECK constraint failed: balance >= 0");
  EXPECT_EQ(prepare(joined(1)), "commit");
  EXPECT_EQ(resource_->commit(joined(1)), Ack::kCommitted);
  EXPECT_EQ(balance(1), 70);
}

TEST_F(SqliteJoined, RowsAreLockedBeforePrepareAndFreeAfterAbort) {
  EXPECT_EQ(run(1, move(1, -30)), "commit");
  const std::string held = "account(1) is locked by branch " + to_text(branch(1).id);
  EXPECT_EQ(run(2, move(1, -30)), held);
  EXPECT_EQ(prepare(branch(3, move(1, -30))), held);
  EXPECT_EQ(resource_->abort(joined(1)), Ack::kAborted);
  EXPECT_EQ(prepare(branch(4, move(1, -30))), "commit");
  EXPECT_EQ(prepare(joined(1)), "the branch was aborted before");
  EXPECT_EQ(run(1, move(2, -30)), "the branch is prepared or ended already");
}

TEST_F(SqliteJoined, WorkLostInARestartIsARefusalNeverReadOnly) {
  EXPECT_EQ(run(1, move(1, -30)), "commit");
  restart();
  EXPECT_EQ(prepare(joined(1)),
            "the work of the joined branch is not here: this process was started again since, or it was late");
}

TEST_F(SqliteJoined, WorkPastItsDeadlineIsDroppedAndItsRowsAreFree) {
  EXPECT_EQ(run(1, move(1, -30), 0ms), "commit");
  EXPECT_EQ(prepare(joined(1)), "the work of the joined branch has passed its deadline");
  EXPECT_EQ(run(2, move(1, -30), 0ms), "commit");
  EXPECT_EQ(prepare(branch(3, move(1, -30))), "commit");
}

TEST_F(SqliteJoined, WorkAfterALostHalfIsRefusedUntilThePrepareIs) {
  EXPECT_EQ(run(1, move(1, -30), 0ms), "commit");
  EXPECT_EQ(prepare(branch(2, move(1, -30))), "commit");
  const std::string late = "the work of the joined branch has passed its deadline";
  EXPECT_EQ(run(1, move(3, 30)), late);
  EXPECT_EQ(prepare(joined(1)), late);
  EXPECT_EQ(run(4, move(4, 1), 0ms), "commit");
  EXPECT_EQ(run(4, move(4, 1)), late);
  EXPECT_EQ(resource_->commit_one_phase(joined(4)), Ack::kAborted);
}

TEST_F(SqliteJoined, WorkThatOnlyReadIsReadOnly) {
  EXPECT_EQ(run(1, "SELECT * FROM account"), "commit");
  EXPECT_EQ(prepare(joined(1)), "read_only");
}

TEST_F(SqliteJoined, OnePhaseCommitsTheJoinedWork) {
  EXPECT_EQ(run(1, move(1, -30)), "commit");
  EXPECT_EQ(resource_->commit_one_phase(joined(1)), Ack::kCommitted);
  EXPECT_EQ(balance(1), 70);
  EXPECT_EQ(prepare(branch(2, move(1, -30))), "commit");
}

}  // namespace
}  // namespace troth::testing
