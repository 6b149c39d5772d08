#include <gtest/gtest.h>

#include "coordinator/core/actions.h"
#include "tests/core/core_test_kit.h"

namespace troth::core::test {
namespace {

Stage committing() {
  Stage stage({session("a"), session("b")});
  stage.commit();
  stage.vote(1, VoteKind::kCommit);
  stage.vote(2, VoteKind::kCommit);
  return stage;
}

event::Resolve resolve(std::uint32_t n, ResolveAction action) {
  return {kClient, n, action, "why", "me", false, false};
}

TEST(Operators, ResolveByTheDecisionSettlesWithoutAHeuristic) {
  Stage stage = committing();
  stage.happen(resolve(1, ResolveAction::kCommit));
  ASSERT_EQ(stage.facts<fact::OperatorActed>().size(), 1u);
  EXPECT_EQ(stage.facts<fact::OperatorActed>()[0].act, fact::OperatorAct::kSettledCommit);
  EXPECT_FALSE(stage.facts<fact::OperatorActed>()[0].contradicts);
  EXPECT_FALSE(heuristic_of(stage.transaction));
  EXPECT_EQ(decision_for(stage.transaction, 1), DecisionKind::kUnknown);
  EXPECT_EQ(decision_for(stage.transaction, 2), DecisionKind::kCommit);
}

TEST(Operators, ContradictingNeedsToBeSaid) {
  Stage stage = committing();
  event::Resolve against = resolve(1, ResolveAction::kAbort);
  stage.happen(against);
  EXPECT_EQ(stage.effects<effect::ReplyProblem>().at(0).slug, Slug::kActionRefused);
  against.heuristic = true;
  stage.happen(against);
  EXPECT_TRUE(stage.facts<fact::OperatorActed>().at(0).contradicts);
  EXPECT_EQ(heuristic_of(stage.transaction), HeuristicKind::kAbort);
  EXPECT_EQ(stage.transaction.outcome, Outcome::kCommitted);
}

TEST(Operators, DryRunChangesNothing) {
  Stage stage = committing();
  event::Resolve trial = resolve(1, ResolveAction::kAbort);
  trial.heuristic = trial.dry_run = true;
  const std::uint64_t revision = stage.transaction.revision;
  stage.happen(trial);
  ASSERT_EQ(stage.effects<effect::ReplyDryRun>().size(), 1u);
  EXPECT_EQ(stage.effects<effect::ReplyDryRun>()[0].warnings.size(), 2u);
  EXPECT_TRUE(stage.out.facts.empty());
  EXPECT_EQ(stage.transaction.revision, revision);
}

TEST(Operators, LastBranchSettledByHandEndsTheTransactionAndIsNotForgotten) {
  Stage stage = committing();
  stage.ack(1, AckResult::kCommitted);
  stage.happen(resolve(2, ResolveAction::kCommit));
  EXPECT_TRUE(stage.out.ended);
  ASSERT_EQ(stage.effects<effect::SendForget>().size(), 1u);
  EXPECT_EQ(stage.effects<effect::SendForget>()[0].n, 1u);
}

TEST(Operators, HeuristicIsShownUntilForgotten) {
  Stage stage = committing();
  stage.ack(1, AckResult::kCommitted);
  stage.ack(2, AckResult::kHeuristicMixed);
  EXPECT_EQ(stage.transaction.phase, Phase::kFinished);
  EXPECT_EQ(heuristic_of(stage.transaction), HeuristicKind::kMixed);
  stage.happen(resolve(2, ResolveAction::kForget));
  EXPECT_EQ(stage.facts<fact::OperatorActed>().at(0).act, fact::OperatorAct::kForgot);
  EXPECT_FALSE(heuristic_of(stage.transaction));
  EXPECT_EQ(stage.effects<effect::ReplyBranch>().at(0).status, 200);
}

TEST(Operators, RetiredParticipantsBranchesBecomeHazards) {
  Stage stage = committing();
  stage.ack(1, AckResult::kCommitted);
  stage.happen(event::Retire{"b", "burnt", "me"});
  EXPECT_EQ(stage.facts<fact::HeuristicReported>().size(), 1u);
  EXPECT_EQ(stage.facts<fact::OperatorActed>().at(0).act, fact::OperatorAct::kRetired);
  EXPECT_EQ(stage.transaction.phase, Phase::kFinished);
  EXPECT_EQ(decision_for(stage.transaction, 2), DecisionKind::kUnknown);
}

TEST(Operators, UnknownBranchNumberIsSaidSo) {
  Stage stage = committing();
  stage.happen(resolve(9, ResolveAction::kCommit));
  EXPECT_EQ(stage.effects<effect::ReplyProblem>().at(0).slug, Slug::kUnknownBranch);
  stage.happen(event::Retry{kClient, 9});
  EXPECT_EQ(stage.effects<effect::ReplyProblem>().at(0).slug, Slug::kUnknownBranch);
}

TEST(Operators, RetryOfAnUnreachableBranchSaysWhoMustConnect) {
  Stage stage = committing();
  stage.happen(event::Unreachable{1});
  stage.happen(event::Retry{kClient, 1});
  EXPECT_TRUE(stage.effects<effect::SendCommit>().empty());
  const auto refused = stage.effects<effect::ReplyProblem>();
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].slug, Slug::kActionRefused);
  EXPECT_EQ(refused[0].detail, why_not_retry(stage.transaction, stage.branch_of(1)));
  EXPECT_NE(refused[0].detail.find("a is not connected"), std::string::npos) << refused[0].detail;
}

