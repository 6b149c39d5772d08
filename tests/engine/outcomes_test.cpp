// What followers of the outcomes hear: each outcome once, and of a start the same as of live traffic.
#include "coordinator/engine/outcomes.h"

#include <gtest/gtest.h>

#include "tests/engine/desk.h"

namespace troth::test {
namespace {

std::vector<OutcomeView> told(const World& world) {
  std::vector<OutcomeView> outcomes;
  for (const auto& message : world.sent) {
    const auto* some = std::get_if<engine::OutcomesTold>(&message);
    if (some != nullptr) outcomes.insert(outcomes.end(), some->outcomes.begin(), some->outcomes.end());
  }
  return outcomes;
}

/// What a start hears of the records after `lsn`.
std::vector<OutcomeView> replayed(const World& world, Lsn lsn) {
  std::vector<OutcomeView> outcomes;
  for (Lsn at = lsn + 1; at <= world.log.records().size(); ++at) {
    const auto& record = world.log.records()[at - 1];
    const auto fact = codec::decode_fact(record.kind, record.body);
    auto outcome = fact ? engine::outcome_of(*fact, at) : std::nullopt;
    if (outcome) outcomes.push_back(std::move(*outcome));
  }
  return outcomes;
}

TEST(Outcomes, ARetiredBranchIsToldOnceLiveAndByAStart) {
  Desk desk;
  const TransactionId id = desk.decided({"bank-a", "bank-b"});
  desk.sent.clear();
  const Lsn before = desk.log.records().size();
  desk.ask(request::RetireParticipant{"bank-b", "burnt down", false});
  const auto live = told(desk);
  ASSERT_EQ(live.size(), 1u);
  EXPECT_EQ(live[0].transaction, id);
  EXPECT_EQ(live[0].branch, 2u);
  EXPECT_EQ(live[0].heuristic, HeuristicKind::kHazard);
  EXPECT_EQ(live[0].outcome, Outcome::kCommitted);
  const auto again = replayed(desk, before);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].lsn, live[0].lsn);
}

TEST(Outcomes, ABranchThatIsSettledAgainstTheDecisionIsTold) {
  Desk desk;
  const TransactionId id = desk.decided({"bank-a"});
  desk.sent.clear();
  desk.ask(desk.resolve({id, 1}, ResolveAction::kAbort, true));
  const auto live = told(desk);
  ASSERT_EQ(live.size(), 1u);
  EXPECT_EQ(live[0].heuristic, HeuristicKind::kAbort);
}

TransactionId some_id() {
  return {World::kLog, 0, {3, 33}, 7};
}

/// What is told of a heuristic of `some_id` at a start that knows this.
std::optional<Outcome> outcome_by(const recovery::Known& known) {
  OutcomeView view;
  view.transaction = some_id();
  view.heuristic = HeuristicKind::kMixed;
  view.branch = 1;
  engine::complete(view, known);
  return view.outcome;
}

TEST(Outcomes, OfACommitThatOnlyItsHeuristicKeepsIsStillACommit) {
  recovery::Known known;
  EXPECT_EQ(outcome_by(known), Outcome::kAborted);
  fact::CommitDecided decided;
  decided.id = some_id();
  known.live.emplace(some_id(), decided);
  EXPECT_EQ(outcome_by(known), Outcome::kCommitted) << "live";
  known.live.clear();
  known.details[some_id()].decided = decided;
  EXPECT_EQ(outcome_by(known), Outcome::kCommitted) << "ended, its bit below the horizon";
}

TEST(Outcomes, OfWhatAStartAbortsIsAnAbortAndOnlyWhatItLeavesOpenIsOpen) {
  recovery::Known known;
  fact::PrepareStarted prepared;
  prepared.id = some_id();
  known.live.emplace(some_id(), prepared);
  EXPECT_EQ(outcome_by(known), Outcome::kAborted);
  known.gaps.push_back({some_id().epoch, {9, 99}, 0});
  EXPECT_EQ(outcome_by(known), std::nullopt) << "nobody knows";
  known.acts[{some_id(), 0}].act = fact::OperatorAct::kGapCommitted;
  EXPECT_EQ(outcome_by(known), Outcome::kCommitted) << "an operator said so";
  known = {};
  fact::OnePhaseStarted one_phase;
  one_phase.id = some_id();
  known.live.emplace(some_id(), one_phase);
  EXPECT_EQ(outcome_by(known), std::nullopt);
}

}  // namespace
}  // namespace troth::test
