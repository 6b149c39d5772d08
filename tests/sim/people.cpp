// Who looks at the coordinator, acts on it, or says what nobody asked: clients of other clients' transactions,
// operators, participants that repeat themselves, and one that speaks for others.
#include <algorithm>

#include "tests/sim/world.h"

namespace troth::sim {
namespace {

void nobody(const answer::Answer*) {}

}  // namespace

void World::plan_people(Micros span) {
  const auto some_time = [&] { return clock.now() + rng.between(0, span); };
  for (int i = 0; i < 20; ++i) clock.at(some_time(), [this] { inspect(); });
  for (int i = 0; i < 6; ++i) clock.at(some_time(), [this] { meddle(); });
  for (int i = 0; i < (plan.troubled ? 10 : 3); ++i) clock.at(some_time(), [this] { restart_at_work(); });
  for (int i = 0; i < 6; ++i) clock.at(some_time(), [this] { say_as_stranger(); });
  for (std::uint32_t i = 0; i < plan.operator_acts; ++i) {
    clock.at(some_time(), [this] { operate(); });
    clock.at(some_time(), [this] { look_after(); });
  }
  if (plan.retires) {
    clock.at(clock.now() + rng.between(span / 2, span), [this] { retire(rng.pick(plan.participants).name); });
  }
}

/// Looks, and changes nothing.
void World::inspect() {
  if (!faults_on_ || known_.empty()) return;
  const TransactionId id = rng.pick(known_);
  const BranchId branch{id, 1 + static_cast<std::uint32_t>(rng.below(4))};
  switch (rng.below(8)) {
    case 0: return http(request::List{}, nobody);
    case 1: return http(request::Get{id, std::nullopt}, nobody);
    case 2: return http(request::Get{id, rng.below(5)}, nobody);
    case 3:
      if (!instances_.empty()) rng.pick(instances_)->echo();
      return;
    case 4:
    case 5:
      if (!instances_.empty()) rng.pick(instances_)->inquire(branch);
      return;
    default: return http(request::GetDecision{branch}, nobody);
  }
}

/// Asks for things about other people's transactions, mostly too late, sometimes in time to do harm.
void World::meddle() {
  if (!faults_on_ || known_.empty()) return;
  const TransactionId id = rng.pick(known_);
  const std::size_t who = rng.below(plan.participants.size());
  const request::NewBranch branch{plan.participants[who].name, "", PayloadType::kJson, chance(5'000) ? "{}" : "{1}"};
  switch (rng.below(8)) {
    case 0:
    case 1: return http(request::Enlist{id, branch}, nobody);
    case 2:
    case 3: {
      Instance* instance = some_instance(who);
      if (instance) instance->work(id, "", [](const std::string&) {});
      return;
    }
    case 4: return http(request::Commit{id, Wait::kDecided, 9}, nobody);
    case 5: return http(request::Abort{id, "because"}, nobody);
    default: oracle.meddled(id); return http(request::Commit{id, Wait::kCompleted, std::nullopt}, nobody);
  }
}

/// A service dies while it works for a transaction, comes back, and wants to go on with it.
void World::restart_at_work() {
  if (!faults_on_) return;
  const auto at_work = std::find_if(instances_.begin(), instances_.end(), [](const auto& instance) {
    return instance->alive() && instance->open_work() != nullptr;
  });
  if (at_work == instances_.end()) return;
  Instance& instance = **at_work;
  const TransactionId id = *instance.open_work();
  ++crashes;
  note(Fault::kParticipantKilled);
  instance.kill();
  clock.at(clock.now() + rng.between(1, 10 * kMillisecond), [this, &instance] {
    if (!instance.alive() && instance.participant() != retired_) instance.start();
  });
  for (int i = 0; i < 6; ++i) {
    clock.at(clock.now() + rng.between(0, kSecond), [this, &instance, id] {
      if (faults_on_) instance.work(id, "", [](const std::string&) {});
    });
  }
}

/// A participant that is registered like any other and speaks for branches that are not its own.
void World::say_as_stranger() {
  if (!faults_on_ || known_.empty() || !coordinator_->serving()) return;
  if (std::exchange(stranger_life_, coordinator_->life()) != coordinator_->life()) {
    session::Hello hello;
    hello.participant = "stranger";
    hello.instance = "stranger.1";
    hello.incarnation = std::to_string(++connections);
    stranger_ = connections;
    coordinator_->post(engine::SessionOpened{stranger_, hello, "sim"});
  }
  const BranchId branch{rng.pick(known_), 1 + static_cast<std::uint32_t>(rng.below(3))};
  const auto vote = static_cast<VoteKind>(rng.below(3));
  const auto result = static_cast<AckResult>(rng.below(6));
  coordinator_->post(engine::SessionSaid{stranger_, session::Vote{branch, vote, "not mine"}});
  coordinator_->post(engine::SessionSaid{stranger_, session::Ack{branch, result}});
  coordinator_->post(engine::SessionSaid{stranger_, session::Recover{{branch}, true}});
}

void World::operate() {
  if (!faults_on_ || known_.empty()) return;
  note(Fault::kOperator);
  const BranchId branch{rng.pick(known_), 1 + static_cast<std::uint32_t>(rng.below(3))};
  if (chance(4'000)) return http(request::Retry{branch, std::nullopt}, nobody);
  resolve(branch);
}

void World::resolve(const BranchId& branch) {
  request::Resolve resolve;
  resolve.branch = branch;
  resolve.action = static_cast<ResolveAction>(rng.below(3));
  resolve.reason = "simulated";
  resolve.actor = "operator";
  resolve.heuristic = chance(5'000);
  resolve.dry_run = chance(3'000);
  if (!resolve.dry_run) {
    by_hand_ = true;
    oracle.excuse(branch.transaction);
  }
  http(resolve, nobody);
}

/// An operator goes through what needs attention, and does one thing about one of it.
void World::look_after() {
  if (!faults_on_) return;
  request::List list;
  list.state = chance(7'000) ? request::StateFilter::kAttention : request::StateFilter::kInDoubt;
  http(list, [this](const answer::Answer* answer) {
    const auto* found = answer ? std::get_if<answer::Transactions>(answer) : nullptr;
    if (found && !found->views.empty() && faults_on_) act_on(found->views[rng.below(found->views.size())]);
  });
}

void World::act_on(const TransactionView& view) {
  if (view.branches.empty()) return;
  for (auto& instance : instances_) {
    instance->echo(&view.id);
    if (chance(3'000)) instance->work(view.id, "", [](const std::string&) {});
  }
  const auto with_heuristic = std::find_if(view.branches.begin(), view.branches.end(),
                                           [](const BranchView& one) { return one.heuristic.has_value(); });
  const bool take_it = with_heuristic != view.branches.end() && chance(5'000);
  const BranchView& chosen = take_it ? *with_heuristic : view.branches[rng.below(view.branches.size())];
  const BranchId branch{view.id, chosen.n};
  switch (rng.below(8)) {
    case 0: return http(request::Retry{branch, std::nullopt}, nobody);
    case 1: return http(request::Abort{view.id, ""}, nobody);
    case 2: return http(request::Commit{view.id, Wait::kDecided, 9}, nobody);
    case 3: {
      const std::string payload = chance(7'000) ? "{}" : "{1}";
      return http(request::Enlist{view.id, {chosen.participant, chosen.key, PayloadType::kJson, payload}}, nobody);
    }
    case 4: {
      meet(view.id);
      return say_as_stranger();
    }
    default: return resolve(branch);
  }
}

/// Its processes are gone for good, and an operator says so.
void World::retire(const std::string& participant) {
  if (!faults_on_ || !retired_.empty()) return;
  note(Fault::kRetired);
  retired_ = participant;
  oracle.retired(participant);
  for (auto& instance : instances_) {
    if (instance->participant() == participant && instance->alive()) instance->kill();
  }
  for (auto& callback : callbacks_) {
    if (callback->participant() == participant && callback->alive()) callback->kill();
  }
  say_retired();
}

/// Again and again, until the coordinator has heard it.
void World::say_retired() {
  http(request::RetireParticipant{retired_, "gone for good", false}, [this](const answer::Answer* answer) {
    if (answer && !std::holds_alternative<answer::Refused>(*answer)) return;
    clock.at(clock.now() + 100 * kMillisecond, [this] { say_retired(); });
  });
}

}  // namespace troth::sim
