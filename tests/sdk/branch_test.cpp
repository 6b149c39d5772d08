// One branch at its participant, event by event.
#include <gtest/gtest.h>

#include <sstream>

#include "participant-sdk/core/branches.h"

namespace troth::sdk {
namespace {

const BranchId kBranch{{LogId{7}, 0, {3, 9}, 40}, 1};

std::string spell(const Effect& effect) {
  std::ostringstream text;
  if (const auto* call = std::get_if<StartCall>(&effect)) {
    constexpr const char* kNames[] = {"none", "prepare", "one-phase", "commit", "abort", "look-up"};
    text << "call " << kNames[static_cast<int>(call->call)];
    if (call->call == Call::kOnePhase) text << " attempt=" << call->branch.attempt;
  } else if (const auto* vote = std::get_if<session::Vote>(&effect)) {
    text << "vote " << word(vote->vote);
  } else if (const auto* ack = std::get_if<session::Ack>(&effect)) {
    text << "ack " << word(ack->result);
  } else {
    text << "inquire";
  }
  return text.str();
}

class BranchTest : public testing::Test {
 protected:
  std::string on(Event event, Millis now = 1'000) {
    std::vector<Effect> effects;
    branches_.apply(kBranch, std::move(event), now, effects);
    return spelled(effects);
  }
  std::string tick(Millis now) {
    std::vector<Effect> effects;
    branches_.tick(now, effects);
    return spelled(effects);
  }
  std::string prepare(std::uint32_t attempt = 1, bool joined = false, bool below_horizon = false) {
    Branch branch;
    branch.id = kBranch;
    branch.attempt = attempt;
    branch.joined = joined;
    return on(event::PrepareCame{branch, below_horizon});
  }
  std::string one_phase(std::uint32_t attempt, bool joined, bool supported = true) {
    Branch branch;
    branch.attempt = attempt;
    branch.joined = joined;
    return on(event::OnePhaseCame{branch, supported});
  }
  std::string voted(VoteKind kind) { return on(event::Voted{kind, ""}); }
  std::string acked(AckResult result) { return on(event::Acked{result}); }
  static std::string spelled(const std::vector<Effect>& effects) {
    std::string text;
    for (const auto& effect : effects) text += (text.empty() ? "" : ", ") + spell(effect);
    return text;
  }
  Branches branches_;
};

TEST_F(BranchTest, PrepareIsDoneThenVotedThenCommitted) {
  EXPECT_EQ(prepare(), "call prepare");
  EXPECT_EQ(voted(VoteKind::kCommit), "vote commit");
  EXPECT_EQ(on(event::CommitCame{12}), "call commit");
  EXPECT_EQ(acked(AckResult::kCommitted), "ack committed");
  EXPECT_EQ(on(event::CommitCame{12}), "ack committed");
}

TEST_F(BranchTest, RepeatedPrepareWithoutTraceIsAVoteToAbortWithoutACall) {
  EXPECT_EQ(prepare(2), "call look-up");
  EXPECT_EQ(on(event::Traced{false}), "vote abort");
  EXPECT_EQ(prepare(3), "vote abort");
}

TEST_F(BranchTest, RepeatedPrepareWithADurableTraceIsVotedCommit) {
  EXPECT_EQ(prepare(2), "call look-up");
  EXPECT_EQ(on(event::Traced{true}), "vote commit");
}

TEST_F(BranchTest, RepeatedPrepareWhileTheFirstRunsIsOneCallAndOneVote) {
  EXPECT_EQ(prepare(1), "call prepare");
  EXPECT_EQ(prepare(2), "");
  EXPECT_EQ(voted(VoteKind::kCommit), "vote commit");
  EXPECT_EQ(prepare(3), "vote commit");
}

TEST_F(BranchTest, JoinedAndUnknownIsAVoteToAbort) {
  EXPECT_EQ(prepare(1, true), "vote abort");
}

TEST_F(BranchTest, JoinedAndEnlistedHereIsPrepared) {
  EXPECT_EQ(on(event::EnlistAccepted{30'000}), "");
  EXPECT_EQ(prepare(2, true), "call prepare");
}

TEST_F(BranchTest, PrepareBelowTheHorizonIsAVoteToAbort) {
  EXPECT_EQ(prepare(1, false, true), "vote abort");
}

TEST_F(BranchTest, AbortBeforePrepareCallsTheResourceAndRefusesALatePrepare) {
  EXPECT_EQ(on(event::AbortCame{}), "call abort");
  EXPECT_EQ(acked(AckResult::kAborted), "ack aborted");
  EXPECT_EQ(prepare(), "vote abort");
}

TEST_F(BranchTest, AbortWhilePrepareRunsWaitsForItsEndAndNoVoteIsSent) {
  prepare();
  EXPECT_EQ(on(event::AbortCame{}), "");
  EXPECT_EQ(voted(VoteKind::kCommit), "call abort");
  EXPECT_EQ(acked(AckResult::kAborted), "ack aborted");
}

TEST_F(BranchTest, ReadOnlyIsVotedAgainWithoutACall) {
  prepare();
  EXPECT_EQ(voted(VoteKind::kReadOnly), "vote read_only");
  EXPECT_EQ(prepare(2), "vote read_only");
}

TEST_F(BranchTest, ThrownPrepareIsAVoteToAbortAndCleansUp) {
  prepare();
  EXPECT_EQ(on(event::Threw{"boom"}), "call look-up");
  EXPECT_EQ(on(event::Traced{false}), "vote abort, call abort");
  EXPECT_EQ(acked(AckResult::kAborted), "");
}

TEST_F(BranchTest, ThrownPrepareThatLeftTheBranchInDoubtIsAVoteToCommit) {
  prepare();
  on(event::Threw{"boom"});
  EXPECT_EQ(on(event::Traced{true}), "vote commit");
}

TEST_F(BranchTest, ThrownCommitIsRepeatedWithBackoffUntilItReturns) {
  prepare();
  voted(VoteKind::kCommit);
  on(event::CommitCame{5});
  EXPECT_EQ(on(event::Threw{"disk"}, 1'000), "");
  EXPECT_EQ(tick(1'000), "");
  EXPECT_EQ(tick(1'000 + kRetryMin), "call commit");
  EXPECT_EQ(on(event::Threw{"disk"}, 2'000), "");
  EXPECT_EQ(tick(2'000 + 2 * kRetryMin), "call commit");
  EXPECT_EQ(acked(AckResult::kCommitted), "ack committed");
}

TEST_F(BranchTest, DecisionIsAppliedOnlyIfStillInDoubt) {
  on(event::Listed{});
  EXPECT_EQ(on(event::DecisionCame{DecisionKind::kCommit}), "call look-up");
  EXPECT_EQ(on(event::Traced{false}), "");
  EXPECT_EQ(branches_.find(kBranch), nullptr);
}

TEST_F(BranchTest, DecisionForAListedBranchIsAppliedAndCommitAcknowledged) {
  on(event::Listed{});
  on(event::DecisionCame{DecisionKind::kCommit});
  EXPECT_EQ(on(event::Traced{true}), "call commit");
  EXPECT_EQ(acked(AckResult::kCommitted), "ack committed");
}

TEST_F(BranchTest, DecisionForABranchNotInDoubtDoesNothing) {
  EXPECT_EQ(on(event::DecisionCame{DecisionKind::kCommit}), "");
  EXPECT_EQ(on(event::DecisionCame{DecisionKind::kAbort}), "");
}

TEST_F(BranchTest, UnknownDecisionLeavesTheBranchInDoubtAndIsAskedForAgain) {
  on(event::Listed{});
  EXPECT_EQ(on(event::DecisionCame{DecisionKind::kUnknown}, 1'000), "");
  EXPECT_EQ(tick(1'000 + kInquireAgain), "inquire");
  EXPECT_EQ(branches_.find(kBranch)->standing, Standing::kPrepared);
}

TEST_F(BranchTest, CommitAfterAbortIsReportedAsHeuristicAndNotDone) {
  on(event::AbortCame{});
  acked(AckResult::kAborted);
  EXPECT_EQ(on(event::CommitCame{5}), "ack heuristic_abort");
}

TEST_F(BranchTest, EnlistedWorkIsDroppedAfterItsDeadline) {
  on(event::EnlistAccepted{30'000});
  EXPECT_EQ(tick(29'999), "");
  EXPECT_EQ(tick(30'000), "call abort");
  EXPECT_EQ(acked(AckResult::kAborted), "");
  EXPECT_EQ(prepare(1, true), "vote abort");
}

TEST_F(BranchTest, EnlistedBranchIsAskedForAfterAReconnect) {
  on(event::EnlistAccepted{30'000});
  EXPECT_EQ(on(event::Connected{}), "inquire");
  EXPECT_EQ(on(event::DecisionCame{DecisionKind::kUndecided}), "");
  EXPECT_EQ(on(event::DecisionCame{DecisionKind::kAbort}), "call abort");
}

TEST_F(BranchTest, OnePhaseWithLostWorkIsAskedAsARepeat) {
  EXPECT_EQ(one_phase(1, true), "call one-phase attempt=2");
  EXPECT_EQ(acked(AckResult::kAborted), "ack aborted");
}

TEST_F(BranchTest, OnePhaseIsDoneOnceAndAnsweredAgain) {
  EXPECT_EQ(one_phase(1, false), "call one-phase attempt=1");
  EXPECT_EQ(one_phase(2, false), "");
  EXPECT_EQ(acked(AckResult::kCommitted), "ack committed");
  EXPECT_EQ(one_phase(3, false), "ack committed");
}

TEST_F(BranchTest, OnePhaseAfterAnAbortOfNothingHearsThatItAborted) {
  on(event::EnlistAccepted{1'500});
  EXPECT_EQ(tick(1'500), "call abort");  // past its deadline, and its work goes
  acked(AckResult::kUnknownBranch);
  EXPECT_EQ(one_phase(2, true), "ack aborted") << "\"unknown\" would be no answer, and asked again for ever";
}

TEST_F(BranchTest, OnePhaseThatComesWhileTheWorkIsGivenUpIsAnsweredWhenThatIsDone) {
  on(event::EnlistAccepted{1'500});
  EXPECT_EQ(tick(1'500), "call abort");
  EXPECT_EQ(one_phase(1, true), "");
  EXPECT_EQ(acked(AckResult::kAborted), "ack aborted") << "the coordinator would wait until the next connection";
}

TEST_F(BranchTest, OnePhaseTheResourceDoesNotHaveIsAborted) {
  EXPECT_EQ(one_phase(1, false, false), "call abort");
  EXPECT_EQ(acked(AckResult::kAborted), "ack aborted");
}

TEST(Branches, RememberOnlyTheLatestSettled) {
  Branches branches(10);
  std::vector<Effect> effects;
  for (std::uint64_t i = 1; i <= 1'000; ++i) {
    const BranchId id{{LogId{7}, 0, {3, 9}, i}, 1};
    branches.apply(id, event::AbortCame{}, 1, effects);
    branches.apply(id, event::Acked{AckResult::kAborted}, 1, effects);
  }
  EXPECT_EQ(branches.size(), 10u);
}

TEST(Branches, KeepSettledOnesWhileAListIsOnItsWay) {
  Branches branches(0);
  std::vector<Effect> effects;
  branches.hold_settled(true);
  branches.apply(kBranch, event::CommitCame{1}, 1, effects);
  branches.apply(kBranch, event::Acked{AckResult::kCommitted}, 1, effects);
  branches.apply(kBranch, event::Listed{}, 1, effects);
  ASSERT_NE(branches.find(kBranch), nullptr);
  EXPECT_EQ(branches.find(kBranch)->standing, Standing::kCommitted);
  branches.hold_settled(false);
  EXPECT_EQ(branches.size(), 0u);
}

TEST(Branches, HorizonIsPerLogAndNeverGoesBack) {
  Branches branches;
  branches.raise_horizon({LogId{7}, 0, {3, 9}, 100});
  branches.raise_horizon({LogId{7}, 0, {3, 9}, 50});
  EXPECT_TRUE(branches.below_horizon({LogId{7}, 0, {3, 9}, 99}));
  EXPECT_FALSE(branches.below_horizon({LogId{7}, 0, {3, 9}, 100}));
  EXPECT_FALSE(branches.below_horizon({LogId{8}, 0, {3, 9}, 1}));
}

}  // namespace
}  // namespace troth::sdk
