// A repeated request is executed once, by key and by client session, in one life of the coordinator and across lives.
#include "tests/engine/world.h"

namespace troth::test {
namespace {

struct Banks : World {
  Banks() { reconnect("1"); }
  void reconnect(const std::string& incarnation) {
    a = connect("bank-a", "i", incarnation);
    b = connect("bank-b", "i", incarnation);
    settle();
  }
  static request::Begin keyed(const std::string& hash = "hash-1") {
    auto begin = transfer({"bank-a", "bank-b"});
    begin.origin.key = "key-1";
    begin.origin.request_hash = hash;
    return begin;
  }
  static request::Begin numbered(std::uint64_t sequence) {
    auto begin = transfer({"bank-a", "bank-b"});
    begin.origin.client_session = std::string(16, 's');
    begin.origin.sequence = sequence;
    return begin;
  }
  void commit(const TransactionId& id) {
    vote(a, {id, 1});
    vote(b, {id, 2});
    settle();
    ack(a, {id, 1});
    ack(b, {id, 2});
    settle();
  }
  TransactionId told(engine::ReplyTo to) const {
    const auto* answer = answer_as<answer::Transaction>(to);
    if (answer) return answer->view.id;
    const auto* refused = answer_as<answer::Refused>(to);
    return refused && refused->transaction ? refused->transaction->id : TransactionId{};
  }
  engine::ConnectionId a = 0, b = 0;
};

TEST(IdempotencyKey, ARepeatWhileTheFirstRunsWaitsWithIt) {
  Banks world;
  const auto first = world.ask(Banks::keyed());
  const auto second = world.ask(Banks::keyed());
  world.settle();
  EXPECT_EQ(world.answer(second), nullptr);
  world.commit(world.id(1));
  EXPECT_EQ(world.told(first), world.id(1));
  EXPECT_EQ(world.told(second), world.id(1));
  EXPECT_EQ(world.engine().stats().begun, 1u);
}

TEST(IdempotencyKey, ARepeatAfterwardsAndAfterACrashHearsTheFirstAnswer) {
  Banks world;
  world.ask(Banks::keyed());
  world.settle();
  const TransactionId id = world.id(1);
  world.commit(id);
  const auto again = world.ask(Banks::keyed());
  world.settle();
  EXPECT_EQ(world.told(again), id);

  world.crash();
  world.reconnect("2");
  const auto after = world.ask(Banks::keyed());
  world.settle();
  EXPECT_EQ(world.told(after), id);
  EXPECT_EQ(world.engine().stats().begun, 0u);
}

TEST(IdempotencyKey, AnAbortIsRepeatedAcrossACrash) {
  Banks world;
  const auto first = world.ask(Banks::keyed());
  world.settle();
  const TransactionId id = world.id(1);
  world.vote(world.a, {id, 1}, VoteKind::kAbort);
  EXPECT_EQ(world.answer(first), nullptr) << "the reply rests on AbortTold";
  world.settle();
  EXPECT_EQ(world.refusal(first), "aborted");
  world.crash();
  world.reconnect("2");
  const auto again = world.ask(Banks::keyed());
  world.settle();
  EXPECT_EQ(world.refusal(again), "aborted");
  EXPECT_EQ(world.told(again), id);
}

TEST(IdempotencyKey, AnotherRequestUnderTheSameKeyIsRefused) {
  Banks world;
  world.ask(Banks::keyed("hash-1"));
  const auto running = world.ask(Banks::keyed("hash-2"));
  world.settle();
  world.commit(world.id(1));
  const auto finished = world.ask(Banks::keyed("hash-2"));
  world.settle();
  EXPECT_EQ(world.refusal(running), "idempotency-key-reused");
  EXPECT_EQ(world.refusal(finished), "idempotency-key-reused");
}

TEST(IdempotencyKey, AKeyWhoseTransactionDiedUndecidedIsFreeAgain) {
  Banks world;
  world.ask(Banks::keyed());
  world.settle();
  const TransactionId lost = world.id(1);
  world.crash();
  world.reconnect("2");
  const auto again = world.ask(Banks::keyed());
  world.settle();
  world.commit(world.id(1));
  EXPECT_EQ(world.told(again), world.id(1));
  EXPECT_NE(world.told(again), lost);
}

TEST(IdempotencyKey, AKeyOlderThanItsRetentionIsFreeAgain) {
  Banks world;
  world.ask(Banks::keyed());
  world.settle();
  world.commit(world.id(1));
  world.pass(Limits{}.key_retain_ms + 1);
  world.ask(Banks::keyed());
  world.settle();
  EXPECT_EQ(world.engine().stats().begun, 2u);
}

TEST(ClientSession, ARepeatedSequenceIsNotExecutedAgain) {
  Banks world;
  const auto first = world.ask(Banks::numbered(1), world.epoch());
  const auto second = world.ask(Banks::numbered(1), world.epoch());
  world.commit(world.id(1));
  const auto third = world.ask(Banks::numbered(1), world.epoch());
  world.settle();
  EXPECT_EQ(world.told(first), world.id(1));
  EXPECT_EQ(world.told(second), world.id(1));
  EXPECT_EQ(world.told(third), world.id(1));
  EXPECT_EQ(world.engine().stats().begun, 1u);
}

TEST(ClientSession, ARequestOfAnEarlierEpochGetsItsRecordedCommitElseAborted) {
  Banks world;
  const EpochId first_epoch = world.epoch();
  world.ask(Banks::numbered(1), first_epoch);
  world.ask(Banks::numbered(2), first_epoch);
  const TransactionId id = world.id(1);
  world.commit(id);
  world.crash();
  world.reconnect("2");
  const auto committed = world.ask(Banks::numbered(1), first_epoch);
  const auto aborted = world.ask(Banks::numbered(2), first_epoch);
  world.settle();
  EXPECT_EQ(world.told(committed), id);
  EXPECT_EQ(world.refusal(aborted), "aborted");
  EXPECT_EQ(world.engine().stats().begun, 0u);
}

TEST(ClientSession, WhatIsWrongWithARequestIsNotToldWhenItWasExecutedUnderEarlierLimits) {
  Banks world;
  world.ask(Banks::numbered(1), world.epoch());
  world.commit(world.id(1));
  const Problem problem{Slug::kBadField, "timeoutMs is above max-timeout-ms", "/timeoutMs"};
  const auto with_problem = [&](std::uint64_t sequence) {
    world.inbox.push_back(
        engine::ClientRequest{1'000 + sequence, Banks::numbered(sequence),
                              engine::InSession{std::string(16, 's'), sequence, 0, world.epoch(), problem}});
    world.settle();
    return 1'000 + sequence;
  };
  EXPECT_EQ(world.told(with_problem(1)), world.id(1));
  EXPECT_EQ(world.refusal(with_problem(2)), "bad-field");
}

TEST(ClientSession, AnOldCopySaysNothingAboutEarlierEpochs) {
  Banks world;
  const EpochId first_epoch = world.epoch();
  world.crash();
  session::Hello hello;
  hello.participant = "bank-c";
  hello.instance = "i";
  hello.seen = {{World::kLog, world.epoch(), world.log.durable() + 1}};
  world.connect(hello);
  EXPECT_EQ(world.refusal(world.ask(Banks::numbered(5), first_epoch)), "ask-operator");
}

TEST(ClientSession, ARequestOfAnEpochTheLogNeverHadIsForTheOperator) {
  Banks world;
  const auto ask = world.ask(Banks::numbered(1), EpochId{9, 9});
  world.settle();
  EXPECT_EQ(world.refusal(ask), "ask-operator");
}

}  // namespace
}  // namespace troth::test
