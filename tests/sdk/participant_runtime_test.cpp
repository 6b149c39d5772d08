// A participant against a scripted coordinator on real sockets.
#include <fstream>
#include <thread>

#include "tests/sdk/participant_fixture.h"

namespace troth::sdk {
namespace {

TEST_F(ParticipantTest, SaysHelloAndListsNothingInDoubt) {
  start();
  auto session = accept();
  ASSERT_TRUE(session);
  const auto hello = session.next<session::Hello>();
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->participant, "bank-a");
  EXPECT_EQ(hello->instance, "one");
  EXPECT_GT(hello->window, 0u);
  session.welcome({3, 9});
  const auto recover = session.next<session::Recover>();
  ASSERT_TRUE(recover);
  EXPECT_TRUE(recover->branches.empty());
  EXPECT_TRUE(recover->last);
  EXPECT_TRUE(hears("connected"));
}

TEST_F(ParticipantTest, PreparesVotesCommitsAndGivesCreditBack) {
  start();
  auto session = steady();
  session.send(prepare(branch(1)));
  const auto vote = session.next<session::Vote>();
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->vote, VoteKind::kCommit);
  const auto credit = session.next<session::Credit>();
  ASSERT_TRUE(credit);
  EXPECT_EQ(credit->messages, 1u);
  session.send(session::Commit{branch(1), 12, 1});
  const auto ack = session.next<session::Ack>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->result, AckResult::kCommitted);
  EXPECT_TRUE(resource_.has_committed(branch(1)));
}

TEST_F(ParticipantTest, RefusalCarriesItsReason) {
  start();
  auto session = steady();
  session.send(prepare(branch(1), "refuse"));
  const auto vote = session.next<session::Vote>();
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->vote, VoteKind::kAbort);
  EXPECT_EQ(vote->reason, "no money");
}

TEST_F(ParticipantTest, RepeatedPrepareWithoutTraceNeverRunsThePayload) {
  start();
  auto session = steady();
  session.send(prepare(branch(1), "1", 2));
  const auto vote = session.next<session::Vote>();
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->vote, VoteKind::kAbort);
  EXPECT_EQ(resource_.prepare_count(), 0);
}

TEST_F(ParticipantTest, ThrownPrepareIsAVoteToAbort) {
  start();
  auto session = steady();
  session.send(prepare(branch(1), "throw"));
  const auto vote = session.next<session::Vote>();
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->vote, VoteKind::kAbort);
}

TEST_F(ParticipantTest, ThrownCommitIsRepeatedUntilItReturns) {
  resource_.commits_to_fail = 2;
  start();
  auto session = steady();
  session.send(prepare(branch(1)));
  ASSERT_TRUE(session.next<session::Vote>());
  session.send(session::Commit{branch(1), 12, 1});
  const auto ack = session.next<session::Ack>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->result, AckResult::kCommitted);
}

TEST_F(ParticipantTest, LostConnectionIsMadeAgainAndWhatIsInDoubtIsListedAndSettled) {
  start();
  auto session = steady();
  session.send(prepare(branch(1)));
  ASSERT_TRUE(session.next<session::Vote>());
  session.peer().close(session::kCloseDraining, "restart");
  auto again = steady({4, 2});
  const auto recover = again.next<session::Recover>();
  ASSERT_TRUE(recover);
  ASSERT_EQ(recover->branches.size(), 1u);
  EXPECT_EQ(recover->branches[0], branch(1));
  again.send(session::Decision{branch(1), DecisionKind::kCommit});
  const auto ack = again.next<session::Ack>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->result, AckResult::kCommitted);
}

TEST_F(ParticipantTest, FramesOfALowerEpochAreDropped) {
  resource_.prepared.insert(branch(1));
  start();
  auto session = steady({4, 2});
  ASSERT_TRUE(session.next<session::Recover>());
  session.send_as(3, session::Abort{branch(1), 1});
  session.send(session::Commit{branch(1), 12, 1});
  const auto ack = session.next<session::Ack>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->result, AckResult::kCommitted);
}

