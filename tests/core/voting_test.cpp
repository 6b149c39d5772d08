#include <gtest/gtest.h>

#include "tests/core/core_test_kit.h"

namespace troth::core::test {
namespace {

Stage asked(const std::vector<Branch>& branches, ReplyTo reply = 0, Wait wait = Wait::kDecided) {
  Stage stage(branches);
  stage.commit(reply, wait);
  return stage;
}

TEST(Voting, LastCommitVoteRecordsTheDecisionAndTellsEveryBranch) {
  Stage stage = asked({session("a"), session("b")}, kClient);
  stage.vote(1, VoteKind::kCommit, "a-3");
  stage.vote(2, VoteKind::kCommit);
  ASSERT_EQ(stage.facts<fact::CommitDecided>().size(), 1u);
  EXPECT_EQ(stage.facts<fact::CommitDecided>()[0].branches.at(0).instance, "a-3");
  ASSERT_EQ(stage.effects<effect::SendCommit>().size(), 2u);
  EXPECT_EQ(stage.effects<effect::SendCommit>()[0].attempt, 1u);
  EXPECT_EQ(stage.effects<effect::ReplyTransaction>().at(0).status, 200);
}

TEST(Voting, ReadOnlyEverywhereIsCommittedRecordedAndOver) {
  Stage stage = asked({session("a"), session("b")}, kClient, Wait::kCompleted);
  stage.vote(1, VoteKind::kReadOnly);
  stage.vote(2, VoteKind::kReadOnly);
  ASSERT_EQ(stage.facts<fact::CommitDecided>().size(), 1u);
  EXPECT_TRUE(stage.facts<fact::CommitDecided>()[0].branches.at(0).read_only);
  EXPECT_EQ(stage.transaction.phase, Phase::kFinished);
  EXPECT_TRUE(stage.out.ended);
  EXPECT_TRUE(stage.effects<effect::SendForget>().empty());
  EXPECT_EQ(stage.effects<effect::ReplyTransaction>().size(), 1u);
}

TEST(Voting, ReadOnlyBranchIsNotToldTheDecision) {
  Stage stage = asked({session("a"), session("b")});
  stage.vote(1, VoteKind::kReadOnly);
  stage.vote(2, VoteKind::kCommit);
  ASSERT_EQ(stage.effects<effect::SendCommit>().size(), 1u);
  EXPECT_EQ(stage.effects<effect::SendCommit>()[0].n, 2u);
  EXPECT_EQ(decision_for(stage.transaction, 1), DecisionKind::kAbort);
  EXPECT_EQ(decision_for(stage.transaction, 2), DecisionKind::kCommit);
  EXPECT_EQ(decision_for(stage.transaction, 9), DecisionKind::kAbort);
}

TEST(Voting, AbortAfterItsOwnCommitVoteAbortsAndTheBranchHearsIt) {
  Stage stage = asked({session("a"), session("b")}, kClient);
  stage.vote(1, VoteKind::kCommit);
  stage.vote(1, VoteKind::kAbort);
  EXPECT_EQ(stage.transaction.abort_reason, AbortReason::kVote);
  EXPECT_EQ(stage.effects<effect::SendAbort>().size(), 2u);
  EXPECT_EQ(stage.effects<effect::ReplyProblem>().at(0).slug, Slug::kAborted);
}

TEST(Voting, RefusingBranchHearsNoAbort) {
  Stage stage = asked({session("a"), session("b")});
  stage.vote(1, VoteKind::kAbort);
  ASSERT_EQ(stage.effects<effect::SendAbort>().size(), 1u);
  EXPECT_EQ(stage.effects<effect::SendAbort>()[0].n, 2u);
  EXPECT_EQ(stage.branch_of(1).state, BranchState::kRefused);
}

TEST(Voting, AbortedCallbackIsToldUntilItAnswers) {
  Stage stage = asked({session("a"), callback("b")});
  stage.vote(1, VoteKind::kAbort);
  EXPECT_EQ(stage.transaction.phase, Phase::kAborting);
  EXPECT_FALSE(stage.out.ended);
  stage.ack(2, AckResult::kAborted);
  EXPECT_EQ(stage.transaction.phase, Phase::kFinished);
  EXPECT_TRUE(stage.out.ended) << "PrepareStarted must be closed";
}

TEST(Voting, VoteBeforeThePrepareLeftIsIgnored) {
  Branch away = session("a");
  away.reachable = false;
  Stage stage = asked({away});
  stage.vote(1, VoteKind::kReadOnly);
  EXPECT_FALSE(stage.transaction.outcome);
  stage.happen(event::Reachable{1});
  EXPECT_EQ(stage.effects<effect::SendPrepare>().at(0).attempt, 1u);
}

TEST(Voting, JoinedWorkIsVotedOnByItsOwnInstanceOnly) {
  Stage stage = asked({session("a", true)});
  stage.vote(1, VoteKind::kCommit, "a-2");
  EXPECT_FALSE(stage.transaction.outcome);
  stage.vote(1, VoteKind::kCommit, "a-1");
  EXPECT_EQ(stage.transaction.outcome, Outcome::kCommitted);
}

TEST(Voting, LateCommitVoteAfterAbortIsAnsweredAbort) {
  Stage stage = asked({session("a"), session("b")});
  stage.vote(1, VoteKind::kAbort);
  stage.vote(2, VoteKind::kCommit);
  ASSERT_EQ(stage.effects<effect::Decide>().size(), 1u);
  EXPECT_EQ(stage.effects<effect::Decide>()[0].decision, DecisionKind::kAbort);
}

TEST(Voting, PayloadIsDroppedAfterTheVote) {
  Branch carried = session("a");
  carried.payload = std::make_shared<const std::string>("{}");
  Stage stage = asked({carried, session("b")});
  ASSERT_NE(stage.branch_of(1).payload, nullptr);
  stage.vote(1, VoteKind::kCommit);
  EXPECT_EQ(stage.branch_of(1).payload, nullptr);
}

TEST(Voting, PreparedWorkOutlivesItsProcess) {
  Stage stage = asked({session("a", true), session("b")});
  stage.vote(1, VoteKind::kCommit);
  stage.happen(event::Reincarnated{"a", "a-1", "second"});
  EXPECT_FALSE(stage.transaction.outcome);
}

}  // namespace
}  // namespace troth::core::test
