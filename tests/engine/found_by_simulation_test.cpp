// What the simulator found (tests/sim), each as the shortest story that shows it. CHANGELOG.md names the seeds.
#include <gtest/gtest.h>

#include "tests/engine/world.h"

namespace troth::test {
namespace {

/// A world in which `a` is a callback participant.
struct CallbackWorld : World {
  explicit CallbackWorld(Limits limits = {}) : World(limits) {
    fact::ParticipantRegistered registered;
    registered.name = "a";
    registered.kind = ParticipantKind::kCallback;
    registered.url = "http://127.0.0.1:9000";
    const auto record = recovery::to_record(registered);
    log.append({&record, 1});
    log.sync();
    crash();
  }
  std::size_t aborts() const {
    return static_cast<std::size_t>(std::count_if(sent.begin(), sent.end(), [](const auto& message) {
      const auto* post = std::get_if<engine::ToCallback>(&message);
      return post && std::holds_alternative<session::Abort>(post->message);
    }));
  }
};

request::Begin keyed(const char* key) {
  auto begin = World::transfer({"a"});
  begin.origin.key = key;
  begin.origin.request_hash = "0123456789abcdef";
  return begin;
}

TEST(FoundBySimulation, AKeyWhoseTransactionARestartAbortedIsNotBegunAnewWhenThatIsOver) {
  CallbackWorld world;
  world.ask(keyed("k"));
  world.settle();  // PrepareStarted is durable
  const BranchId branch{world.id(1), 1};
  world.crash();
  world.settle();
  const auto first = world.ask(keyed("k"));
  world.settle();
  EXPECT_EQ(world.refusal(first), "aborted");
  world.inbox.push_back(engine::CallbackSaid{"a", session::Ack{branch, AckResult::kAborted}});
  world.settle();  // the transaction is over and gone
  const auto late = world.ask(keyed("k"));
  world.settle();
  EXPECT_EQ(world.refusal(late), "aborted") << "who was told aborted must not see it commit";
}

TEST(FoundBySimulation, AnAcknowledgedBranchOfARetiredParticipantDoesNotKeepItsTransactionAfterARestart) {
  World world;
  const auto a = world.connect("a");
  const auto b = world.connect("b");
  world.settle();
  world.ask(World::transfer({"a", "b"}));
  world.settle();
  const TransactionId id = world.id(1);
  world.vote(a, {id, 1});
  world.vote(b, {id, 2});
  world.settle();
  world.ack(a, {id, 1});  // and then it goes, for good
  world.ask(request::RetireParticipant{"a", "gone", false});
  world.settle();
  world.crash();
  const auto again = world.connect("b");
  world.settle();
  world.ack(again, {id, 2});
  world.settle();
  const auto& live = world.engine().stats().live_by_phase;
  EXPECT_EQ(live[static_cast<std::size_t>(Phase::kCommitting)], 0u) << "nobody can acknowledge for a any more";
}

TEST(FoundBySimulation, AnOldCopyTakesBackTheAbortsItPresumedAtItsStart) {
  CallbackWorld world;
  world.ask(World::transfer({"a"}));
  world.settle();
  const TransactionId id = world.id(1);
  world.crash();  // this start is the copy: its log ends before what the newer one may have decided
  world.settle();
  session::Hello hello;
  hello.participant = "b";
  hello.instance = "i";
  hello.incarnation = "1";
  hello.seen.push_back({World::kLog, world.epoch(), world.log.durable() + 100});
  world.connect(std::move(hello));
  ASSERT_TRUE(world.engine().is_old_copy());
  EXPECT_EQ(world.refusal(world.ask(request::Get{id, std::nullopt})), "ask-operator");
  const auto asked = world.ask(request::GetDecision{{id, 1}});
  ASSERT_TRUE(world.answer_as<answer::Decision>(asked));
  EXPECT_EQ(world.answer_as<answer::Decision>(asked)->view.decision, DecisionKind::kUnknown);
  const std::size_t told = world.aborts();
  world.inbox.push_back(engine::CallbackFailed{{id, 1}, true, "timeout", "", 0});
  world.pass(60'000);
  EXPECT_EQ(world.aborts(), told) << "and tells nobody to abort any more";
}

TEST(OldCopy, TellsFollowersNoAbortThatItPresumed) {
  CallbackWorld world;
  request::Begin begin = World::transfer({"a"});
  begin.origin.key = "k";
  begin.origin.request_hash = std::string(16, 'h');
  world.ask(std::move(begin));
  world.settle();
  const TransactionId id = world.id(1);
  world.sent.clear();
  world.crash();  // the record of the abort that this start presumes is not durable yet: followers wait for it
  session::Hello hello;
  hello.participant = "b";
  hello.instance = "i";
  hello.incarnation = "1";
  hello.seen.push_back({World::kLog, world.epoch(), world.log.durable() + 100});
  world.connect(std::move(hello));
  ASSERT_TRUE(world.engine().is_old_copy());
  world.settle();
  for (const auto& message : world.sent) {
    const auto* told = std::get_if<engine::OutcomesTold>(&message);
    if (!told) continue;
    for (const auto& outcome : told->outcomes) EXPECT_FALSE(outcome.transaction == id);
  }
}

TEST(FoundBySimulation, ACommitWithAHeuristicStaysACommitWhenDetailsAreFew) {
  Limits limits;
  limits.detail_count = 1;
  World world(limits);
  const auto a = world.connect("a");
  world.settle();
  const TransactionId id = world.id(1);
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    const BranchId branch{world.id(sequence), 1};
    world.ask(World::transfer({"a"}));
    world.settle();
    world.vote(a, branch);
    world.settle();
    world.ack(a, branch, AckResult::kHeuristicAbort);
    world.settle();
  }
  for (int restarts = 0; restarts < 2; ++restarts) {
    world.rebuild();
    const auto asked = world.ask(request::Get{id, std::nullopt});
    const auto* shown = world.answer_as<answer::Transaction>(asked);
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->view.outcome, Outcome::kCommitted);
    EXPECT_EQ(shown->view.heuristic, HeuristicKind::kAbort);
  }
}

TEST(FoundBySimulation, ALateVoteIsAnsweredAlsoWhenTheAbortIsShownForAnothersHeuristic) {
  World world;
  world.connect("a");
  world.connect("b");
  world.settle();
  world.ask(World::transfer({"a", "b"}));
  world.settle();
  const TransactionId id = world.id(1);
  world.crash();  // undecided: aborted
  const auto again_a = world.connect("a");
  const auto again_b = world.connect("b");
  world.settle();
  world.ack(again_b, {id, 2}, AckResult::kHeuristicCommit);
  world.settle();
  world.vote(again_a, {id, 1});  // its prepare took long
  world.settle();
  const auto told = world.heard<session::Decision>(again_a);
  ASSERT_EQ(told.size(), 1u) << "it would stay in doubt until its next connection";
  EXPECT_EQ(told[0].decision, DecisionKind::kAbort);
}

}  // namespace
}  // namespace troth::test
