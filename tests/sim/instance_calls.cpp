// The calls of an instance's resource: made some time later, heard of some time after that, and what may happen to a
// prepared branch behind everybody's back.
#include <algorithm>

#include "tests/sim/instance.h"
#include "tests/sim/world.h"

namespace troth::sim {
namespace {

VoteKind to_kind(Vote::Kind kind) {
  switch (kind) {
    case Vote::kCommit: return VoteKind::kCommit;
    case Vote::kReadOnly: return VoteKind::kReadOnly;
    case Vote::kAbort: break;
  }
  return VoteKind::kAbort;
}

AckResult to_result(Ack ack) {
  switch (ack) {
    case Ack::kCommitted: return AckResult::kCommitted;
    case Ack::kAborted: return AckResult::kAborted;
    case Ack::kHeuristicCommit: return AckResult::kHeuristicCommit;
    case Ack::kHeuristicAbort: return AckResult::kHeuristicAbort;
    case Ack::kHeuristicMixed: return AckResult::kHeuristicMixed;
    case Ack::kUnknownBranch: break;
  }
  return AckResult::kUnknownBranch;
}

}  // namespace

Micros Instance::call_time() {
  const bool slow = plan_.slow && world_.faults_on();
  return world_.rng.between(1, slow ? 3'000 * kMillisecond : 2 * kMillisecond);
}

/// The call is made some time later, and its return is heard some time after that: the process may die before, between
/// and after.
void Instance::start_call(sdk::StartCall call) {
  const BranchId id = call.branch.id;
  if (call.call == sdk::Call::kPrepare) queued_[id] = false;
  later(call_time(), [this, call = std::move(call), id] {
    const auto queued = queued_.find(id);
    const bool skipped = call.call == sdk::Call::kPrepare && queued != queued_.end() && queued->second;
    if (call.call == sdk::Call::kPrepare && queued != queued_.end()) queued_.erase(queued);
    sdk::Event event = skipped ? sdk::event::Voted{VoteKind::kAbort, "aborted before its prepare began"} : run(call);
    later(call_time(), [this, id, event = std::move(event)] { returned(id, event); });
  });
}

sdk::Event Instance::run(const sdk::StartCall& call) {
  const bool throws = world_.chance(world_.plan.throws);
  if (throws) world_.note(Fault::kThrows);
  const bool throws_before = throws && world_.chance(5'000);
  if (throws_before) return sdk::event::Threw{"out of order"};
  const Branch& branch = call.branch;
  const bool settles = call.call == sdk::Call::kCommit || call.call == sdk::Call::kAbort;
  if (settles && answered_.erase(branch.id) != 0 && !database_.holds_prepared(branch.id)) {
    world_.oracle.fail(name_ + " applies an answer to " + sim::name_of(branch.id) + ", which is not in doubt");
  }
  const bool has_work = !branch.joined || open_work_.count(branch.id) != 0;
  sdk::Event event = sdk::event::Threw{"no such call"};
  switch (call.call) {
    case sdk::Call::kPrepare: {
      const Vote vote = database_.prepare(branch, has_work);
      if (branch.joined && vote.kind() == Vote::kCommit && has_work) {
        world_.oracle.prepared_work(branch.id, open_work_[branch.id]);
      }
      perhaps_go_wrong(branch.id);
      event = sdk::event::Voted{to_kind(vote.kind()), vote.reason()};
      break;
    }
    case sdk::Call::kOnePhase:
      event = sdk::event::Acked{to_result(database_.commit_one_phase(branch, has_work))};
      break;
    case sdk::Call::kCommit: event = sdk::event::Acked{to_result(database_.commit(branch))}; break;
    case sdk::Call::kAbort: event = sdk::event::Acked{to_result(database_.abort(branch))}; break;
    case sdk::Call::kLookUp: {
      const auto in_doubt = database_.in_doubt();
      answered_.erase(branch.id);  // it is looked at again before the answer is applied
      event = sdk::event::Traced{std::find(in_doubt.begin(), in_doubt.end(), branch.id) != in_doubt.end()};
      break;
    }
    case sdk::Call::kNone: break;
  }
  if (call.call != sdk::Call::kPrepare && call.call != sdk::Call::kLookUp) open_work_.erase(branch.id);
  if (throws) return sdk::event::Threw{"after it was done"};
  return event;
}

void Instance::returned(const BranchId& id, sdk::Event event) {
  branches_->apply(id, std::move(event), now(), effects_);
  flush();
}

/// What an administrator or a lost disk may do to a prepared branch, some time later.
void Instance::perhaps_go_wrong(const BranchId& branch) {
  World& world = world_;
  Database& database = database_;
  if (world.chance(world.plan.own_decision)) {
    const bool commit = world.chance(5'000);
    const bool mixed = world.chance(2'000);
    world.clock.at(world.clock.now() + world.rng.between(0, kSecond), [&world, &database, branch, commit, mixed] {
      if (!world.faults_on()) return;
      world.note(Fault::kOwnDecision);
      database.decide_alone(branch, commit, mixed);
    });
  } else if (world.chance(world.plan.forgetful)) {
    world.clock.at(world.clock.now() + world.rng.between(0, kSecond), [&world, &database, branch] {
      if (!world.faults_on()) return;
      world.note(Fault::kForgetful);
      database.lose(branch);
    });
  }
}

}  // namespace troth::sim
