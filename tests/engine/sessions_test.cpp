// Participants that come, go, come back otherwise, and ask.
#include "tests/engine/world.h"

namespace troth::test {
namespace {

struct Durable : World {
  Durable() { log.auto_durable = true; }
};

TEST(Session, WhatWaitedForAConnectionIsSentWhenItComes) {
  Durable world;
  const auto first = world.connect("bank-a");
  world.disconnect(first);
  world.ask(World::transfer({"bank-a"}));
  const auto second = world.connect("bank-a", "i", "2");
  ASSERT_EQ(world.heard<session::Prepare>(second).size(), 1u);
  EXPECT_EQ(world.heard<session::Prepare>(second)[0].attempt, 1u) << "nothing had left before";
}

TEST(Session, APrepareThatNeverLeftIsNoAttempt) {
  Durable world;
  const auto first = world.connect("bank-a");
  world.ask(World::transfer({"bank-a"}));
  world.disconnect(first, {{world.id(1), 1}});
  const auto second = world.connect("bank-a");
  EXPECT_EQ(world.heard<session::Prepare>(second).at(0).attempt, 1u);
  world.disconnect(second);
  const auto third = world.connect("bank-a");
  EXPECT_EQ(world.heard<session::Prepare>(third).at(0).attempt, 2u) << "the second may have arrived";
}

TEST(Session, ANewerConnectionOfAnInstanceReplacesTheOlder) {
  Durable world;
  const auto first = world.connect("bank-a");
  const auto second = world.connect("bank-a");
  EXPECT_EQ(world.closed(first), session::kCloseReplaced);
  world.ask(World::transfer({"bank-a"}));
  EXPECT_EQ(world.heard<session::Prepare>(second).size(), 1u);
  world.vote(first, {world.id(1), 1}, VoteKind::kAbort);  // still in flight from the replaced one: not heard
  world.vote(second, {world.id(1), 1});
  EXPECT_EQ(world.heard<session::Commit>(second).size(), 1u);
}

TEST(Session, AnotherInstanceTakesOverWhatIsInFlight) {
  Durable world;
  const auto one = world.connect("bank-a", "one");
  const auto two = world.connect("bank-a", "two");
  world.ask(World::transfer({"bank-a"}));
  const bool to_one = !world.heard<session::Prepare>(one).empty();
  const auto lost = to_one ? one : two;
  const auto other = to_one ? two : one;
  world.disconnect(lost);
  ASSERT_EQ(world.heard<session::Prepare>(other).size(), 1u);
  EXPECT_EQ(world.heard<session::Prepare>(other)[0].attempt, 2u);
}

TEST(Session, JoinedWorkOfALostIncarnationAborts) {
  Durable world;
  const auto first = world.connect("bank-a", "i", "1");
  world.ask(World::transfer({}, false));
  world.say(first, session::Enlist{world.id(1), "k"});
  ASSERT_EQ(world.heard<session::Enlisted>(first).size(), 1u);
  EXPECT_EQ(world.heard<session::Enlisted>(first)[0].branch.n, 1u);
  world.disconnect(first);
  world.connect("bank-a", "i", "2");
  const auto commit = world.ask(request::Commit{world.id(1), Wait::kDecided, {}});
  EXPECT_EQ(world.refusal(commit), "aborted");
  EXPECT_EQ(world.answer_as<answer::Refused>(commit)->transaction->abort_reason, AbortReason::kIncarnation);
}

TEST(Session, EnlistInAFinishedTransactionIsRefusedWithItsOutcome) {
  Durable world;
  const auto a = world.connect("bank-a");
  world.ask(World::transfer({"bank-a"}));
  world.vote(a, {world.id(1), 1});
  world.ack(a, {world.id(1), 1});
  world.say(a, session::Enlist{world.id(1), "late"});
  EXPECT_EQ(world.heard<session::Enlisted>(a).at(0).problem, "committed");
  world.say(a, session::Enlist{world.id(7), "never"});
  EXPECT_EQ(world.heard<session::Enlisted>(a).at(1).problem, "unknown-transaction");
}

TEST(Session, ACommitVoteForAnUnknownIdIsAnsweredLikeAnInquiry) {
  Durable world;
  const auto a = world.connect("bank-a");
  auto foreign = world.id(1);
  foreign.log.value ^= 1;
  world.vote(a, {foreign, 1});
  EXPECT_EQ(world.heard<session::Decision>(a).at(0).decision, DecisionKind::kForeignLog);
  world.vote(a, {world.id(5), 1});
  EXPECT_EQ(world.heard<session::Decision>(a).at(1).decision, DecisionKind::kUnknown);
  EXPECT_EQ(world.engine().stats().unknown_answers, 1u);
}

TEST(Session, ListingWhilePreparingIsAskedAgainAndWhileCommittingToldAgain) {
  Durable world;
  const auto a = world.connect("bank-a");
  const auto b = world.connect("bank-b");
  world.ask(World::transfer({"bank-a", "bank-b"}));
  world.say(a, session::Recover{{{world.id(1), 1}}, true});
  ASSERT_EQ(world.heard<session::Prepare>(a).size(), 2u) << "only a vote is a vote";
  world.vote(a, {world.id(1), 1});
  world.vote(b, {world.id(1), 2});
  world.say(a, session::Recover{{{world.id(1), 1}}, true});
  EXPECT_EQ(world.heard<session::Commit>(a).size(), 2u);
}

TEST(Session, AParticipantThatHasSeenMoreUnmasksAnOldCopy) {
  Durable world;
  session::Hello hello;
  hello.participant = "bank-a";
  hello.instance = "i";
  hello.seen = {{World::kLog, world.epoch(), world.log.durable() + 1}};
  const auto a = world.connect(hello);
  EXPECT_EQ(world.closed(a), session::kCloseOldCopy);
  EXPECT_TRUE(world.engine().is_old_copy());
  EXPECT_TRUE(world.heard<session::Welcome>(a).empty());
  EXPECT_EQ(world.refusal(world.ask(World::transfer({}, false))), "starting");
}

TEST(Session, AnOldCopyPresumesNothingAndServesNobody) {
  Durable world;
  const auto served = world.connect("bank-b");
  world.ask(World::transfer({"bank-b"}, false));
  const auto id = world.id(1);
  world.crash();
  const auto open = world.connect("bank-b", "i", "2");
  session::Hello hello;
  hello.participant = "bank-a";
  hello.instance = "i";
  hello.seen = {{World::kLog, world.epoch(), world.log.durable() + 1}};
  world.connect(hello);
  EXPECT_EQ(world.closed(open), session::kCloseOldCopy);
  const auto decision = world.ask(request::GetDecision{{id, 1}});
  EXPECT_EQ(world.answer_as<answer::Decision>(decision)->view.decision, DecisionKind::kUnknown);
  EXPECT_EQ(world.refusal(world.ask(request::Commit{id, Wait::kDecided, {}})), "ask-operator");
  EXPECT_EQ(world.closed(served), 0);
}

TEST(Session, AForeignVoteDoesNotReachOurTransaction) {
  Durable world;
  const auto a = world.connect("bank-a");
  world.ask(World::transfer({"bank-a"}));
  auto foreign = world.id(1);
  foreign.log.value ^= 1;
  world.vote(a, {foreign, 1});
  EXPECT_TRUE(world.heard<session::Commit>(a).empty());
  foreign = world.id(1);
  foreign.shard = 3;
  EXPECT_EQ(world.refusal(world.ask(request::Get{foreign, {}})), "foreign-log");
}

TEST(Session, MessagesOnAConnectionKeepTheirOrderAcrossASync) {
  World world;
  const auto a = world.connect("bank-a");
  auto begin = World::transfer({"bank-a"});
  world.ask(begin);
  world.log.sync();
  world.ask(request::Abort{world.id(1), ""});
  ASSERT_EQ(world.heard<session::Welcome>(a).size(), 1u);
  std::vector<std::size_t> kinds;
  for (const auto& message : world.sent) {
    if (const auto* said = std::get_if<engine::ToSession>(&message)) kinds.push_back(said->message.index());
  }
  const std::vector<std::size_t> expected = {session::Message(session::Welcome{}).index(),
                                             session::Message(session::Prepare{}).index(),
                                             session::Message(session::Abort{}).index()};
  EXPECT_EQ(kinds, expected);
}

TEST(Session, ABranchStaysWithTheInstanceThatHasHeardOfIt) {
  Durable world;
  const auto one = world.connect("bank-a", "one");
  const auto two = world.connect("bank-a", "two");
  for (int i = 0; i < 4; ++i) world.ask(World::transfer({"bank-a"}));
  for (std::uint64_t n = 1; n <= 4; ++n) world.ask(request::Abort{world.id(n), ""});
  for (const auto connection : {one, two}) {
    const auto prepares = world.heard<session::Prepare>(connection);
    const auto aborts = world.heard<session::Abort>(connection);
    ASSERT_EQ(prepares.size(), aborts.size());
    for (std::size_t i = 0; i < prepares.size(); ++i) EXPECT_EQ(prepares[i].branch, aborts[i].branch);
  }
}

TEST(Session, WhatWasSeenOfThisLogAndOfOthersIsFine) {
  Durable world;
  const EpochId first = world.epoch();
  const Lsn seen = world.log.durable();
  world.crash();
  session::Hello hello;
  hello.participant = "bank-a";
  hello.instance = "i";
  hello.seen = {{World::kLog, first, seen}, {LogId{9}, {70, 7}, 1'000'000}};
  EXPECT_EQ(world.heard<session::Welcome>(world.connect(hello)).size(), 1u);
  hello.seen = {{World::kLog, {first.epoch, first.nonce + 1}, 1}};
  EXPECT_EQ(world.closed(world.connect(hello)), session::kCloseOldCopy) << "a nonce the log never had";
}

TEST(Session, TooManyNamesAreRefused) {
  Limits limits;
  limits.max_participants = 1;
  World world(limits);
  world.log.auto_durable = true;
  world.connect("bank-a");
  EXPECT_EQ(world.closed(world.connect("bank-b")), session::kCloseLimit);
}

TEST(Session, ARetiredParticipantMayNotConnectAndItsUndeliveredBranchesAreHazards) {
  Durable world;
  const auto a = world.connect("bank-a");
  world.ask(World::transfer({"bank-a"}));
  world.vote(a, {world.id(1), 1});
  world.ask(request::RetireParticipant{"bank-a", "burnt down", false});
  EXPECT_EQ(world.closed(world.connect("bank-a", "j")), session::kCloseCredentials);
  const auto get = world.ask(request::Get{world.id(1), {}});
  EXPECT_EQ(world.answer_as<answer::Transaction>(get)->view.heuristic, HeuristicKind::kHazard);
  const auto decision = world.ask(request::GetDecision{{world.id(1), 1}});
  EXPECT_EQ(world.answer_as<answer::Decision>(decision)->view.decision, DecisionKind::kUnknown);
}

}  // namespace
}  // namespace troth::test
