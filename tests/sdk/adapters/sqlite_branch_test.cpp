// One branch from prepare to its end.
#include "tests/sdk/adapters/sqlite_fixture.h"

namespace troth::testing {
namespace {

using SqliteBranch = SqliteAdapter;

TEST_F(SqliteBranch, APreparedBranchIsSeenByNobodyAndSurvivesARestart) {
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  EXPECT_EQ(balance(1), 100);
  restart();
  EXPECT_EQ(balance(1), 100);
  EXPECT_EQ(resource_->in_doubt(), std::vector<BranchId>{branch(1).id});
}

TEST_F(SqliteBranch, CommitAfterARestartAppliesTheWorkOnceAndNamesNoBranchInDoubt) {
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  restart();
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  EXPECT_EQ(balance(1), 70);
  EXPECT_TRUE(resource_->in_doubt().empty());
  EXPECT_EQ(count("troth_lock"), 0);
}

TEST_F(SqliteBranch, AbortUndoesThePreparedWorkAndLeavesATombstone) {
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  EXPECT_EQ(resource_->abort(branch(1)), Ack::kAborted);
  EXPECT_EQ(balance(1), 100);
  EXPECT_EQ(count("troth_lock"), 0);
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "the branch was aborted before");
}

TEST_F(SqliteBranch, AbortOfABranchNeverHeardOfStopsItsLatePrepareAlsoAfterARestart) {
  EXPECT_EQ(resource_->abort(branch(1)), Ack::kAborted);
  restart();
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "the branch was aborted before");
}

TEST_F(SqliteBranch, CommitOfABranchNeverHeardOfSaysSoAndChangesNothing) {
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kUnknownBranch);
  EXPECT_EQ(count("troth_branch"), 0);
}

TEST_F(SqliteBranch, WorkThatChangesNothingIsReadOnlyAndLeavesNoTrace) {
  EXPECT_EQ(prepare(branch(1, "SELECT * FROM account")), "read_only");
  EXPECT_EQ(prepare(branch(2, "UPDATE account SET balance = 5 WHERE id = 999")), "read_only");
  EXPECT_EQ(count("troth_branch"), 0);
}

TEST_F(SqliteBranch, AFailedCheckIsARefusalWithTheReason) {
  EXPECT_EQ(prepare(branch(1, move(1, -101))), "CHECK constraint failed: balance >= 0");
  EXPECT_EQ(count("troth_branch") + count("troth_lock"), 0);
}

TEST_F(SqliteBranch, AThrowingWorkIsARefusalAndTheNextBranchIsServed) {
  work_ = [](sqlite3*, const Branch& of) -> Vote {
    if (of.payload == "throw") throw 7;
    return {Vote::kAbort, "not today"};
  };
  restart();
  EXPECT_EQ(prepare(branch(1, "throw")), "the work of the branch threw something unknown");
  EXPECT_EQ(prepare(branch(2)), "not today");
}

TEST_F(SqliteBranch, ARepeatedPrepareRepeatsItsAnswerAndDoesNotRunAgain) {
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  EXPECT_EQ(balance(1), 70);
  EXPECT_TRUE(resource_->in_doubt().empty());
}

TEST_F(SqliteBranch, ASecondAttemptWithoutATraceIsARefusal) {
  Branch again = branch(1, move(1, -30));
  again.attempt = 2;
  EXPECT_EQ(prepare(again), "asked again, and no trace of the branch is here: its work does not run twice");
}

TEST_F(SqliteBranch, InsertsDeletesAndChangedKeysAreAppliedAtCommit) {
  EXPECT_EQ(prepare(branch(1, "INSERT INTO account VALUES (50, 5)")), "commit");
  EXPECT_EQ(prepare(branch(2, "DELETE FROM account WHERE id = 2")), "commit");
  EXPECT_EQ(prepare(branch(3, "UPDATE account SET id = 60 WHERE id = 3")), "commit");
  EXPECT_EQ(count("account"), 10);
  EXPECT_EQ(count("troth_lock"), 4);
  for (const std::uint64_t sequence : {1, 2, 3}) EXPECT_EQ(resource_->commit(branch(sequence)), Ack::kCommitted);
  EXPECT_EQ(count("account"), 10);
  EXPECT_EQ(balance(50), 5);
  EXPECT_EQ(balance(60), 100);
  EXPECT_EQ(count("account WHERE id IN (2, 3)"), 0);
}

