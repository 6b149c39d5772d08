// What is forgotten, and when: marks, the horizon, and what stays below it.
#include "coordinator/engine/history.h"
#include "tests/engine/world.h"

namespace troth::test {
namespace {

Limits short_memory() {
  Limits limits;
  limits.retain_ms = 64'000;
  limits.key_retain_ms = 128'000;
  return limits;
}
constexpr Millis kInterval = 2'000;
constexpr Millis kRetain = 64'000;

struct Retention : ::testing::Test, World {
  Retention() : World(short_memory()) { log.auto_durable = true; }

  template <class T>
  std::vector<T> logged() const {
    std::vector<T> facts;
    for (const auto& record : log.records()) {
      const auto fact = codec::decode_fact(record.kind, record.body);
      if (const auto* wanted = fact ? std::get_if<T>(&*fact) : nullptr) facts.push_back(*wanted);
    }
    return facts;
  }
  void commit_one(engine::ConnectionId bank) {
    ask(transfer({"bank-a"}));
    const BranchId branch{id(++begun_), 1};
    vote(bank, branch);
    ack(bank, branch);
  }
  std::string fate(const TransactionId& of) {
    const auto reply = ask(request::Get{of, {}});
    const auto* told = answer_as<answer::Transaction>(reply);
    if (!told) return refusal(reply);
    return told->view.outcome ? std::string(word(*told->view.outcome)) : "live";
  }
  std::uint64_t begun_ = 0;
};

TEST_F(Retention, NotesAMarkEachIntervalAndWaitsForNoneOfThem) {
  const auto bank = connect("bank-a");
  commit_one(bank);
  pass(kInterval);
  commit_one(bank);
  pass(kInterval);
  const auto marks = logged<fact::Mark>();
  ASSERT_EQ(marks.size(), 2u);
  EXPECT_EQ(marks[0].id, id(2));
  EXPECT_EQ(marks[1].id, id(3));
  EXPECT_EQ(marks[0].lsn, 0u);
  EXPECT_LT(marks[0].at, marks[1].at);
  for (const auto& record : log.records()) {
    const bool is_mark = record.kind == codec::kind_of(Fact(fact::Mark{}));
    EXPECT_FALSE(is_mark && record.forced);
  }
  EXPECT_LE(engine().wake_due(), now.due + kInterval);
}

TEST_F(Retention, GoesOnWithTheIntervalOfTheStartBefore) {
  connect("bank-a");
  pass(kInterval);
  ASSERT_EQ(logged<fact::Mark>().size(), 1u);
  crash();
  turn();
  EXPECT_EQ(logged<fact::Mark>().size(), 1u);
  now.at += kInterval;
  crash();
  turn();
  EXPECT_EQ(logged<fact::Mark>().size(), 2u);
  EXPECT_EQ(logged<fact::Mark>()[1].id, id(1));
}

TEST_F(Retention, NotesNoMarkWhileTheClockIsSetBack) {
  connect("bank-a");
  pass(kInterval);
  now.at -= 10 * kInterval;
  pass(kInterval);
  EXPECT_EQ(logged<fact::Mark>().size(), 1u);
  pass(10 * kInterval);
  EXPECT_EQ(logged<fact::Mark>().size(), 2u);
}

TEST_F(Retention, DropsNothingAndTellsNobodyBeforeTheHorizonIsDurable) {
  const auto bank = connect("bank-a");
  commit_one(bank);
  pass(kInterval);
  log.auto_durable = false;
  pass(kRetain);
  ASSERT_EQ(logged<fact::Horizon>().size(), 1u);
  EXPECT_EQ(engine().stats().remembered_commits, 1u);
  for (const auto& forget : heard<session::Forget>(bank)) EXPECT_EQ(forget.horizon, TransactionId{});
  crash();
  log.auto_durable = true;
  EXPECT_EQ(fate({kLog, 0, {1, 78}, 1}), "committed");
}

TEST_F(Retention, TellsEverySessionOfADurableHorizonAndAWelcomeAfterwards) {
  const auto bank = connect("bank-a");
  const auto shop = connect("shop");
  commit_one(bank);
  pass(kInterval);
  pass(kRetain);
  turn();
  EXPECT_EQ(fate(id(1)), "expired");
  for (const auto session : {bank, shop}) {
    ASSERT_FALSE(heard<session::Forget>(session).empty());
    const auto forget = heard<session::Forget>(session).back();
    EXPECT_EQ(forget.horizon, id(2));
    EXPECT_TRUE(forget.branches.empty());
  }
  const auto late = connect("late");
  EXPECT_EQ(heard<session::Welcome>(late).at(0).horizon, id(2));
  pass(1'000);
  EXPECT_EQ(engine().stats().remembered_commits, 0u);
}

TEST_F(Retention, WaitsForWhatIsUndecidedOrUnderWay) {
  const auto bank = connect("bank-a");
  ask(transfer({"bank-a"}, false));
  ++begun_;
  commit_one(bank);
  pass(kInterval);
  pass(20'000);  // not yet at its deadline
  ask(request::Commit{id(1), Wait::kDecided, {}});
  vote(bank, {id(1), 1});
  pass(kRetain);
  turn();
  EXPECT_EQ(fate(id(1)), "committed");
  EXPECT_EQ(fate(id(2)), "committed");
  ack(bank, {id(1), 1});
  pass(kInterval);
  turn();
  EXPECT_EQ(fate(id(1)), "expired");
  EXPECT_EQ(fate(id(2)), "expired");
}

TEST_F(Retention, AnOldCopyMovesNoHorizon) {
  const auto bank = connect("bank-a");
  commit_one(bank);
  pass(kInterval);
  session::Hello hello;
  hello.participant = "bank-a";
  hello.instance = "i";
  hello.seen = {{kLog, {9, 9}, 1}};
  connect(hello);
  ASSERT_TRUE(engine().is_old_copy());
  pass(kRetain);
  pass(kRetain);
  EXPECT_TRUE(logged<fact::Horizon>().empty());
}

TEST_F(Retention, BelowTheHorizonAKeyStillHasItsAnswerAfterARebuild) {
  const auto bank = connect("bank-a");
  auto begin = transfer({"bank-a"});
  begin.origin.key = "k";
  begin.origin.request_hash = std::string(16, 'h');
  ask(begin);
  vote(bank, {id(1), 1});
  ack(bank, {id(1), 1});
  const auto first = id(1);
  pass(kInterval);
  pass(kRetain);
  turn();
  EXPECT_EQ(fate(first), "expired");
  rebuild();
  EXPECT_EQ(fate(first), "expired");
  const auto again = ask(begin);
  turn();
  ASSERT_NE(answer_as<answer::Transaction>(again), nullptr);
  EXPECT_EQ(answer_as<answer::Transaction>(again)->view.id, first);
}

TEST(History, DropsBelowTheHorizonAFewAtATimeAndStillKeepsNoMoreThanItMay) {
  engine::History history(5, 1'000'000);
  const auto id = [](std::uint64_t sequence) { return TransactionId{World::kLog, 0, {1, 1}, sequence}; };
  const auto kind = codec::kind_of(Fact(fact::CommitDecided{}));
  for (std::uint64_t i = 1; i <= 5; ++i) history.add(id(i), kind, "", 1, 1, 1, 1);
  history.drop_before(id(4), 2);
  EXPECT_EQ(history.size(), 3u);
  history.drop_before(id(4), 2);
  EXPECT_EQ(history.size(), 2u);
  for (std::uint64_t i = 6; i <= 20; ++i) history.add(id(i), kind, "", 1, 1, 1, 1);
  EXPECT_EQ(history.size(), 5u);
  std::vector<std::uint64_t> left;
  history.walk({}, [&left](const TransactionId& one) { return left.push_back(one.sequence), true; });
  EXPECT_EQ(left, (std::vector<std::uint64_t>{16, 17, 18, 19, 20}));
}

TEST(History, WhatNobodyKnowsTheEndOfIsAsOldAsWhatIsKnownOfIt) {
  engine::History history(10, 1'000);
  const auto id = [](std::uint64_t sequence) { return TransactionId{World::kLog, 0, {1, 1}, sequence}; };
  const auto kind = codec::kind_of(Fact(fact::CommitDecided{}));
  history.add(id(1), kind, "", 1, 1, 0, 50'000);
  history.add(id(2), kind, "", 1, 1, 50'900, 50'900);
  EXPECT_EQ(history.size(), 2u);
  history.add(id(3), kind, "", 1, 1, 51'001, 51'001);
  EXPECT_EQ(history.size(), 2u) << "the first is too old now";
}

}  // namespace
}  // namespace troth::test
