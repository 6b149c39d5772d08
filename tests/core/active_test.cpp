#include <gtest/gtest.h>

#include "tests/core/core_test_kit.h"

namespace troth::core::test {
namespace {

TEST(Active, CommitWithoutBranchesIsRefusedAndTheTransactionStaysActive) {
  Stage stage;
  stage.commit(kClient);
  ASSERT_EQ(stage.effects<effect::ReplyProblem>().size(), 1u);
  EXPECT_EQ(stage.effects<effect::ReplyProblem>()[0].slug, Slug::kNoBranches);
  EXPECT_EQ(stage.transaction.phase, Phase::kActive);
}

TEST(Active, AnotherBranchCountAborts) {
  Stage stage({session("a")});
  stage.happen(event::Commit{kClient, Wait::kDecided, kWaitUntil, 2});
  EXPECT_EQ(stage.transaction.abort_reason, AbortReason::kBranchCount);
  ASSERT_EQ(stage.effects<effect::ReplyProblem>().size(), 1u);
  EXPECT_EQ(stage.effects<effect::ReplyProblem>()[0].slug, Slug::kAborted);
  EXPECT_TRUE(stage.effects<effect::ReplyProblem>()[0].with_transaction);
  EXPECT_TRUE(stage.out.facts.empty());
  EXPECT_FALSE(stage.out.ended);
}

TEST(Active, SameBranchFromAnotherInstanceIsAnotherBranch) {
  Stage stage({session("a", true)});
  Branch other = session("a", true);
  other.instance = "a-2";
  stage.happen(enlist(other));
  EXPECT_EQ(stage.transaction.branches.size(), 2u);
  EXPECT_EQ(stage.effects<effect::ReplyBranch>().at(0).status, 201);
}

TEST(Active, JoinedAndHttpBranchesOfOneKeyAreTwo) {
  Stage stage({session("a", true)});
  stage.happen(enlist(session("a")));
  EXPECT_EQ(stage.transaction.branches.size(), 2u);
}

TEST(Active, NewIncarnationMakesItAbortOnlyWithItsReason) {
  Stage stage({session("a", true), session("b")});
  stage.happen(event::Reincarnated{"a", "a-1", "second"});
  EXPECT_TRUE(stage.transaction.abort_only);
  stage.commit(kClient);
  EXPECT_EQ(stage.transaction.outcome, Outcome::kAborted);
  EXPECT_EQ(stage.transaction.abort_reason, AbortReason::kIncarnation);
}

TEST(Active, AnotherKeyFromANewIncarnationIsRefusedToo) {
  Stage stage({session("a", true)});
  Branch newer = session("a", true);
  newer.key = "other";
  newer.incarnation = "second";
  stage.happen(enlist(newer));
  EXPECT_EQ(stage.effects<effect::ReplyProblem>().at(0).slug, Slug::kAborted);
  EXPECT_TRUE(stage.transaction.abort_only);
}

TEST(Active, TooManyBranchesAreRefused) {
  Stage stage({session("a")});
  stage.happen(event::Enlist{kClient, session("b"), 1});
  EXPECT_EQ(stage.effects<effect::ReplyProblem>().at(0).slug, Slug::kTooManyBranches);
  EXPECT_EQ(stage.transaction.branches.size(), 1u);
}

TEST(Active, AbortGoesOnlyToBranchesThatMayKnow) {
  Stage stage({session("a", true), session("b"), callback("c")});
  stage.happen(event::Abort{kClient, kWaitUntil, AbortReason::kClient});
  ASSERT_EQ(stage.effects<effect::SendAbort>().size(), 1u);
  EXPECT_EQ(stage.effects<effect::SendAbort>()[0].n, 1u);
  EXPECT_EQ(stage.transaction.phase, Phase::kFinished);
  EXPECT_EQ(stage.effects<effect::ReplyTransaction>().at(0).status, 200);
}

TEST(Active, KeyedAbortIsRecorded) {
  Stage stage({session("a")});
  stage.transaction.origin.key = "k";
  stage.happen(event::Abort{kClient, kWaitUntil, AbortReason::kClient});
  ASSERT_EQ(stage.facts<fact::AbortTold>().size(), 1u);
  EXPECT_EQ(stage.facts<fact::AbortTold>()[0].origin.key, "k");
  EXPECT_FALSE(stage.out.ended);
}

TEST(Active, CallbacksForcePrepareStartedWithEveryBranch) {
  Stage stage({session("a"), callback("b")});
  stage.commit();
  ASSERT_EQ(stage.facts<fact::PrepareStarted>().size(), 1u);
  EXPECT_EQ(stage.facts<fact::PrepareStarted>()[0].branches.size(), 2u);
  EXPECT_EQ(stage.effects<effect::SendPrepare>().size(), 2u);
}

TEST(Active, SessionsAloneForceNothingBeforeTheDecision) {
  Stage stage({session("a"), session("b")});
  stage.commit();
  EXPECT_TRUE(stage.out.facts.empty());
  EXPECT_EQ(stage.effects<effect::SendPrepare>().size(), 2u);
}

}  // namespace
}  // namespace troth::core::test