TEST_F(SqliteBranch, AReplacedRowAndAnUpsertAreChangesOfThatRow) {
  EXPECT_EQ(prepare(branch(1, "INSERT OR REPLACE INTO account VALUES (1, 5)")), "commit");
  EXPECT_EQ(prepare(branch(2, "INSERT INTO account VALUES (2, 1) ON CONFLICT(id) DO UPDATE SET balance = 7")),
            "commit");
  EXPECT_EQ(count("troth_lock"), 2);
  for (const std::uint64_t sequence : {1, 2}) EXPECT_EQ(resource_->commit(branch(sequence)), Ack::kCommitted);
  EXPECT_EQ(balance(1), 5);
  EXPECT_EQ(balance(2), 7);
}

TEST_F(SqliteBranch, AKeyThatSqliteGaveStaysTheBranchs) {
  options_.schema += "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY AUTOINCREMENT, b);";
  restart();
  EXPECT_EQ(prepare(branch(1, "INSERT INTO t(b) VALUES ('first')")), "commit");
  EXPECT_EQ(prepare(branch(2, "INSERT INTO t(b) VALUES ('second')")),
            "t(1) is locked by branch " + to_text(branch(1).id));
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  EXPECT_EQ(prepare(branch(3, "INSERT INTO t(b) VALUES ('third')")), "commit");
  EXPECT_EQ(resource_->commit(branch(3)), Ack::kCommitted);
  EXPECT_EQ(read("SELECT a FROM t WHERE b = 'third'"), "2");
}

TEST_F(SqliteBranch, DeletingAllRowsIsRecordedRowByRow) {
  EXPECT_EQ(prepare(branch(1, "DELETE FROM account")), "commit");
  EXPECT_EQ(count("troth_lock"), 10);
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  EXPECT_EQ(count("account"), 0);
}

TEST_F(SqliteBranch, ARowChangedBehindTheAdaptersBackIsAHeuristicAbortThatStays) {
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  sqlite3* intruder = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &intruder), SQLITE_OK);
  sqlite_execute(intruder, "UPDATE account SET balance = 5 WHERE id = 1");
  sqlite3_close(intruder);
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kHeuristicAbort);
  restart();
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kHeuristicAbort);
  EXPECT_EQ(balance(1), 5);
  EXPECT_EQ(read("SELECT note FROM troth_branch"), "account(1) has other values than the branch saw");
}

TEST_F(SqliteBranch, AChangesetAboveTheLimitIsRefused) {
  options_.max_changeset_bytes = 40;
  restart();
  EXPECT_EQ(prepare(branch(1, "UPDATE account SET balance = balance + 1")), "the branch changes more than 40 bytes");
}

TEST_F(SqliteBranch, ASecondResourceOnTheSameFileIsRefused) {
  EXPECT_THROW(SqliteResource(path(), run_payload, options_), SqliteError);
}

TEST_F(SqliteBranch, AFileThatIsNoDatabaseIsRefusedWithItsName) {
  const std::string other = dir_.file("other.db");
  {
    std::FILE* file = std::fopen(other.c_str(), "w");
    std::fputs("this is a text and long enough to be looked at as if it were a database header, is it not?", file);
    std::fclose(file);
  }
  EXPECT_THROW(SqliteResource(other, run_payload), SqliteError);
}

TEST_F(SqliteBranch, OnePhaseCommitsInOneGoAndAnswersAgainFromItsMarker) {
  EXPECT_EQ(resource_->commit_one_phase(branch(1, move(1, -30))), Ack::kCommitted);
  EXPECT_EQ(balance(1), 70);
  restart();
  Branch again = branch(1);
  again.attempt = 2;
  EXPECT_EQ(resource_->commit_one_phase(again), Ack::kCommitted);
  EXPECT_EQ(balance(1), 70);
}

TEST_F(SqliteBranch, OnePhaseAskedAgainWithoutAMarkerIsAbortedForGood) {
  Branch again = branch(1, move(1, -30));
  again.attempt = 2;
  EXPECT_EQ(resource_->commit_one_phase(again), Ack::kAborted);
  EXPECT_EQ(resource_->commit_one_phase(branch(1, move(1, -30))), Ack::kAborted);
  EXPECT_EQ(balance(1), 100);
}

TEST_F(SqliteBranch, OnePhaseRefusedByACheckIsAborted) {
  EXPECT_EQ(resource_->commit_one_phase(branch(1, move(1, -101))), Ack::kAborted);
  EXPECT_EQ(balance(1), 100);
}

}  // namespace
}  // namespace troth::testing
