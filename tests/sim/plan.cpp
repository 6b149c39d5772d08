#include "tests/sim/plan.h"

#include "tests/sim/rng.h"

namespace troth::sim {
namespace {

constexpr std::uint32_t kPercent = 100;  // of 10,000

void plan_people(Plan& plan, Rng& rng) {
  const std::uint64_t count = 3 + rng.below(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    ParticipantPlan one;
    one.name = "p" + std::to_string(i + 1);
    if (rng.chance(20 * kPercent)) {
      one.kind = ParticipantKind::kCallback;
      one.asks = rng.chance(30 * kPercent);
    } else {
      one.routing = rng.chance(25 * kPercent) ? Routing::kPinned : Routing::kAny;
      if (one.routing == Routing::kAny && rng.chance(30 * kPercent)) {
        one.instances = 2 + static_cast<std::uint32_t>(rng.below(2));
      }
    }
    plan.participants.push_back(std::move(one));
  }
  plan.clients = 2 + static_cast<std::uint32_t>(rng.below(3));
  plan.transactions = 20 + static_cast<std::uint32_t>(rng.below(8));
}

/// About a third of the histories have any one of these, so most have several and some have none of them.
void plan_network(Plan& plan, Rng& rng) {
  if (rng.chance(35 * kPercent)) plan.loss = static_cast<std::uint32_t>(rng.below(50 * kPercent + 1));
  if (rng.chance(35 * kPercent)) plan.duplication = static_cast<std::uint32_t>(rng.below(30 * kPercent + 1));
  if (rng.chance(30 * kPercent)) {
    plan.long_delay = static_cast<std::uint32_t>(rng.below(5 * kPercent));
    plan.long_delay_max = rng.between(100, 20'000) * kMillisecond;  // up to ten times the longest timeout
  }
  if (rng.chance(20 * kPercent)) plan.latency_max = rng.between(5, 60) * kMillisecond;
  if (rng.chance(20 * kPercent)) plan.sync_max = rng.between(5, 100) * kMillisecond;
  if (rng.chance(30 * kPercent)) plan.partitions = 1 + static_cast<std::uint32_t>(rng.below(3));
  if (rng.chance(45 * kPercent)) plan.pauses = 1 + static_cast<std::uint32_t>(rng.below(3));
  if (rng.chance(20 * kPercent)) plan.clock_jumps = 1 + static_cast<std::uint32_t>(rng.below(3));
}

void plan_crashes(Plan& plan, Rng& rng) {
  plan.coordinator_kills = 1 + static_cast<std::uint32_t>(rng.below(4));
  plan.power_cut = static_cast<std::uint32_t>(rng.below(100 * kPercent));
  if (rng.chance(15 * kPercent)) plan.failed_syncs = 1;
  if (rng.chance(20 * kPercent)) plan.orderly_restarts = 1;
  plan.participant_kills = static_cast<std::uint32_t>(rng.below(5));
}

void plan_resources(Plan& plan, Rng& rng) {
  plan.vote_abort = static_cast<std::uint32_t>(rng.below(6 * kPercent));
  plan.vote_read_only = static_cast<std::uint32_t>(rng.below(15 * kPercent));
  if (rng.chance(25 * kPercent)) plan.throws = static_cast<std::uint32_t>(rng.below(15 * kPercent));
  if (rng.chance(15 * kPercent)) plan.double_vote = static_cast<std::uint32_t>(rng.below(20 * kPercent));
  if (rng.chance(10 * kPercent)) plan.own_decision = static_cast<std::uint32_t>(rng.below(10 * kPercent));
  if (rng.chance(10 * kPercent)) plan.forgetful = static_cast<std::uint32_t>(rng.below(10 * kPercent));
  if (rng.chance(20 * kPercent)) plan.operator_acts = 1 + static_cast<std::uint32_t>(rng.below(12));
  if (rng.chance(30 * kPercent)) rng.pick(plan.participants).slow = true;
  plan.retires = rng.chance(12 * kPercent);
  plan.backup = rng.chance(5 * kPercent);
  plan.old_copy = !plan.backup && rng.chance(5 * kPercent);
  plan.small_memory = rng.chance(20 * kPercent);
}

void plan_troubles(Plan& plan, Rng& rng) {
  plan.own_decision = static_cast<std::uint32_t>(rng.between(10, 50)) * kPercent;
  plan.vote_abort = static_cast<std::uint32_t>(rng.between(5, 20)) * kPercent;
  plan.vote_read_only = static_cast<std::uint32_t>(rng.between(15, 40)) * kPercent;
  plan.double_vote = static_cast<std::uint32_t>(rng.between(20, 60)) * kPercent;
  plan.operator_acts = 40;
  plan.participant_kills = 10;
  plan.participants.front().kind = ParticipantKind::kCallback;
  plan.participants.front().instances = 1;
  plan.participants.back().kind = ParticipantKind::kSession;
}

/// In half of the histories outcomes are forgotten while it lasts.
void plan_memory(Plan& plan, Rng& rng) {
  if (rng.chance(60 * kPercent)) plan.compaction_step = rng.between(1, 40) * kMillisecond;
  if (rng.chance(40 * kPercent)) {
    plan.retain_ms = rng.between(1'000, 6'000);
  } else if (rng.chance(20 * kPercent)) {
    plan.retain_count = 1 + rng.below(8);
  }
}

}  // namespace

const char* name_of(Fault fault) {
  constexpr const char* kNames[] = {"loss",
                                    "duplication",
                                    "long delay",
                                    "partition",
                                    "pause",
                                    "coordinator killed",
                                    "power cut",
                                    "failed sync",
                                    "orderly restart",
                                    "participant killed",
                                    "clock jump",
                                    "forgetful",
                                    "slow participant",
                                    "double vote",
                                    "own decision",
                                    "throws",
                                    "backup restored",
                                    "old copy",
                                    "operator",
                                    "retired",
                                    "several instances",
                                    "pinned",
                                    "callback",
                                    "compaction",
                                    "compaction cut off",
                                    "horizon moved",
                                    "markers below it gone"};
  static_assert(sizeof kNames / sizeof *kNames == static_cast<std::size_t>(Fault::kCount));
  return kNames[static_cast<std::size_t>(fault)];
}

Plan::Plan(std::uint64_t chosen) : seed(chosen) {
  Rng rng(seed ^ 0x7072'6f74'6f63'6f6cULL);
  plan_people(*this, rng);
  calm = rng.chance(4 * kPercent);
  if (!calm) {
    plan_network(*this, rng);
    plan_crashes(*this, rng);
    plan_resources(*this, rng);
    troubled = rng.chance(45 * kPercent);
    if (troubled) plan_troubles(*this, rng);
  }
  plan_memory(*this, rng);
}

}  // namespace troth::sim
