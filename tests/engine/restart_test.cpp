// What a restart must neither lose nor bring back.
#include "tests/engine/world.h"

namespace troth::test {
namespace {

struct Durable : World {
  Durable() { log.auto_durable = true; }
  engine::ConnectionId connect_one_phase(const std::string& name, const std::string& instance, Routing routing,
                                         const std::string& incarnation = "1") {
    session::Hello hello;
    hello.participant = name;
    hello.instance = instance;
    hello.incarnation = incarnation;
    hello.routing = routing;
    hello.capabilities = {"one-phase"};
    return connect(std::move(hello));
  }
  TransactionView shown(const TransactionId& id) {
    const auto* answer = answer_as<answer::Transaction>(ask(request::Get{id, {}}));
    return answer ? answer->view : TransactionView{};
  }
  DecisionKind decision(const BranchId& branch) {
    return answer_as<answer::Decision>(ask(request::GetDecision{branch}))->view.decision;
  }
};

request::Begin one_phase() {
  auto begin = World::transfer({"bank-a"});
  begin.one_phase = true;
  return begin;
}

TEST(Restart, AOnePhaseRequestOfAClientSessionIsNotCalledAbortedWhileItMayCommit) {
  Durable world;
  world.connect_one_phase("bank-a", "i", Routing::kAny);
  auto begin = one_phase();
  begin.origin.client_session = std::string(16, 's');
  begin.origin.sequence = 1;
  const EpochId first = world.epoch();
  world.ask(begin, first);
  const auto id = world.id(1);
  world.crash();
  const auto again = world.ask(begin, first);
  EXPECT_EQ(world.answer(again), nullptr) << "nobody knows yet";
  const auto a = world.connect_one_phase("bank-a", "i", Routing::kAny, "2");
  ASSERT_EQ(world.heard<session::CommitOnePhase>(a).size(), 1u);
  EXPECT_GE(world.heard<session::CommitOnePhase>(a)[0].attempt, 2u);
  world.ack(a, {id, 1});
  ASSERT_NE(world.answer_as<answer::Transaction>(again), nullptr);
  EXPECT_EQ(world.answer_as<answer::Transaction>(again)->view.id, id);
}

TEST(Restart, AOnePhaseAbortThatWasToldIsNotAskedAgain) {
  World world;
  world.log.auto_durable = true;
  session::Hello hello;
  hello.participant = "bank-a";
  hello.instance = "i";
  hello.capabilities = {"one-phase"};
  const auto a = world.connect(hello);
  world.log.auto_durable = false;
  const auto request = world.ask(one_phase());
  world.settle();
  world.ack(a, {world.id(1), 1}, AckResult::kAborted);
  EXPECT_EQ(world.answer(request), nullptr) << "told before it is durable";
  const auto id = world.id(1);
  world.log.sync_to(world.log.durable() + 1);
  world.turn();
  EXPECT_EQ(world.refusal(request), "aborted");
  world.crash();
  const auto again = world.connect(hello);
  world.settle();
  EXPECT_TRUE(world.heard<session::CommitOnePhase>(again).empty());
  const auto get = world.ask(request::Get{id, {}});
  world.settle();
  EXPECT_EQ(world.answer_as<answer::Transaction>(get)->view.outcome, Outcome::kAborted);
}

TEST(Restart, AFinishedTransactionWithAHeuristicSendsNothingAgain) {
  Durable world;
  const auto a = world.connect("bank-a");
  const auto b = world.connect("bank-b");
  world.ask(World::transfer({"bank-a", "bank-b"}));
  const auto id = world.id(1);
  world.vote(a, {id, 1});
  world.vote(b, {id, 2});
  world.ack(a, {id, 1}, AckResult::kHeuristicAbort);
  world.ack(b, {id, 2});
  world.crash();
  const auto again = world.connect("bank-b", "i", "2");
  EXPECT_TRUE(world.heard<session::Commit>(again).empty());
  EXPECT_EQ(world.shown(id).phase, Phase::kFinished);
  EXPECT_EQ(world.shown(id).heuristic, HeuristicKind::kAbort);
}

TEST(Restart, AForgottenHeuristicStaysForgottenWhileAnotherBranchIsUnsettled) {
  Durable world;
  const auto a = world.connect("bank-a");
  const auto b = world.connect("bank-b");
  world.ask(World::transfer({"bank-a", "bank-b"}));
  const auto id = world.id(1);
  world.vote(a, {id, 1});
  world.vote(b, {id, 2});
  world.ack(a, {id, 1}, AckResult::kHeuristicAbort);
  world.ask(request::Resolve{{id, 1}, ResolveAction::kForget, "repaired by hand", "ann", false, false, {}});
  world.crash();
  const auto again = world.connect("bank-a", "i", "2");
  EXPECT_TRUE(world.heard<session::Commit>(again).empty());
  EXPECT_EQ(world.decision({id, 1}), DecisionKind::kUnknown);
  EXPECT_EQ(world.decision({id, 2}), DecisionKind::kCommit);
}

TEST(Restart, DetailsOfARestoredCommitAreKeptWhenItFinishes) {
  Durable world;
  const auto a = world.connect("bank-a");
  auto begin = World::transfer({"bank-a"});
  begin.label = "order-1";
  world.ask(begin);
  const auto id = world.id(1);
  world.vote(a, {id, 1});
  world.crash();
  const auto again = world.connect("bank-a", "i", "2");
  world.ack(again, {id, 1});
  EXPECT_EQ(world.shown(id).label, "order-1");
  EXPECT_EQ(world.shown(id).branches.size(), 1u);
  EXPECT_EQ(world.decision({id, 1}), DecisionKind::kCommit);
}

TEST(Restart, DetailsOfACommitOutliveARestartAndWhateverFinishesNext) {
  Durable world;
  const auto a = world.connect("bank-a");
  for (std::uint64_t i = 1; i <= 3; ++i) {
    world.ask(World::transfer({"bank-a"}));
    world.vote(a, {world.id(i), 1});
    world.ack(a, {world.id(i), 1});
  }
  const std::vector<TransactionId> ended = {world.id(1), world.id(2), world.id(3)};
  world.crash();
  const auto again = world.connect("bank-a", "i", "2");
  world.ask(World::transfer({"bank-a"}));
  world.vote(again, {world.id(1), 1});
  world.ack(again, {world.id(1), 1});
  for (const TransactionId& id : ended) {
    ASSERT_EQ(world.shown(id).branches.size(), 1u) << to_text(id);
    EXPECT_FALSE(world.shown(id).finished_at) << "Ended carries no time";
    EXPECT_EQ(world.decision({id, 1}), DecisionKind::kCommit);
  }
}

TEST(Restart, EveryHeuristicAgainstAnAbortIsKept) {
  Durable world;
  const auto a = world.connect("bank-a");
  const auto b = world.connect("bank-b");
  auto begin = World::transfer({"bank-a", "bank-b"});
  begin.label = "order-1";
  world.ask(begin);
  const auto id = world.id(1);
  world.ask(request::Abort{id, ""});
  world.ack(b, {id, 2});
  const auto watching = world.ask(request::Get{id, world.shown(id).revision});
  world.ack(a, {id, 1}, AckResult::kHeuristicMixed);
  EXPECT_EQ(world.shown(id).label, "order-1");
  EXPECT_EQ(world.shown(id).branches[0].heuristic, HeuristicKind::kMixed);
  EXPECT_EQ(world.shown(id).branches[1].heuristic, HeuristicKind::kCommit);
  EXPECT_NE(world.answer(watching), nullptr) << "a long poll hears of the second report";
  world.crash();
  EXPECT_EQ(world.shown(id).branches[0].heuristic, HeuristicKind::kMixed);
  EXPECT_EQ(world.shown(id).branches[1].heuristic, HeuristicKind::kCommit);
}

TEST(OnePhase, AJoinedBranchIsAskedAgainAfterItsProcessRestarted) {
  Durable world;
  const auto a = world.connect_one_phase("bank-a", "i", Routing::kAny);
  auto begin = one_phase();
  begin.branches.clear();
  begin.commit = false;
  world.ask(begin);
  const auto id = world.id(1);
  world.say(a, session::Enlist{id, "k"});
  const auto commit = world.ask(request::Commit{id, Wait::kDecided, {}});
  ASSERT_EQ(world.heard<session::CommitOnePhase>(a).size(), 1u);
  world.disconnect(a);
  const auto again = world.connect_one_phase("bank-a", "other", Routing::kAny, "2");
  ASSERT_EQ(world.heard<session::CommitOnePhase>(again).size(), 1u);
  world.ack(again, {id, 1});
  EXPECT_EQ(world.answer_as<answer::Transaction>(commit)->view.outcome, Outcome::kCommitted);
}

TEST(OnePhase, AJoinedBranchWhoseMessageNeverLeftIsAskedWhenItsParticipantIsBack) {
  Durable world;
  const auto a = world.connect_one_phase("bank-a", "i", Routing::kAny);
  auto begin = one_phase();
  begin.branches.clear();
  begin.commit = false;
  world.ask(begin);
  const auto id = world.id(1);
  world.say(a, session::Enlist{id, "k"});
  const auto commit = world.ask(request::Commit{id, Wait::kDecided, {}});
  world.disconnect(a, {{id, 1}});
  const auto again = world.connect_one_phase("bank-a", "i", Routing::kAny, "2");
  ASSERT_EQ(world.heard<session::CommitOnePhase>(again).size(), 1u);
  world.ack(again, {id, 1}, AckResult::kAborted);
  EXPECT_EQ(world.refusal(commit), "aborted");
}

/// A restored log knows that it began, and nobody knows what became of it: a repeat must not execute it again.
TEST(Restart, TheKeyOfATransactionInAGapBeginsNothing) {
  Durable world;
  const EpochId lost = world.epoch();
  fact::PrepareStarted begun{world.id(7), {}, {"key-1", "hash-1", {}, 0, 0}, {}, {}, 0};
  for (const Fact& fact : {Fact{begun}, Fact{fact::GapOpened{lost, {lost.epoch + 3, 0}, 0}}}) {
    const auto record = recovery::to_record(fact);
    world.log.append({&record, 1});
  }
  world.crash();
  auto again = World::transfer({"bank-a"});
  again.origin.key = "key-1";
  again.origin.request_hash = "hash-1";
  const auto* refused = world.answer_as<answer::Refused>(world.ask(again));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->problem.slug, Slug::kAskOperator);
  again.origin.request_hash = "another";
  const auto* reused = world.answer_as<answer::Refused>(world.ask(again));
  ASSERT_TRUE(reused);
  EXPECT_EQ(reused->problem.slug, Slug::kIdempotencyKeyReused);
}

TEST(OnePhase, WorkForAPinnedParticipantOrOneThatIsAwayTakesTwoPhases) {
  Durable world;
  const auto a = world.connect_one_phase("bank-a", "i", Routing::kPinned);
  world.ask(one_phase());
  EXPECT_EQ(world.heard<session::Prepare>(a).size(), 1u);
  EXPECT_TRUE(world.heard<session::CommitOnePhase>(a).empty());
}

}  // namespace
}  // namespace troth::test
