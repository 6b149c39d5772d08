// The numbers that /metrics shows, for work that is known to the last message.
#include "tests/engine/world.h"

namespace troth::test {
namespace {

using engine::Delivery;
using engine::Refusal;
using FirstAndRepeat = std::pair<std::uint64_t, std::uint64_t>;

struct Counted : World {
  explicit Counted(Limits limits = {}) : World(limits) { log.auto_durable = true; }

  const engine::Stats& stats() { return engine().stats(); }
  /// Gauges of participants and ages are taken once a second.
  const engine::Stats& a_second_later() {
    pass(1'000);
    return engine().stats();
  }
  engine::ParticipantStats of(const std::string& name) {
    for (const auto& participant : *stats().participants) {
      if (participant.name == name) return participant;
    }
    return {};
  }
  FirstAndRepeat deliveries(Delivery what) {
    const auto& attempts = stats().deliveries[static_cast<std::size_t>(what)];
    return {attempts.first, attempts.repeat};
  }
  std::uint64_t votes(VoteKind vote) { return stats().votes[static_cast<std::size_t>(vote)]; }
  std::uint64_t aborted(AbortReason why) { return stats().aborted_by_reason[static_cast<std::size_t>(why)]; }
  std::uint64_t refused(Refusal why) { return stats().refused[static_cast<std::size_t>(why)]; }
  std::uint64_t live(Phase phase) { return stats().live_by_phase[static_cast<std::size_t>(phase)]; }
  Millis age_of(Millis since) { return since == 0 ? 0 : now.at - since; }
};

TEST(Stats, OneCommitIsCountedOnceEverywhere) {
  Counted world;
  const auto a = world.connect("bank-a");
  const auto b = world.connect("bank-b");
  world.ask(World::transfer({"bank-a", "bank-b"}));
  EXPECT_EQ(world.live(Phase::kPreparing), 1u);
  EXPECT_EQ(world.stats().in_doubt_transactions, 0u);
  world.vote(a, {world.id(1), 1});
  EXPECT_EQ(world.stats().in_doubt_transactions, 1u);
  EXPECT_EQ(world.stats().in_doubt_branches, 1u);
  world.vote(b, {world.id(1), 2});
  EXPECT_EQ(world.stats().in_doubt_branches, 2u);
  EXPECT_EQ(world.stats().undelivered_branches, 2u);
  EXPECT_EQ(world.live(Phase::kCommitting), 1u);
  world.ack(a, {world.id(1), 1});
  EXPECT_EQ(world.stats().undelivered_branches, 1u);
  EXPECT_EQ(world.stats().in_doubt_transactions, 1u);
  world.ack(b, {world.id(1), 2});

  const auto& stats = world.stats();
  EXPECT_EQ(stats.begun, 1u);
  EXPECT_EQ(stats.committed, 1u);
  EXPECT_EQ(world.votes(VoteKind::kCommit), 2u);
  EXPECT_EQ(stats.acks[static_cast<std::size_t>(AckResult::kCommitted)], 2u);
  EXPECT_EQ(world.deliveries(Delivery::kPrepare), (FirstAndRepeat{2, 0}));
  EXPECT_EQ(world.deliveries(Delivery::kCommit), (FirstAndRepeat{2, 0}));
  EXPECT_EQ(world.deliveries(Delivery::kAbort), (FirstAndRepeat{0, 0}));
  EXPECT_EQ(stats.in_doubt_branches + stats.in_doubt_transactions + stats.undelivered_branches, 0u);
  for (const auto count : stats.live_by_phase) EXPECT_EQ(count, 0u);
  EXPECT_EQ(stats.transaction_ms[0].count, 1u);
  EXPECT_EQ(stats.transaction_ms[0].sum_ms, 2) << "a millisecond a turn, from begin to the second vote";
  EXPECT_EQ(stats.prepare_ms.count, 1u);
  EXPECT_EQ(stats.decide_ms.count, 1u);
  EXPECT_EQ(stats.log_ms.count, 1u);
  EXPECT_EQ(stats.complete_ms.count, 1u);
  EXPECT_EQ(stats.appended_lsn, world.log.records().size());
}

TEST(Stats, TheWaitForTheLogIsFromTheDecisionToItsSync) {
  World world;
  const auto a = world.connect("bank-a");
  world.settle();
  world.ask(World::transfer({"bank-a"}));
  world.ask(World::transfer({"bank-a"}));
  world.inbox.push_back(engine::SessionSaid{a, session::Vote{{world.id(1), 1}, VoteKind::kCommit, ""}});
  world.inbox.push_back(engine::SessionSaid{a, session::Vote{{world.id(2), 1}, VoteKind::kCommit, ""}});
  world.turn();
  world.pass(19);
  EXPECT_EQ(world.engine().stats().log_ms.count, 0u);
  world.log.sync();
  world.turn();
  EXPECT_EQ(world.engine().stats().log_ms.count, 2u) << "two decisions of one turn, one sync";
  EXPECT_EQ(world.engine().stats().log_ms.sum_ms, 2 * 21);
}

TEST(Stats, AbortsAreCountedByTheirReason) {
  Counted world;
  const auto a = world.connect("bank-a");
  world.ask(World::transfer({"bank-a"}));
  world.vote(a, {world.id(1), 1}, VoteKind::kAbort);
  world.ask(World::transfer({}, false));
  world.ask(request::Abort{world.id(2), ""});
  world.ask(World::transfer({"bank-a"}));
  world.pass(30'000);
  EXPECT_EQ(world.aborted(AbortReason::kVote), 1u);
  EXPECT_EQ(world.aborted(AbortReason::kClient), 1u);
  EXPECT_EQ(world.aborted(AbortReason::kDeadline), 1u);
  EXPECT_EQ(world.stats().committed, 0u);
  EXPECT_EQ(world.stats().begun, 3u);
  EXPECT_EQ(world.votes(VoteKind::kAbort), 1u);
  EXPECT_EQ(world.deliveries(Delivery::kAbort), (FirstAndRepeat{1, 0})) << "the one that voted abort need not hear it";
  EXPECT_EQ(world.stats().transaction_ms[1].count, 3u);
  EXPECT_GE(world.stats().transaction_ms[1].sum_ms, 30'000);
}

TEST(Stats, WhileAParticipantIsAwayItsDoubtGrowsOldAndThenIsNoMore) {
  Counted world;
  const auto a = world.connect("bank-a");
  const auto b = world.connect("bank-b");
  world.ask(World::transfer({"bank-a", "bank-b"}));
  world.vote(a, {world.id(1), 1});
  world.vote(b, {world.id(1), 2});
  world.ack(a, {world.id(1), 1});
  world.disconnect(b);
  world.a_second_later();
  EXPECT_EQ(world.of("bank-b").instances, 0u);
  EXPECT_EQ(world.of("bank-b").in_doubt, 1u);
  EXPECT_EQ(world.of("bank-b").undelivered, 1u);
  EXPECT_EQ(world.of("bank-b").unsettled, 1u);
  EXPECT_EQ(world.of("bank-a").in_doubt + world.of("bank-a").undelivered, 0u);
  const Millis young = world.age_of(world.of("bank-b").in_doubt_since);
  EXPECT_GE(young, 1'000);
  EXPECT_LT(young, 1'200);
  world.pass(60'000);
  EXPECT_EQ(world.age_of(world.of("bank-b").in_doubt_since), young + 60'001);
  EXPECT_EQ(world.of("bank-a").in_doubt_since, 0);
  EXPECT_GE(world.age_of(world.stats().in_doubt_since), young + 60'000) << "as old as the oldest of all";
  EXPECT_GE(world.age_of(world.stats().undelivered_since), 61'000);
  EXPECT_EQ(world.stats().undecided_since, 0);

  const auto again = world.connect("bank-b", "i", "2");
  EXPECT_EQ(world.deliveries(Delivery::kCommit), (FirstAndRepeat{2, 1})) << "to bank-a, to bank-b, again to bank-b";
  world.ack(again, {world.id(1), 2});
  world.a_second_later();
  EXPECT_EQ(world.of("bank-b").in_doubt + world.of("bank-b").undelivered + world.of("bank-b").unsettled, 0u);
  EXPECT_EQ(world.of("bank-b").in_doubt_since, 0);
  EXPECT_EQ(world.stats().in_doubt_since, 0);
  EXPECT_EQ(world.stats().undelivered_since, 0);
}

TEST(Stats, WhatIsBeingPreparedIsAsOldAsTheAskingForItsCommit) {
  Counted world;
  world.connect("bank-a");
  world.ask(World::transfer({}, false));
  world.pass(5'000);
  EXPECT_EQ(world.stats().undecided_since, 0) << "nobody asked for its commit";
  world.ask(request::Enlist{world.id(1), {"bank-a", "", PayloadType::kJson, "{}"}});
  world.ask(request::Commit{world.id(1), Wait::kDecided, {}});
  world.a_second_later();
  EXPECT_GE(world.age_of(world.stats().undecided_since), 1'000);
  EXPECT_LT(world.age_of(world.stats().undecided_since), 1'200) << "not the time that its client took";
  world.pass(30'000);
  world.a_second_later();
  EXPECT_EQ(world.stats().undecided_since, 0) << "its deadline has decided it";
}

TEST(Stats, AHeuristicThatAnOperatorMadeIsCounted) {
  Counted world;
  const auto a = world.connect("bank-a");
  world.ask(World::transfer({"bank-a"}));
  world.vote(a, {world.id(1), 1});
  world.ask(request::Resolve{{world.id(1), 1}, ResolveAction::kAbort, "by hand", "alice", true, false, {}});
  EXPECT_EQ(world.stats().heuristics_by_kind[static_cast<std::size_t>(HeuristicKind::kAbort)], 1u);
}

TEST(Stats, ARestartKnowsSinceWhenItsBranchesAreInDoubt) {
  Counted world;
  const auto a = world.connect("bank-a");
  world.ask(World::transfer({"bank-a"}));
  world.vote(a, {world.id(1), 1});
  const TransactionId id = world.id(1);
  world.pass(600'000);
  world.crash();
  EXPECT_EQ(world.of("bank-a").in_doubt, 1u) << "before its first turn";
  EXPECT_GE(world.age_of(world.stats().in_doubt_since), 600'000);
  world.a_second_later();
  EXPECT_EQ(world.stats().in_doubt_transactions, 1u);
  EXPECT_EQ(world.of("bank-a").undelivered, 1u);
  EXPECT_GE(world.age_of(world.of("bank-a").in_doubt_since), 600'000);
  EXPECT_LT(world.age_of(world.of("bank-a").in_doubt_since), 602'000);
  EXPECT_EQ(world.stats().committed, 0u) << "that was another process";
  const auto again = world.connect("bank-a", "i", "2");
  EXPECT_EQ(world.deliveries(Delivery::kCommit), (FirstAndRepeat{0, 1})) << "the start before may have sent it";
  world.ack(again, {id, 1});
  EXPECT_EQ(world.stats().in_doubt_transactions, 0u);
}

TEST(Stats, AHeuristicIsUnresolvedUntilItIsForgotten) {
  Counted world;
  const auto a = world.connect("bank-a");
  world.ask(World::transfer({"bank-a"}));
  world.vote(a, {world.id(1), 1});
  world.ack(a, {world.id(1), 1}, AckResult::kUnknownBranch);
  EXPECT_EQ(world.stats().heuristics_unresolved, 1u);
  EXPECT_EQ(world.stats().heuristics_by_kind[static_cast<std::size_t>(HeuristicKind::kHazard)], 1u);
  EXPECT_EQ(world.stats().in_doubt_branches, 0u);
  world.ask(request::Resolve{{world.id(1), 1}, ResolveAction::kForget, "seen", "", false, false, {}});
  EXPECT_EQ(world.stats().heuristics_unresolved, 0u);
  EXPECT_EQ(world.stats().heuristics_by_kind[static_cast<std::size_t>(HeuristicKind::kHazard)], 1u) << "it happened";
}

TEST(Stats, WhatABulkheadRefusesIsCountedForItsParticipant) {
  Limits limits;
  limits.max_unsettled = 1;
  limits.max_branches = 2;
  limits.max_live = 3;
  limits.max_participants = 2;
  Counted world(limits);
  world.connect("bank-a");
  world.connect("bank-b");
  world.connect("bank-c");
  EXPECT_EQ(world.refused(Refusal::kMaxParticipants), 1u);
  world.ask(World::transfer({"bank-a"}, false));
  EXPECT_EQ(world.refusal(world.ask(World::transfer({"bank-a"}))), "limit-reached");
  EXPECT_EQ(world.refusal(world.ask(World::transfer({"bank-b"}, false))), "") << "the other one costs it nothing";
  EXPECT_EQ(world.refused(Refusal::kMaxUnsettled), 1u);
  EXPECT_EQ(world.refusal(world.ask(World::transfer({"bank-a", "bank-b", "bank-b"}))), "too-many-branches");
  EXPECT_EQ(world.refused(Refusal::kMaxBranches), 1u);
  world.ask(World::transfer({}, false));
  EXPECT_EQ(world.refusal(world.ask(World::transfer({}, false))), "limit-reached");
  EXPECT_EQ(world.refused(Refusal::kMaxLive), 1u);
  world.a_second_later();
  EXPECT_EQ(world.of("bank-a").refused, 1u);
  EXPECT_EQ(world.of("bank-b").refused, 0u);
  world.log.reserve = false;
  world.ask(World::transfer({}, false));
  EXPECT_EQ(world.refused(Refusal::kDiskFull), 1u);
}

TEST(Stats, ARemovedParticipantIsNoLongerShown) {
  Counted world;
  world.connect("bank-a");
  world.connect("bank-b");
  world.a_second_later();
  EXPECT_EQ(world.stats().participants->size(), 2u);
  world.ask(request::RemoveParticipant{"bank-a"});
  world.a_second_later();
  ASSERT_EQ(world.stats().participants->size(), 1u);
  EXPECT_EQ(world.stats().participants->front().name, "bank-b");
}

}  // namespace
}  // namespace troth::test