TEST_F(ParticipantTest, LowerEpochIsRefusedAlsoAfterARestart) {
  start();
  auto session = steady({4, 2});
  ASSERT_TRUE(session.next<session::Recover>());
  participant_.reset();
  start();
  auto old = accept();
  const auto hello = old.next<session::Hello>();
  ASSERT_TRUE(hello);
  ASSERT_EQ(hello->seen.size(), 1u);
  EXPECT_EQ(hello->seen[0].epoch, (EpochId{4, 2}));
  old.welcome({3, 9});
  EXPECT_EQ(old.peer().closed(), session::kCloseOldCopy);
  EXPECT_TRUE(hears("refused: epoch 3"));
}

TEST_F(ParticipantTest, SameEpochWithAnotherNonceIsRefused) {
  start();
  auto session = steady({4, 2});
  ASSERT_TRUE(session.next<session::Recover>());
  session.peer().close(session::kCloseDraining, "bye");
  auto copy = steady({4, 3});
  EXPECT_EQ(copy.peer().closed(), session::kCloseOldCopy);
}

TEST_F(ParticipantTest, ReplacedInstanceEndsRunWithOneAndDoesNotComeBack) {
  start();
  auto session = steady();
  ASSERT_TRUE(session.next<session::Recover>());
  session.peer().close(session::kCloseReplaced, "another one");
  EXPECT_EQ(participant_->run(), 1);
  EXPECT_EQ(coordinator_.waiting(), 0u);
}

TEST_F(ParticipantTest, EnlistWaitsForTheCoordinatorAndTheWorkIsThenKnown) {
  start();
  auto session = steady();
  std::thread service([&] {
    const auto enlisted = participant_->enlist(branch(5).transaction, "k", kPatience);
    EXPECT_TRUE(enlisted);
    EXPECT_EQ(enlisted.id, branch(5));
  });
  const auto asked = session.next<session::Enlist>();
  if (asked) session.send(session::Enlisted{asked->transaction, asked->key, branch(5), 30'000, ""});
  service.join();
  ASSERT_TRUE(asked);
  auto message = prepare(branch(5), "");
  message.joined = true;
  session.send(message);
  const auto vote = session.next<session::Vote>();
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->vote, VoteKind::kCommit);
}

TEST_F(ParticipantTest, RefusedEnlistSaysWhy) {
  start();
  auto session = steady();
  std::thread service(
      [&] { EXPECT_EQ(participant_->enlist(branch(5).transaction, "", kPatience).problem, "prepare-began"); });
  const auto asked = session.next<session::Enlist>();
  if (asked) session.send(session::Enlisted{asked->transaction, "", {asked->transaction, 0}, 0, "prepare-began"});
  service.join();
  EXPECT_TRUE(asked);
}

TEST_F(ParticipantTest, EnlistThatTimedOutIsNotEnlisted) {
  start();
  auto session = steady();
  ASSERT_TRUE(session.next<session::Recover>());  // connected: the Enlist leaves at once
  std::thread service([&] {
    EXPECT_EQ(participant_->enlist(branch(5).transaction, "", std::chrono::milliseconds(500)).problem, "timeout");
  });
  const auto asked = session.next<session::Enlist>();
  service.join();
  ASSERT_TRUE(asked);
  session.send(session::Enlisted{asked->transaction, "", branch(5), 30'000, ""});
  auto message = prepare(branch(5), "");
  message.joined = true;
  session.send(message);
  const auto vote = session.next<session::Vote>();
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->vote, VoteKind::kAbort);
  EXPECT_EQ(resource_.prepare_count(), 0);
}

TEST_F(ParticipantTest, StopSaysGoodbye) {
  start();
  auto session = steady();
  ASSERT_TRUE(session.next<session::Recover>());
  std::thread stopping([&] { participant_->stop(); });
  EXPECT_TRUE(session.next<session::Goodbye>());
  stopping.join();
}

TEST_F(ParticipantTest, DamagedStateFileIsRefusedAtOnce) {
  std::ofstream(directory_ / "bank.troth") << "troth-seen 1\nnonsense\n";
  EXPECT_THROW(start(), std::invalid_argument);
}

}  // namespace
}  // namespace troth::sdk
