#include <gtest/gtest.h>

#include "tests/recovery/history.h"

namespace troth::recovery {
namespace {

using namespace testing;
using fact::OperatorAct;

TEST(Fold, ADecisionMakesATransactionLiveUntilItsEnded) {
  Known known = fold_all({prepare_started(id_of(1)), committed(id_of(1))});
  ASSERT_TRUE(known.live.contains(id_of(1)));
  EXPECT_EQ(std::get<fact::CommitDecided>(known.live.at(id_of(1))).lsn, 2u);
  fold_all(known, {fact::Ended{{id_of(1)}}});
  EXPECT_TRUE(known.live.empty());
  EXPECT_TRUE(known.commits.contains(kFirst, 1));
  EXPECT_EQ(known.details.at(id_of(1)).decided.lsn, 2u);
}

TEST(Fold, AnUndecidedTransactionThatEndedLeavesNoCommit) {
  const Known known =
      fold_all({prepare_started(id_of(1)), one_phase_started(id_of(2)), fact::Ended{{id_of(1), id_of(2)}}});
  EXPECT_TRUE(known.live.empty());
  EXPECT_EQ(known.commits.count(), 0u);
}

TEST(Fold, ARestatedDecisionKeepsItsFirstLsn) {
  auto restated = committed(id_of(1));
  restated.lsn = 17;
  const Known known = fold_all({restated});
  EXPECT_EQ(std::get<fact::CommitDecided>(known.live.at(id_of(1))).lsn, 17u);
}

TEST(Fold, ARestatedDecisionSaysNothingAboutClients) {
  auto restated = committed(id_of(1));
  restated.origin.client_session = "client";
  restated.lsn = 1;
  EXPECT_TRUE(fold_all({restated}).windows.empty());
}

TEST(Fold, TheCheckpointOfASetSaysHowFarItReaches) {
  Known known;
  fold(known, 0, committed(id_of(1)));
  fold(known, 0, fact::Checkpoint{41});
  EXPECT_EQ(known.last_lsn, 41u);
}

TEST(Fold, AHeuristicStandsUntilItIsForgotten) {
  Known known =
      fold_all({committed(id_of(1)), heuristic(id_of(1), 1), heuristic(id_of(1), 2), fact::Ended{{id_of(1)}}});
  ASSERT_EQ(known.heuristics.at(id_of(1)).size(), 2u);
  fold_all(known, {act(id_of(1), 1, OperatorAct::kForgot)});
  ASSERT_EQ(known.heuristics.at(id_of(1)).size(), 1u);
  EXPECT_EQ(known.heuristics.at(id_of(1))[0].branch.n, 2u);
  fold_all(known, {act(id_of(1), 2, OperatorAct::kForgot)});
  EXPECT_TRUE(known.heuristics.empty());
}

TEST(Fold, ASecondReportOfABranchReplacesTheFirst) {
  auto second = heuristic(id_of(1), 1);
  second.kind = HeuristicKind::kMixed;
  const Known known = fold_all({committed(id_of(1)), heuristic(id_of(1), 1), second});
  EXPECT_EQ(known.heuristics.at(id_of(1)), std::vector{second});
}

TEST(Fold, AnActAgainstTheDecisionIsAHeuristicAndARetiredBranchAHazard) {
  auto against = act(id_of(1), 2, OperatorAct::kSettledAbort);
  against.contradicts = true;
  against.heuristic = HeuristicKind::kAbort;
  const Known known = fold_all({committed(id_of(1)), against, act(id_of(1), 1, OperatorAct::kRetired),
                                committed(id_of(2)), act(id_of(2), 1, OperatorAct::kSettledCommit)});
  const auto& shown = known.heuristics.at(id_of(1));
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_EQ(shown[0].kind, HeuristicKind::kHazard);
  EXPECT_EQ(shown[0].participant, "bank-a");
  EXPECT_EQ(shown[1].kind, HeuristicKind::kAbort);
  EXPECT_EQ(shown[1].participant, "bank-b");
  EXPECT_FALSE(known.heuristics.contains(id_of(2)));
}

TEST(Fold, TheFirstActOnABranchStands) {
  const Known known =
      fold_all({act(id_of(1), 0, OperatorAct::kGapCommitted), act(id_of(1), 0, OperatorAct::kGapAborted)});
  EXPECT_EQ(known.acts.at({id_of(1), 0}).act, OperatorAct::kGapCommitted);
}

TEST(Fold, ParticipantsAreRegisteredChangedAndRemoved) {
  const fact::ParticipantRegistered shop{"shop", ParticipantKind::kCallback, "http://a", "s", 4, 100, 1};
  Known known = fold_all({shop, fact::ParticipantChanged{"shop", true, "http://b", "moved", 2}});
  EXPECT_TRUE(known.participants.at("shop").retired);
  EXPECT_EQ(known.participants.at("shop").registered.url, "http://b");
  fold_all(known, {fact::ParticipantRemoved{"shop", 3}, fact::ParticipantChanged{"shop", true, "", "", 4}});
  EXPECT_TRUE(known.participants.empty());
}

fact::CommitDecided told(std::uint64_t id, std::uint64_t sequence, std::uint64_t acked_below) {
  auto fact = committed(id_of(id));
  fact.origin.client_session = "client";
  fact.origin.sequence = sequence;
  fact.origin.acked_below = acked_below;
  return fact;
}

TEST(Fold, AClientWindowHoldsWhatTheClientMayStillAskFor) {
  Known known = fold_all({told(1, 1, 1), told(2, 2, 1), told(3, 3, 2)});
  EXPECT_EQ(known.windows.at("client").acked_below, 2u);
  EXPECT_EQ(known.windows.at("client").committed,
            (std::map<std::uint64_t, TransactionId>{{2, id_of(2)}, {3, id_of(3)}}));
  fold_all(known, {fact::Ended{{id_of(1), id_of(2), id_of(3)}}, fact::Horizon{id_of(3)}});
  EXPECT_EQ(known.windows.at("client").committed, (std::map<std::uint64_t, TransactionId>{{3, id_of(3)}}));
  fold_all(known, {fact::Horizon{id_of(4)}});
  EXPECT_TRUE(known.windows.empty());
}

TEST(Fold, TheHorizonOnlyRisesAndDropsOlderOutcomesButNotHeuristics) {
  Known known = fold_all({committed(id_of(1)), committed(id_of(2)), committed(id_of(3)), heuristic(id_of(1), 1),
                          fact::Ended{{id_of(1), id_of(2), id_of(3)}}, abort_told(id_of(4), "k"),
                          fact::Horizon{id_of(3)}, fact::Horizon{id_of(2)}});
  EXPECT_EQ(known.horizon, id_of(3));
  EXPECT_EQ(known.commits.count(), 1u);
  EXPECT_TRUE(known.details.contains(id_of(1)));
  EXPECT_FALSE(known.details.contains(id_of(2)));
  EXPECT_TRUE(known.abort_details.contains(id_of(4)));
  fold_all(known, {fact::Horizon{id_of(9)}});
  EXPECT_FALSE(known.abort_details.contains(id_of(4)));
}

TEST(Fold, TheHorizonLeavesTheDecisionsOfAnEpochInAGap) {
  const Known known =
      fold_all({fact::EpochStarted{kFirst, 1, 0}, committed(id_of(1)), abort_told(id_of(2), "k"),
                fact::Ended{{id_of(1)}}, fact::GapOpened{kFirst, {4, 0}, 0}, fact::EpochStarted{{4, 400}, 1, 0},
                committed(id_of(1, {4, 400})), fact::Ended{{id_of(1, {4, 400})}}, fact::Horizon{id_of(9, {4, 400})}});
  EXPECT_FALSE(known.in_gap(id_of(1)));
  EXPECT_FALSE(known.in_gap(id_of(2)));
  EXPECT_TRUE(known.in_gap(id_of(3)));
  EXPECT_EQ(known.commits.count(), 1u);
}

TEST(Trim, DropsTheOldestDetailsByCountAndByAgeAndKeepsTheOutcome) {
  Known known;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    fold_all(known, {committed(id_of(i), {}, static_cast<Millis>(i * 100)), fact::Ended{{id_of(i)}}});
  }
  trim(known, 6, 1'000'000, 1'000);
  EXPECT_EQ(known.details.size(), 6u);
  EXPECT_FALSE(known.details.contains(id_of(4)));
  trim(known, 6, 200, 1'000);
  EXPECT_EQ(known.details.size(), 3u);
  EXPECT_TRUE(known.details.contains(id_of(8)));
  EXPECT_EQ(known.commits.count(), 10u);
}

TEST(Trim, KeepsDetailsOfAHeuristicUntilItIsForgotten) {
  Known known = fold_all({committed(id_of(1)), heuristic(id_of(1), 1), fact::Ended{{id_of(1)}}});
  trim(known, 0, 0, 1'000);
  EXPECT_TRUE(known.details.contains(id_of(1)));
  fold_all(known, {act(id_of(1), 1, OperatorAct::kForgot)});
  trim(known, 0, 0, 1'000);
  EXPECT_TRUE(known.details.empty());
}

TEST(Trim, KeepsAToldAbortWhileItsParticipantsAreStillToBeTold) {
  Known known = fold_all({prepare_started(id_of(1)), abort_told(id_of(1), "k")});
  trim(known, 0, 0, 1'000);
  EXPECT_TRUE(known.abort_details.contains(id_of(1)));
  fold_all(known, {fact::Ended{{id_of(1)}}});
  trim(known, 0, 0, 1'000);
  EXPECT_TRUE(known.abort_details.empty());
}

}  // namespace
}  // namespace troth::recovery
