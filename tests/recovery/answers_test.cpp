#include <gtest/gtest.h>

#include "tests/recovery/history.h"

namespace troth::recovery {
namespace {

using namespace testing;
using fact::OperatorAct;

/// One test for each row of api.md "What is answered about an id", in its order.
class Answers : public ::testing::Test {
 protected:
  static constexpr EpochId kPresent{9, 900};
  static constexpr std::uint64_t kLastGiven = 50;

  Answers() { fold_all(known, {fact::EpochStarted{kFirst, 1, 0}, fact::EpochStarted{kPresent, 2, 0}}); }

  void log(const std::vector<Fact>& facts) { fold_all(known, facts); }
  IdStatus status(const TransactionId& id) const { return classify(known, kPresent, kLastGiven, id); }
  DecisionKind decision(const TransactionId& id, std::uint32_t n = 1) const {
    return decision_about(known, kPresent, kLastGiven, {id, n});
  }

  Known known = fold_all({});
};

TEST_F(Answers, AnotherLogOrShardIsForeign) {
  auto other_log = id_of(1);
  other_log.log.value += 1;
  auto other_shard = id_of(1);
  other_shard.shard = 1;
  for (const auto& id : {other_log, other_shard}) {
    EXPECT_EQ(status(id), IdStatus::kForeign);
    EXPECT_EQ(decision(id), DecisionKind::kForeignLog);
  }
}

TEST_F(Answers, AnEpochWeNeverHadMeansWeAreAnOldCopy) {
  for (const EpochId epoch : {EpochId{1, 101}, EpochId{5, 500}, EpochId{10, 1}, EpochId{9, 901}}) {
    EXPECT_EQ(status(id_of(1, epoch)), IdStatus::kOldCopy);
    EXPECT_EQ(decision(id_of(1, epoch)), DecisionKind::kUnknown);
  }
}

TEST_F(Answers, ASequenceOfThePresentEpochNotYetGivenIsUnknown) {
  EXPECT_EQ(status(id_of(kLastGiven + 1, kPresent)), IdStatus::kNotYetGiven);
  EXPECT_EQ(decision(id_of(kLastGiven + 1, kPresent)), DecisionKind::kUnknown);
  EXPECT_EQ(status(id_of(kLastGiven, kPresent)), IdStatus::kAborted);
}

TEST_F(Answers, AnIdInAGapIsUnknownUntilAnOperatorSettlesIt) {
  log({prepare_started(id_of(2)), fact::GapOpened{kFirst, kPresent, 0}});
  const EpochId lost{4, 444};
  for (const auto& id : {id_of(1), id_of(2), id_of(77), id_of(3, lost)}) {
    EXPECT_EQ(status(id), IdStatus::kGapUnknown);
    EXPECT_EQ(decision(id), DecisionKind::kUnknown);
  }
  EXPECT_EQ(status(id_of(1, {1, 101})), IdStatus::kOldCopy);
  EXPECT_EQ(status(id_of(1, kPresent)), IdStatus::kAborted);
  log({act(id_of(2), 0, OperatorAct::kGapCommitted), act(id_of(3, lost), 0, OperatorAct::kGapAborted)});
  EXPECT_EQ(status(id_of(2)), IdStatus::kGapCommitted);
  EXPECT_EQ(decision(id_of(2), 7), DecisionKind::kCommit);
  EXPECT_EQ(status(id_of(3, lost)), IdStatus::kGapAborted);
  EXPECT_EQ(decision(id_of(3, lost)), DecisionKind::kAbort);
}

TEST_F(Answers, ADecisionInTheLogIsAnsweredAlsoInAGap) {
  log({committed(id_of(1)), committed(id_of(2)), abort_told(id_of(3), "k"), prepare_started(id_of(4)),
       abort_told(id_of(4), "k4"), fact::Ended{{id_of(2)}}, fact::GapOpened{kFirst, kPresent, 0}});
  EXPECT_EQ(status(id_of(1)), IdStatus::kLive);
  EXPECT_EQ(status(id_of(2)), IdStatus::kRemembered);
  EXPECT_EQ(status(id_of(3)), IdStatus::kAborted);
  EXPECT_EQ(status(id_of(4)), IdStatus::kLive);
}

TEST_F(Answers, AOnePhaseTransactionFromBeforeAGapIsUnknownWhateverItsEpoch) {
  const EpochId older{0, 50};
  log({fact::EpochStarted{older, 1, 0}, one_phase_started(id_of(1, older)), one_phase_started(id_of(2, older)),
       prepare_started(id_of(3, older)), committed(id_of(2, older)), fact::GapOpened{kFirst, kPresent, 0},
       one_phase_started(id_of(5, kPresent))});
  EXPECT_EQ(status(id_of(1, older)), IdStatus::kGapUnknown);
  EXPECT_EQ(decision(id_of(1, older)), DecisionKind::kUnknown);
  EXPECT_EQ(status(id_of(2, older)), IdStatus::kLive);
  EXPECT_EQ(status(id_of(3, older)), IdStatus::kLive);
  EXPECT_EQ(status(id_of(5, kPresent)), IdStatus::kLive);
}

TEST_F(Answers, ABranchSettledOrRetiredByAnOperatorIsUnknownForEver) {
  log({committed(id_of(1)), act(id_of(1), 1, OperatorAct::kSettledCommit)});
  EXPECT_EQ(status(id_of(1)), IdStatus::kLive);
  EXPECT_EQ(decision(id_of(1), 1), DecisionKind::kUnknown);
  EXPECT_EQ(decision(id_of(1), 2), DecisionKind::kCommit);
  log({fact::Ended{{id_of(1)}}, committed(id_of(2)), act(id_of(2), 2, OperatorAct::kRetired), fact::Ended{{id_of(2)}},
       act(id_of(2), 2, OperatorAct::kForgot), fact::Horizon{id_of(1, kPresent)}});
  EXPECT_EQ(decision(id_of(1), 1), DecisionKind::kUnknown);
  EXPECT_EQ(decision(id_of(2), 2), DecisionKind::kUnknown);
}

TEST_F(Answers, ALiveDecisionIsCommitForItsListAndAbortForOthers) {
  log({committed(id_of(1))});
  EXPECT_EQ(status(id_of(1)), IdStatus::kLive);
  EXPECT_EQ(decision(id_of(1), 2), DecisionKind::kCommit);
  EXPECT_EQ(decision(id_of(1), 3), DecisionKind::kAbort);
}

TEST_F(Answers, ALiveUndecidedTransactionIsUndecidedForEveryBranchNumber) {
  log({prepare_started(id_of(1)), one_phase_started(id_of(2))});
  for (const auto& id : {id_of(1), id_of(2)}) {
    EXPECT_EQ(status(id), IdStatus::kLive);
    EXPECT_EQ(decision(id, 1), DecisionKind::kUndecided);
    EXPECT_EQ(decision(id, 9), DecisionKind::kUndecided);
  }
}

TEST_F(Answers, ARememberedCommitAnswersFromItsList) {
  log({committed(id_of(1)), fact::Ended{{id_of(1)}}});
  EXPECT_EQ(status(id_of(1)), IdStatus::kRemembered);
  EXPECT_EQ(decision(id_of(1), 1), DecisionKind::kCommit);
  EXPECT_EQ(decision(id_of(1), 3), DecisionKind::kAbort);
}

TEST_F(Answers, ACommitWhoseListIsGoneIsUnknownToParticipants) {
  log({committed(id_of(1)), fact::Ended{{id_of(1)}}});
  trim(known, 0, 0, 0);
  EXPECT_EQ(status(id_of(1)), IdStatus::kBitOnly);
  EXPECT_EQ(decision(id_of(1)), DecisionKind::kUnknown);
}

TEST_F(Answers, WithoutADecisionAtOrAfterTheHorizonItIsProvedAborted) {
  log({fact::Horizon{id_of(5)}});
  EXPECT_EQ(status(id_of(5)), IdStatus::kAborted);
  EXPECT_EQ(decision(id_of(5)), DecisionKind::kAbort);
}

TEST_F(Answers, WithoutADecisionBeforeTheHorizonItIsAbortedForParticipantsAndExpiredForClients) {
  log({committed(id_of(3)), fact::Ended{{id_of(3)}}, fact::Horizon{id_of(5)}});
  for (const auto& id : {id_of(3), id_of(4)}) {
    EXPECT_EQ(status(id), IdStatus::kBeforeHorizon);
    EXPECT_EQ(decision(id), DecisionKind::kAbort);
  }
}

}  // namespace
}  // namespace troth::recovery
