#include <gtest/gtest.h>

#include "tests/core/core_test_kit.h"

namespace troth::core::test {
namespace {

Stage started(ReplyTo reply = 0) {
  Stage stage({session("a")});
  stage.transaction.one_phase_wanted = true;
  stage.commit(reply);
  return stage;
}

TEST(OnePhase, StartIsForcedBeforeTheMessage) {
  const Stage stage = started();
  EXPECT_EQ(stage.facts<fact::OnePhaseStarted>().size(), 1u);
  ASSERT_EQ(stage.effects<effect::SendOnePhase>().size(), 1u);
  EXPECT_EQ(stage.effects<effect::SendOnePhase>()[0].attempt, 1u);
}

TEST(OnePhase, TwoBranchesOrACallbackAreOrdinaryTwoPhaseCommit) {
  for (const auto& branches : {std::vector<Branch>{session("a"), session("b")}, std::vector<Branch>{callback("a")}}) {
    Stage stage(branches);
    stage.transaction.one_phase_wanted = true;
    stage.commit();
    EXPECT_FALSE(stage.transaction.one_phase_started);
    EXPECT_EQ(stage.effects<effect::SendPrepare>().size(), branches.size());
  }
}

TEST(OnePhase, NeitherDeadlineNorClientNorNewIncarnationAborts) {
  Stage stage = started();
  stage.happen(event::Abort{kClient, kWaitUntil, AbortReason::kClient});
  EXPECT_TRUE(stage.out.effects.empty());
  stage.now.due = kDeadline + 1;
  stage.happen(event::Tick{});
  EXPECT_EQ(stage.effects<effect::ReplyTransaction>().at(0).status, 202);
  stage.happen(event::Reincarnated{"a", "a-1", "second"});
  EXPECT_FALSE(stage.transaction.outcome);
}

TEST(OnePhase, CommittedForcesTheDecisionAndEndsWithoutForget) {
  Stage stage = started(kClient);
  stage.ack(1, AckResult::kCommitted);
  ASSERT_EQ(stage.facts<fact::CommitDecided>().size(), 1u);
  EXPECT_TRUE(stage.facts<fact::CommitDecided>()[0].one_phase);
  EXPECT_TRUE(stage.out.ended);
  ASSERT_EQ(stage.out.effects.size(), 1u);
  EXPECT_EQ(stage.effects<effect::ReplyTransaction>().at(0).status, 200);
}

TEST(OnePhase, WhoAskedToAbortHearsThatItCommitted) {
  Stage stage = started();
  stage.happen(event::Abort{kClient, kWaitUntil, AbortReason::kClient});
  stage.ack(1, AckResult::kCommitted);
  EXPECT_EQ(stage.effects<effect::ReplyProblem>().at(0).slug, Slug::kCommitted);
}

TEST(OnePhase, AbortedIsClosedByEnded) {
  Stage stage = started(kClient);
  stage.ack(1, AckResult::kAborted);
  EXPECT_EQ(stage.transaction.outcome, Outcome::kAborted);
  EXPECT_TRUE(stage.out.ended);
  EXPECT_TRUE(stage.effects<effect::SendAbort>().empty());
  EXPECT_EQ(stage.effects<effect::ReplyProblem>().at(0).slug, Slug::kAborted);
}

TEST(OnePhase, UnknownBranchIsNoAnswerAndIsAskedAgain) {
  Stage stage = started();
  stage.ack(1, AckResult::kUnknownBranch);
  EXPECT_FALSE(stage.transaction.outcome);
  stage.happen(event::Reachable{1});
  EXPECT_EQ(stage.effects<effect::SendOnePhase>().at(0).attempt, 2u);
}

TEST(OnePhase, RetiredParticipantLeavesAHazardBesideAborted) {
  Stage stage = started(kClient);
  stage.happen(event::Retire{"a", "gone", "operator"});
  EXPECT_EQ(stage.transaction.outcome, Outcome::kAborted);
  EXPECT_EQ(heuristic_of(stage.transaction), HeuristicKind::kHazard);
  EXPECT_EQ(stage.facts<fact::OperatorActed>().size(), 1u);
  EXPECT_TRUE(stage.effects<effect::SendAbort>().empty());
  EXPECT_TRUE(stage.out.ended);
}

}  // namespace
}  // namespace troth::core::test
