#include "tests/explore/actions.h"

namespace troth::explore {
namespace {

bool has_waiter(const World& world, core::ReplyTo reply) {
  for (const core::Waiter& waiter : world.transaction.waiters) {
    if (waiter.reply == reply) return true;
  }
  for (const HeldReply& held : world.replies) {
    if (held.reply == reply) return true;
  }
  return false;
}

bool is_retired(const World& world, int who) {
  for (const LogFact& fact : world.log) {
    if (fact.kind == FactKind::kRetired && fact.who == who) return true;
  }
  return false;
}

bool is_answer(Say what) {
  return what >= Say::kVoteCommit && what <= Say::kAckUnknown;
}

constexpr core::ReplyTo kFirst = 1;
constexpr core::ReplyTo kSecond = 2;
constexpr core::ReplyTo kAborter = 3;

std::uint8_t arg_of(Say request, End end) {
  return static_cast<std::uint8_t>(static_cast<int>(request) * 8 + static_cast<int>(end));
}

void add(std::vector<Action>& actions, Do what, int who = 0, int arg = 0) {
  actions.push_back({what, static_cast<std::uint8_t>(who), static_cast<std::uint8_t>(arg)});
}

}  // namespace

World Actions::first() const {
  World world;
  coordinator_.begin(world);
  for (int who = 0; who < config_.participants(); ++who) {
    Participant& participant = world.participants[who];
    if (!is_callback(config_, who)) {
      participant.coordinator_open = participant.participant_open = participant.adopted = true;
    }
    const bool is_late = config_.late_enlist && who == config_.participants() - 1;
    const bool joins = config_.joined && !is_callback(config_, who);
    if (!is_late && !joins) coordinator_.enlist(world, coordinator_.branch_for(world, who), kFirst);
  }
  return world;
}

void Actions::possible(const World& world, std::vector<Action>& actions) const {
  client_actions(world, actions);
  coordinator_actions(world, actions);
  for (int who = 0; who < config_.participants(); ++who) {
    if (is_callback(config_, who)) {
      callback_actions(world, who, actions);
    } else {
      connection_actions(world, who, actions);
      process_actions(world, who, actions);
    }
    people_actions(world, who, actions);
  }
}

void Actions::client_actions(const World& world, std::vector<Action>& actions) const {
  bool is_work_done = true;
  for (int who = 0; who < config_.participants(); ++who) {
    const Participant& participant = world.participants[who];
    is_work_done = is_work_done && (participant.worked || !config_.joined || is_callback(config_, who));
  }
  if (world.live && !world.asked && (is_work_done || config_.repeats)) add(actions, Do::kAskCommit);
  if (world.told == Told::kNothing) add(actions, Do::kQuery);
  if (!world.live) return;
  if (config_.aborts && !has_waiter(world, kAborter)) add(actions, Do::kAskAbort);
  if (config_.repeats) {
    if (world.asked && !has_waiter(world, kFirst)) add(actions, Do::kAskCommit);
    for (int how = 1; how <= 3; ++how) {
      const bool may_ask = how != 3 || config_.deadline;
      if (may_ask && !has_waiter(world, kSecond)) add(actions, Do::kAskCommit, 0, how);
    }
  }
  if (!config_.late_enlist) return;
  if (has_waiter(world, kSecond)) return;
  add(actions, Do::kEnlistByClient, config_.participants() - 1, 0);
  add(actions, Do::kEnlistByClient, config_.participants() - 1, 1);
}

void Actions::coordinator_actions(const World& world, std::vector<Action>& actions) const {
  if (world.durable < world.log.count) add(actions, Do::kSync);
  const bool may_crash = world.crashes < config_.crashes && world.epoch < config_.epochs;
  for (int kept = world.durable; may_crash && kept <= world.log.count; ++kept) add(actions, Do::kCrash, 0, kept);
  if (!world.live) return;
  if (config_.deadline && !world.transaction.restored) add(actions, Do::kDeadline);
  for (int who = 0; who < config_.participants(); ++who) {
    const std::uint32_t n = world.participants[who].n;
    if (n != 0 && world.transaction.branches[n - 1].retry_due != 0) add(actions, Do::kRetryDue, who);
  }
  if (config_.repeats && !world.transaction.waiters.empty()) add(actions, Do::kWaiterDue);
  const bool has_nothing_left = core::wake_due(world.transaction) == 0;
  if (has_nothing_left || config_.repeats) add(actions, Do::kTick);
}

void Actions::connection_actions(const World& world, int who, std::vector<Action>& actions) const {
  const Participant& participant = world.participants[who];
  const bool is_whole = participant.coordinator_open && participant.participant_open;
  const bool may_cut = !is_whole || world.cuts < config_.cuts;
  if (!participant.participant_open && !is_retired(world, who)) add(actions, Do::kConnect, who);
  if (participant.participant_open && may_cut) add(actions, Do::kParticipantLoses, who);
  if (participant.coordinator_open && may_cut) {
    add(actions, Do::kCoordinatorLoses, who);
    bool has_prepare = false;
    for (const Say what : participant.to_participant) has_prepare = has_prepare || is_prepare(what);
    if (has_prepare && config_.unsent != 0) add(actions, Do::kCoordinatorLoses, who, 1);
  }
  // Decisions go before prepares that wait for credit, and answers before what is listed.
  if (participant.participant_open) {
    std::size_t prepares = 0;
    const auto& queue = participant.to_participant;
    while (prepares < queue.count && is_prepare(queue.items[prepares])) ++prepares;
    if (queue.count != 0) add(actions, Do::kToParticipant, who, 0);
    if (prepares != 0 && prepares < queue.count) add(actions, Do::kToParticipant, who, static_cast<int>(prepares));
  }
  if (participant.coordinator_open) {
    std::size_t others = 0;
    const auto& queue = participant.to_coordinator;
    while (others < queue.count && !is_answer(queue.items[others])) ++others;
    if (queue.count != 0) add(actions, Do::kToCoordinator, who, 0);
    if (others != 0 && others < queue.count) add(actions, Do::kToCoordinator, who, static_cast<int>(others));
  }
}

void Actions::process_actions(const World& world, int who, std::vector<Action>& actions) const {
  const Participant& participant = world.participants[who];
  const sdk::BranchState& state = participant.state;
  const bool runs = participant.known && state.call != sdk::Call::kNone && !state.waiting;
  for (int end = 0; runs && end < static_cast<int>(End::kCount); ++end) {
    if (site_.may_end(world, who, static_cast<End>(end))) add(actions, Do::kReturn, who, end);
  }
  for (int death = 0; world.crashes < config_.crashes && death < static_cast<int>(Death::kCount); ++death) {
    if (site_.may_die(world, who, static_cast<Death>(death))) add(actions, Do::kDie, who, death);
  }
  const bool needs_time = state.waiting || state.standing == sdk::Standing::kPrepared || !world.live;
  if (participant.known && state.wake_due != 0 && (config_.times || needs_time)) add(actions, Do::kWake, who);
  if (participant.listing == Listing::kAsked) add(actions, Do::kList, who);
  if (participant.listing > Listing::kAsked) add(actions, Do::kTellList, who);
  if (participant.forgetting) add(actions, Do::kForget, who);
  if (config_.drops && site_.may_drop(world, who)) add(actions, Do::kDrop, who);
  const bool may_enlist =
      config_.joined && !participant.enlisting && participant.enlists < (config_.repeats || config_.hands != 0 ? 2 : 1);
  if (may_enlist) add(actions, Do::kEnlist, who);
  if (participant.enlisting && config_.repeats) add(actions, Do::kEnlistTimesOut, who);
}

void Actions::callback_actions(const World& world, int who, std::vector<Action>& actions) const {
  const Participant& participant = world.participants[who];
  for (const Say request : {Say::kPrepare, Say::kPrepareAgain, Say::kCommit, Say::kAbort}) {
    for (const End end : {End::kCommit, End::kAbort, End::kReadOnly}) {
      if (site_.may_answer(world, who, request, end)) add(actions, Do::kRequest, who, arg_of(request, end));
    }
  }
  for (int say = static_cast<int>(Say::kVoteCommit); say <= static_cast<int>(Say::kAckUnknown); ++say) {
    if ((participant.responses & (1u << say)) != 0) add(actions, Do::kResponse, who, say);
  }
  failure_actions(world, who, actions);
  if (participant.row != Row::kPrepared) return;
  add(actions, Do::kCallbackAsks, who);
  add(actions, Do::kCallbackLists, who);
}

/// An attempt got no usable answer. One that never left is none: then nobody can have seen it.
void Actions::failure_actions(const World& world, int who, std::vector<Action>& actions) const {
  const Participant& participant = world.participants[who];
  if (!world.live || participant.n == 0 || participant.requests == 0) return;
  add(actions, Do::kFailed, who);
  if (config_.unsent == 0) return;
  const std::uint32_t attempts = world.transaction.branches[participant.n - 1].attempts;
  const bool is_preparing = world.transaction.phase == Phase::kPreparing;
  if (!is_preparing || attempts > 1 || !participant.ran) add(actions, Do::kFailed, who, 1);
  if (is_preparing && attempts >= kMaxAttempts) add(actions, Do::kFailed, who, 2);
}

void Actions::people_actions(const World& world, int who, std::vector<Action>& actions) const {
  const Participant& participant = world.participants[who];
  if (participant.row == Row::kPrepared && world.hands < config_.hands) {
    for (const End end : {End::kCommit, End::kAbort, End::kReadOnly, End::kThrewBefore}) {
      add(actions, Do::kByHand, who, static_cast<int>(end));
    }
  }
  const bool is_crowded = config_.repeats || config_.hands != 0;
  for (int how = 0; is_crowded && world.live && participant.n != 0 && how < 3; ++how) {
    add(actions, Do::kStranger, who, how);
  }
  const bool is_unsettled = world.live && participant.n != 0 && !world.transaction.branches[participant.n - 1].settled;
  // A crash may have come between the retirement and what follows from it: nobody was answered, who asked asks again.
  if (is_retired(world, who) && is_unsettled) add(actions, Do::kRetireAgain, who);
  if (world.acts >= config_.acts) return;
  if (!is_retired(world, who)) add(actions, Do::kRetire, who);
  if (who == 0 && !world.draining) add(actions, Do::kDrain);
  if (!world.live || participant.n == 0) return;
  add(actions, Do::kRetry, who);
  for (const int resolve : {0, 1, 2, 4, 5, 8}) add(actions, Do::kResolve, who, resolve);
}

bool Actions::is_fault(const World& before, const Action& action) {
  const Participant& participant = before.participants[action.who];
  const bool is_whole = participant.coordinator_open && participant.participant_open;
  switch (action.what) {
    case Do::kCrash:
    case Do::kDie:
    case Do::kWaiterDue:
    case Do::kDrop:
    case Do::kEnlistTimesOut:
    case Do::kResolve:
    case Do::kRetry:
    case Do::kRetire:
    case Do::kDrain:
    case Do::kFailed:
    case Do::kByHand: return true;
    case Do::kDeadline: return before.transaction.phase != Phase::kActive;  // a client that never comes back
    case Do::kParticipantLoses:
    case Do::kCoordinatorLoses: return is_whole;
    case Do::kReturn: return action.arg >= static_cast<int>(End::kThrewBefore);
    default: return false;
  }
}

}  // namespace troth::explore