TEST(Operators, AnAbortThatComesTooLateIsRefusedInTheWordsThatAreShown) {
  Stage stage = committing();
  stage.happen(event::Abort{kClient, kWaitUntil, AbortReason::kClient});
  const auto refused = stage.effects<effect::ReplyProblem>();
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].detail, why_not_abort(stage.transaction));
  EXPECT_EQ(refused[0].detail, "It is committed; that never changes.");
}

TEST(Operators, OnlyWhatIsAwaitedAndFailedOrGoneIsStuck) {
  Stage stage({session("a"), session("b"), callback("c")});
  stage.happen(event::Unreachable{1});
  EXPECT_EQ(attention_of(stage.transaction), std::nullopt) << "nobody was asked anything yet";
  stage.happen(event::Reachable{1});
  stage.commit();
  EXPECT_EQ(attention_of(stage.transaction), std::nullopt);
  stage.happen(event::AttemptFailed{3, "timeout", "no answer", 0});
  EXPECT_EQ(attention_of(stage.transaction), Attention::kUndecided);
  stage.vote(3, VoteKind::kCommit);
  EXPECT_EQ(attention_of(stage.transaction), std::nullopt) << "it answered";
  stage.vote(1, VoteKind::kCommit);
  stage.happen(event::Unreachable{1});
  EXPECT_EQ(attention_of(stage.transaction), Attention::kUndecided) << "in doubt, and gone";
  stage.vote(2, VoteKind::kCommit);
  EXPECT_EQ(attention_of(stage.transaction), Attention::kUndelivered);
  EXPECT_EQ(stage.branch_of(1).last_error->code, "not_connected");
  stage.happen(event::Reachable{1});
  EXPECT_EQ(attention_of(stage.transaction), Attention::kUndelivered) << "it has not acknowledged";
  stage.ack(1, AckResult::kCommitted);
  EXPECT_EQ(attention_of(stage.transaction), std::nullopt);
  EXPECT_EQ(stage.branch_of(1).last_error, nullptr);
  stage.ack(2, AckResult::kHeuristicAbort);
  EXPECT_EQ(attention_of(stage.transaction), Attention::kHeuristic);
}

TEST(Operators, MixedStandsAboveCommitAndAbortAndHazardIsLast) {
  Transaction transaction;
  transaction.branches.resize(2);
  transaction.branches[0].heuristic = HeuristicKind::kHazard;
  EXPECT_EQ(heuristic_of(transaction), HeuristicKind::kHazard);
  transaction.branches[1].heuristic = HeuristicKind::kAbort;
  EXPECT_EQ(heuristic_of(transaction), HeuristicKind::kAbort);
  transaction.branches[0].heuristic = HeuristicKind::kCommit;
  EXPECT_EQ(heuristic_of(transaction), HeuristicKind::kMixed);
}

}  // namespace
}  // namespace troth::core::test
