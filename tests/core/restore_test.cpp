#include <gtest/gtest.h>

#include "tests/core/core_test_kit.h"

namespace troth::core::test {
namespace {

DecidedBranch listed(std::uint32_t n, const std::string& participant, Routing routing = Routing::kAny) {
  DecidedBranch branch;
  branch.n = n;
  branch.participant = participant;
  branch.instance = participant + "-1";
  branch.routing = routing;
  return branch;
}

DecidedBranch listed_callback(std::uint32_t n, const std::string& participant) {
  DecidedBranch branch = listed(n, participant);
  branch.instance.clear();
  branch.endpoint = "http://" + participant;
  return branch;
}

Stage restored(Transaction transaction) {
  Stage stage;
  stage.transaction = std::move(transaction);
  return stage;
}

Stage restored_commit(std::vector<DecidedBranch> branches, bool one_phase = false) {
  fact::CommitDecided decided;
  decided.id = some_id();
  decided.branches = std::move(branches);
  decided.one_phase = one_phase;
  return restored(restore(decided, Now{1'000, 5'000}));
}

TEST(Restore, CommitGoesOnAtTheSecondAttemptWhenItsParticipantConnects) {
  Stage stage = restored_commit({listed(1, "a"), listed(2, "b", Routing::kPinned)});
  EXPECT_EQ(stage.branch_of(1).instance, "") << "any instance may finish it";
  EXPECT_EQ(stage.branch_of(2).instance, "b-1");
  EXPECT_TRUE(is_in_doubt(stage.transaction, stage.branch_of(1)));
  stage.happen(event::Reachable{1});
  EXPECT_EQ(stage.effects<effect::SendCommit>().at(0).attempt, 2u);
  stage.ack(1, AckResult::kCommitted);
  stage.ack(2, AckResult::kCommitted);
  EXPECT_TRUE(stage.out.ended);
  EXPECT_TRUE(stage.out.facts.empty()) << "the decision is in the log already";
}

TEST(Restore, CommitWithNothingLeftToDoEndsAtTheFirstTick) {
  DecidedBranch read_only = listed(1, "a");
  read_only.read_only = true;
  for (Stage stage : {restored_commit({read_only}), restored_commit({listed(1, "a")}, true)}) {
    EXPECT_LE(wake_due(stage.transaction), stage.now.due);
    stage.happen(event::Tick{});
    EXPECT_TRUE(stage.out.ended);
    EXPECT_TRUE(stage.effects<effect::SendForget>().empty());
  }
}

TEST(Restore, NumbersThatTheRecordDoesNotHaveAreSettledAndHearAbort) {
  Stage stage = restored_commit({listed(3, "c")});
  ASSERT_EQ(stage.transaction.branches.size(), 3u);
  for (std::uint32_t n = 1; n <= 3; ++n) EXPECT_EQ(stage.branch_of(n).n, n);
  EXPECT_EQ(decision_for(stage.transaction, 2), DecisionKind::kAbort);
  stage.ack(3, AckResult::kCommitted);
  EXPECT_TRUE(stage.out.ended);
}

TEST(Restore, PreparedWithCallbacksComesBackAborting) {
  fact::PrepareStarted started;
  started.id = some_id();
  started.branches = {listed(1, "a"), listed_callback(2, "b")};
  Stage stage = restored(restore(started, Now{1'000, 5'000}));
  EXPECT_EQ(stage.transaction.abort_reason, AbortReason::kRestart);
  EXPECT_LE(wake_due(stage.transaction), stage.now.due);
  stage.happen(event::Tick{});
  ASSERT_EQ(stage.effects<effect::SendAbort>().size(), 1u);
  EXPECT_EQ(stage.effects<effect::SendAbort>()[0].attempt, 2u);
  stage.happen(event::Listed{1, "a", "a-1", "x"});
  EXPECT_EQ(stage.effects<effect::Decide>().at(0).decision, DecisionKind::kAbort);
  stage.ack(2, AckResult::kUnknownBranch);
  EXPECT_TRUE(stage.out.ended);
}

TEST(Restore, OnePhaseIsAskedAgainAndNeverPresumed) {
  fact::OnePhaseStarted started;
  started.id = some_id();
  started.branch = listed(1, "a");
  Stage stage = restored(restore(started, Now{1'000, 5'000}));
  EXPECT_EQ(wake_due(stage.transaction), std::numeric_limits<Millis>::max());
  stage.happen(event::Inquired{1, "a", "a-1"});
  EXPECT_EQ(stage.effects<effect::Decide>().at(0).decision, DecisionKind::kUndecided);
  stage.happen(event::Reachable{1});
  EXPECT_EQ(stage.effects<effect::SendOnePhase>().at(0).attempt, 2u);
  stage.ack(1, AckResult::kCommitted);
  EXPECT_EQ(stage.facts<fact::CommitDecided>().size(), 1u);
}

TEST(Restore, HeuristicsAndActsSettleTheirBranches) {
  Stage stage = restored_commit({listed(1, "a"), listed(2, "b")});
  fact::HeuristicReported reported;
  reported.branch = {some_id(), 1};
  reported.kind = HeuristicKind::kAbort;
  restore_heuristic(stage.transaction, reported);
  fact::OperatorActed acted;
  acted.branch = {some_id(), 2};
  acted.act = fact::OperatorAct::kSettledCommit;
  restore_act(stage.transaction, acted);
  EXPECT_EQ(heuristic_of(stage.transaction), HeuristicKind::kAbort);
  EXPECT_EQ(decision_for(stage.transaction, 2), DecisionKind::kUnknown);
  stage.happen(event::Tick{});
  EXPECT_EQ(stage.transaction.phase, Phase::kFinished);
}

}  // namespace
}  // namespace troth::core::test
