// The one rule everything rests on: nothing that depends on a record leaves before the record is durable.
#include "tests/engine/world.h"

namespace troth::test {
namespace {

struct Transfer : World {
  Transfer() {
    a = connect("bank-a");
    b = connect("bank-b");
    settle();
    request = ask(transfer({"bank-a", "bank-b"}));
  }
  engine::ConnectionId a = 0, b = 0;
  engine::ReplyTo request = 0;
};

TEST(WriteAhead, PrepareLeavesAtOnceBecauseItRestsOnNothing) {
  Transfer world;
  ASSERT_EQ(world.heard<session::Prepare>(world.a).size(), 1u);
  EXPECT_EQ(world.heard<session::Prepare>(world.a)[0].attempt, 1u);
  EXPECT_EQ(world.heard<session::Prepare>(world.b).size(), 1u);
  EXPECT_EQ(world.heard<session::Prepare>(world.a)[0].payload, "{}");
}

TEST(WriteAhead, NobodyHearsOfACommitBeforeItsRecordIsDurable) {
  Transfer world;
  world.vote(world.a, {world.id(1), 1});
  world.vote(world.b, {world.id(1), 2});
  world.turn();
  EXPECT_EQ(world.answer(world.request), nullptr);
  EXPECT_TRUE(world.heard<session::Commit>(world.a).empty());

  world.log.sync();
  world.turn();
  ASSERT_NE(world.answer_as<answer::Transaction>(world.request), nullptr);
  EXPECT_EQ(world.answer_as<answer::Transaction>(world.request)->view.outcome, Outcome::kCommitted);
  ASSERT_EQ(world.heard<session::Commit>(world.a).size(), 1u);
  EXPECT_EQ(world.heard<session::Commit>(world.a)[0].lsn, world.log.durable());
}

TEST(WriteAhead, AQuestionAboutADecidedTransactionWaitsForTheDecisionToo) {
  Transfer world;
  world.vote(world.a, {world.id(1), 1});
  world.vote(world.b, {world.id(1), 2});
  const auto get = world.ask(request::Get{world.id(1), {}});
  const auto list = world.ask(request::List{});
  const auto decision = world.ask(request::GetDecision{{world.id(1), 1}});
  world.say(world.a, session::Inquire{{world.id(1), 1}});
  EXPECT_EQ(world.answer(get), nullptr);
  EXPECT_EQ(world.answer(list), nullptr);
  EXPECT_EQ(world.answer(decision), nullptr);
  EXPECT_TRUE(world.heard<session::Decision>(world.a).empty());

  world.log.sync();
  world.turn();
  EXPECT_NE(world.answer(get), nullptr);
  EXPECT_NE(world.answer(list), nullptr);
  ASSERT_NE(world.answer_as<answer::Decision>(decision), nullptr);
  EXPECT_EQ(world.answer_as<answer::Decision>(decision)->view.decision, DecisionKind::kCommit);
  EXPECT_EQ(world.heard<session::Decision>(world.a).size(), 1u);
}

TEST(WriteAhead, ADecisionLostInACrashWasNeverToldAndIsPresumedAborted) {
  Transfer world;
  const TransactionId id = world.id(1);
  world.vote(world.a, {id, 1});
  world.vote(world.b, {id, 2});
  world.crash();  // CommitDecided was appended but never synced
  const auto a = world.connect("bank-a", "i", "2");
  world.say(a, session::Recover{{{id, 1}}, true});
  world.settle();
  ASSERT_EQ(world.heard<session::Decision>(a).size(), 1u);
  EXPECT_EQ(world.heard<session::Decision>(a)[0].decision, DecisionKind::kAbort);
  const auto commit = world.ask(request::Commit{id, Wait::kDecided, {}});
  world.settle();
  EXPECT_EQ(world.refusal(commit), "aborted");
}

TEST(WriteAhead, ADurableDecisionIsDeliveredByTheNextStart) {
  Transfer world;
  const TransactionId id = world.id(1);
  world.vote(world.a, {id, 1});
  world.vote(world.b, {id, 2});
  world.log.sync();
  world.crash();
  const auto a = world.connect("bank-a", "i", "2");
  world.settle();
  ASSERT_FALSE(world.heard<session::Commit>(a).empty());
  EXPECT_GE(world.heard<session::Commit>(a)[0].attempt, 2u);
  world.ack(a, {id, 1});
  const auto b = world.connect("bank-b", "i", "2");
  world.ack(b, {id, 2});
  world.settle();
  const auto get = world.ask(request::Get{id, {}});
  world.settle();
  EXPECT_EQ(world.answer_as<answer::Transaction>(get)->view.phase, Phase::kFinished);
  EXPECT_EQ(world.answer_as<answer::Transaction>(get)->view.outcome, Outcome::kCommitted);
}

TEST(WriteAhead, ForgetWaitsForTheEndedRecord) {
  Transfer world;
  world.vote(world.a, {world.id(1), 1});
  world.vote(world.b, {world.id(1), 2});
  world.log.sync();
  world.turn();
  world.ack(world.a, {world.id(1), 1});
  world.ack(world.b, {world.id(1), 2});
  world.turn();
  EXPECT_TRUE(world.heard<session::Forget>(world.a).empty());
  world.log.sync();
  world.turn();
  ASSERT_EQ(world.heard<session::Forget>(world.a).size(), 1u);
  EXPECT_EQ(world.heard<session::Forget>(world.a)[0].branches, std::vector<BranchId>({{world.id(1), 1}}));
}

TEST(WriteAhead, AnAllReadOnlyCommitIsToldOnlyWhenDurableAlsoThoughItHasFinished) {
  Transfer world;
  world.vote(world.a, {world.id(1), 1}, VoteKind::kReadOnly);
  world.vote(world.b, {world.id(1), 2}, VoteKind::kReadOnly);
  const auto get = world.ask(request::Get{world.id(1), {}});
  EXPECT_EQ(world.answer(world.request), nullptr);
  EXPECT_EQ(world.answer(get), nullptr);
  world.settle();
  ASSERT_NE(world.answer_as<answer::Transaction>(world.request), nullptr);
  EXPECT_TRUE(world.answer_as<answer::Transaction>(world.request)->view.effects_none);
  EXPECT_NE(world.answer(get), nullptr);
}

TEST(WriteAhead, OnlyMessagesToSomebodyAreCountedAsHeld) {
  World world;
  world.log.auto_durable = true;
  const auto a = world.connect("bank-a");
  world.log.auto_durable = false;
  world.ask(World::transfer({"bank-a"}));
  world.vote(a, {world.id(1), 1});
  EXPECT_EQ(world.engine().stats().held_back, 2u) << "the commit and the reply, not what followers will hear";
  EXPECT_FALSE(world.engine().is_quiet());
  world.settle();
  EXPECT_TRUE(world.engine().is_quiet());
}

TEST(WriteAhead, AnAbortWithoutAKeyForcesNothing) {
  Transfer world;
  const auto before = world.log.records().size();
  world.vote(world.a, {world.id(1), 1}, VoteKind::kAbort);
  EXPECT_EQ(world.refusal(world.request), "aborted");
  EXPECT_EQ(world.log.records().size(), before);
}

TEST(WriteAhead, WelcomeWaitsForTheRegistration) {
  World world;
  const auto a = world.connect("bank-a");
  EXPECT_TRUE(world.heard<session::Welcome>(a).empty());
  world.settle();
  EXPECT_EQ(world.heard<session::Welcome>(a).size(), 1u);
}

}  // namespace
}  // namespace troth::test
