#include <gtest/gtest.h>

#include <map>

#include "tests/core/core_test_kit.h"

namespace troth::core::test {
namespace {

Stage committing(const std::vector<Branch>& branches, ReplyTo reply = 0, Wait wait = Wait::kDecided) {
  Stage stage(branches);
  stage.commit(reply, wait);
  for (std::uint32_t n = 1; n <= branches.size(); ++n) stage.vote(n, VoteKind::kCommit);
  return stage;
}

TEST(Delivery, RepeatedPrepareOnANewConnectionIsTheSecondAttempt) {
  Stage stage({session("a")});
  stage.commit();
  stage.happen(event::Unreachable{1});
  stage.happen(event::Reachable{1});
  EXPECT_EQ(stage.effects<effect::SendPrepare>().at(0).attempt, 2u);
}

TEST(Delivery, PrepareThatNeverLeftIsNoAttempt) {
  Stage stage({session("a")});
  stage.commit();
  stage.happen(event::PrepareNotSent{1});
  stage.happen(event::Unreachable{1});
  stage.happen(event::Reachable{1});
  EXPECT_EQ(stage.effects<effect::SendPrepare>().at(0).attempt, 1u);
}

TEST(Delivery, CommitIsSentAgainAtOnceOnANewConnection) {
  Stage stage = committing({session("a"), session("b")});
  stage.ack(2, AckResult::kCommitted);
  stage.happen(event::Unreachable{1});
  stage.happen(event::Reachable{1});
  EXPECT_EQ(stage.effects<effect::SendCommit>().at(0).attempt, 2u);
  stage.happen(event::Reachable{2});
  EXPECT_TRUE(stage.out.effects.empty()) << "a settled branch hears nothing more";
}

TEST(Delivery, LastAcknowledgementEndsForgetsAndAnswersWhoWaitsForCompletion) {
  Stage stage = committing({session("a"), session("b")}, kClient, Wait::kCompleted);
  stage.ack(1, AckResult::kCommitted);
  EXPECT_TRUE(stage.out.effects.empty());
  stage.ack(2, AckResult::kCommitted);
  EXPECT_TRUE(stage.out.ended);
  EXPECT_EQ(stage.effects<effect::SendForget>().size(), 2u);
  EXPECT_EQ(stage.effects<effect::ReplyTransaction>().at(0).reply, kClient);
}

TEST(Delivery, UnknownBranchInAnswerToCommitIsAHazardNeverDone) {
  Stage stage = committing({session("a")});
  stage.ack(1, AckResult::kUnknownBranch);
  ASSERT_EQ(stage.facts<fact::HeuristicReported>().size(), 1u);
  EXPECT_EQ(stage.facts<fact::HeuristicReported>()[0].kind, HeuristicKind::kHazard);
  EXPECT_EQ(stage.transaction.outcome, Outcome::kCommitted);
  EXPECT_EQ(heuristic_of(stage.transaction), HeuristicKind::kHazard);
  EXPECT_TRUE(stage.effects<effect::SendForget>().empty());
}

TEST(Delivery, SessionThatCommittedAnAbortedTransactionIsAHeuristic) {
  Stage stage({session("a"), session("b")});
  stage.commit();
  stage.vote(1, VoteKind::kAbort);
  stage.ack(2, AckResult::kCommitted);
  ASSERT_EQ(stage.facts<fact::HeuristicReported>().size(), 1u);
  EXPECT_EQ(stage.facts<fact::HeuristicReported>()[0].kind, HeuristicKind::kCommit);
  stage.ack(2, AckResult::kCommitted);
  EXPECT_TRUE(stage.out.facts.empty()) << "reported once";
}

TEST(Delivery, CallbackIsRetriedWithGrowingCappedGaps) {
  Stage stage = committing({callback("a")});
  Millis largest = 0;
  for (int attempt = 1; attempt <= 20; ++attempt) {
    stage.happen(event::AttemptFailed{1, "timeout", "no answer", 0});
    const Millis gap = stage.branch_of(1).retry_due - stage.now.due;
    stage.transaction.late_due = 0;  // it is waited for the retry only
    ASSERT_EQ(wake_due(stage.transaction), stage.branch_of(1).retry_due);
    ASSERT_GE(gap, std::min<Millis>(50LL << (attempt - 1), 15'000));
    ASSERT_LE(gap, 30'000);
    largest = std::max(largest, gap);
    stage.now.due = stage.branch_of(1).retry_due;
    stage.happen(event::Tick{});
    ASSERT_EQ(stage.effects<effect::SendCommit>().at(0).attempt, static_cast<std::uint32_t>(attempt) + 1);
  }
  EXPECT_GT(largest, 14'999);
}

TEST(Delivery, CallbacksThatFailTogetherAreNotRetriedTogether) {
  constexpr std::uint64_t kTransactions = 1'000;
  constexpr Millis kGap = 3'200;  // after six attempts: 100 doubled five times
  std::map<Millis, std::uint64_t> by_tenth;
  for (std::uint64_t sequence = 1; sequence <= kTransactions; ++sequence) {
    Stage stage({callback("hook"), callback("hook-2")});
    stage.transaction.id.sequence = sequence;
    stage.commit();
    stage.vote(1, VoteKind::kCommit);
    stage.vote(2, VoteKind::kCommit);
    for (int attempt = 1; attempt <= 6; ++attempt) {
      stage.happen(event::AttemptFailed{1, "refused", "", 0});
      stage.happen(event::AttemptFailed{2, "refused", "", 0});
      if (attempt == 6) break;
      stage.now.due = std::max(stage.branch_of(1).retry_due, stage.branch_of(2).retry_due);
      stage.happen(event::Tick{});
    }
    for (std::uint32_t n : {1U, 2U}) {
      const Millis gap = stage.branch_of(n).retry_due - stage.now.due;
      ASSERT_GE(gap, kGap / 2);
      ASSERT_LE(gap, kGap);
      ++by_tenth[std::min<Millis>((gap - kGap / 2) * 10 / (kGap / 2), 9)];
    }
  }
  EXPECT_EQ(by_tenth.size(), 10U);
  for (const auto& [tenth, branches] : by_tenth) {
    EXPECT_NEAR(static_cast<double>(branches), kTransactions * 2 / 10, 60) << "of the half gap, tenth " << tenth;
  }
}

TEST(Delivery, RetryAfterIsHonouredUpToAnHour) {
  Stage stage = committing({callback("a")});
  stage.happen(event::AttemptFailed{1, "busy", "later", 60'000});
  EXPECT_EQ(stage.branch_of(1).retry_due, stage.now.due + 60'000);
  stage.happen(event::AttemptFailed{1, "busy", "later", std::numeric_limits<Millis>::max()});
  EXPECT_EQ(stage.branch_of(1).retry_due, stage.now.due + 3'600'000);
}

TEST(Delivery, ListingMovesTheBranchToTheLister) {
  Stage stage = committing({session("a")});
  stage.happen(event::Listed{1, "a", "a-9", "x"});
  EXPECT_EQ(stage.branch_of(1).instance, "a-9");
  EXPECT_EQ(stage.effects<effect::SendCommit>().at(0).attempt, 2u);
}

TEST(Delivery, PinnedBranchIsAcknowledgedByItsInstanceOnly) {
  Branch pinned = session("a");
  pinned.routing = Routing::kPinned;
  Stage stage = committing({pinned});
  stage.happen(event::Ack{1, "a", "a-2", AckResult::kUnknownBranch});
  EXPECT_FALSE(stage.branch_of(1).settled);
  stage.ack(1, AckResult::kCommitted);
  EXPECT_EQ(stage.transaction.phase, Phase::kFinished);
}

TEST(Delivery, InDoubtIsVotedCommitAndNotAcknowledged) {
  Stage stage({session("a"), session("b")});
  stage.commit();
  EXPECT_FALSE(is_in_doubt(stage.transaction, stage.branch_of(1)));
  stage.vote(1, VoteKind::kCommit);
  EXPECT_TRUE(is_in_doubt(stage.transaction, stage.branch_of(1)));
  stage.vote(2, VoteKind::kCommit);
  stage.ack(1, AckResult::kCommitted);
  EXPECT_FALSE(is_in_doubt(stage.transaction, stage.branch_of(1)));
  EXPECT_TRUE(is_in_doubt(stage.transaction, stage.branch_of(2)));
}

TEST(Delivery, DeadlineIsTheNextWakeAndAborts) {
  Stage stage({session("a")});
  stage.commit(kClient);
  EXPECT_EQ(wake_due(stage.transaction), kWaitUntil);
  stage.now.due = kWaitUntil;
  stage.happen(event::Tick{});
  EXPECT_EQ(stage.effects<effect::ReplyTransaction>().at(0).status, 202);
  EXPECT_EQ(wake_due(stage.transaction), kDeadline);
  stage.now.due = kDeadline;
  stage.happen(event::Tick{});
  EXPECT_EQ(stage.transaction.abort_reason, AbortReason::kDeadline);
  EXPECT_EQ(wake_due(stage.transaction), std::numeric_limits<Millis>::max());
}

}  // namespace
}  // namespace troth::core::test
