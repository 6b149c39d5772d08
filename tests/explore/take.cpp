// What an action does to the world.
#include "tests/explore/actions.h"

namespace troth::explore {

void Actions::take(World& world, const Action& action) const {
  if (action.what <= Do::kEnlistByClient) return take_of_client(world, action);
  if (action.what <= Do::kCrash) return take_of_coordinator(world, action);
  if (action.what <= Do::kDrop) return take_of_session(world, action);
  if (action.what <= Do::kCallbackAsks) return take_of_callback(world, action);
  take_of_people(world, action);
}

void Actions::take_of_client(World& world, const Action& action) const {
  switch (action.what) {
    case Do::kAskCommit: {
      world.asked = true;
      std::optional<std::uint32_t> count;
      if (action.arg == 2) count = 9;
      const Wait wait = action.arg == 1 ? Wait::kCompleted : Wait::kDecided;
      return coordinator_.commit(world, action.arg == 0 ? 1 : 2, wait, count, action.arg == 3);
    }
    case Do::kAskAbort: return coordinator_.apply(world, core::event::Abort{3, kFar, AbortReason::kClient});
    case Do::kQuery: return coordinator_.ask(world);
    case Do::kEnlistByClient: {
      core::Branch branch = coordinator_.branch_for(world, action.who);
      if (action.arg == 1) branch.payload_hash = "other";
      return coordinator_.enlist(world, std::move(branch), 2);
    }
    default: return;
  }
}

void Actions::take_of_coordinator(World& world, const Action& action) const {
  core::Transaction& transaction = world.transaction;
  switch (action.what) {
    case Do::kSync: return coordinator_.sync(world);
    case Do::kCrash: ++world.crashes; return coordinator_.crash(world, action.arg);
    case Do::kDeadline: transaction.deadline_due = kPast; break;
    case Do::kRetryDue: transaction.branches[world.participants[action.who].n - 1].retry_due = kPast; break;
    case Do::kWaiterDue: transaction.waiters[0].until_due = kPast; break;
    default: break;
  }
  coordinator_.apply(world, core::event::Tick{});
}

void Actions::take_of_session(World& world, const Action& action) const {
  Participant& participant = world.participants[action.who];
  const int who = action.who;
  switch (action.what) {
    case Do::kConnect: return coordinator_.open(world, who);
    case Do::kToParticipant: {
      const Say what = participant.to_participant.items[action.arg];
      participant.to_participant.erase(action.arg);
      // A prepare whose abort has overtaken it does not leave any more.
      if (action.arg != 0 && what == Say::kAbort) participant.to_participant.erase(action.arg - 1u);
      return site_.hear(world, who, what);
    }
    case Do::kToCoordinator: {
      const Say what = participant.to_coordinator.items[action.arg];
      participant.to_coordinator.erase(action.arg);
      return coordinator_.hear(world, who, what);
    }
    case Do::kParticipantLoses:
      if (participant.coordinator_open) ++world.cuts;
      return site_.lose(world, who);
    case Do::kCoordinatorLoses:
      if (participant.participant_open) ++world.cuts;
      return coordinator_.close(world, who, action.arg == 1);
    case Do::kReturn: return site_.return_call(world, who, static_cast<End>(action.arg));
    case Do::kDie: ++world.crashes; return site_.crash(world, who, static_cast<Death>(action.arg));
    case Do::kWake: return site_.wake(world, who);
    case Do::kList: return site_.list(world, who);
    case Do::kTellList: return site_.tell_list(world, who);
    case Do::kEnlist: return site_.enlist(world, who);
    case Do::kEnlistTimesOut: participant.enlisting = false; return;
    case Do::kForget: return site_.forget(world, who);
    case Do::kDrop: return site_.drop(world, who);
    default: return;
  }
}

void Actions::take_of_callback(World& world, const Action& action) const {
  const int who = action.who;
  switch (action.what) {
    case Do::kRequest:
      return site_.answer(world, who, static_cast<Say>(action.arg / 8), static_cast<End>(action.arg % 8));
    case Do::kResponse: return coordinator_.hear(world, who, static_cast<Say>(action.arg));
    case Do::kFailed: {
      core::Branch& branch = world.transaction.branches[world.participants[who].n - 1];
      const bool was_the_only = action.arg == 1 && branch.attempts == 1 && world.transaction.phase == Phase::kPreparing;
      if (was_the_only) world.participants[who].requests = 0;
      // Attempts are cut off at two: one of many that never left leaves as many.
      if (action.arg == 2) ++branch.attempts;
      return coordinator_.fail(world, who, action.arg == 0);
    }
    case Do::kCallbackLists: return coordinator_.hear(world, who, Say::kRecover);
    case Do::kCallbackAsks: return site_.obey(world, who, coordinator_.decision_now(world, who));
    default: return;
  }
}

void Actions::take_of_people(World& world, const Action& action) const {
  const int who = action.who;
  const std::uint32_t n = world.participants[who].n;
  if (action.what == Do::kStranger) return coordinator_.hear_stranger(world, n, action.arg);
  if (action.what != Do::kByHand && action.what != Do::kRetireAgain) ++world.acts;
  switch (action.what) {
    case Do::kByHand: ++world.hands; return site_.settle_by_hand(world, who, static_cast<End>(action.arg));
    case Do::kResolve:
      return coordinator_.apply(world, core::event::Resolve{4, n, static_cast<ResolveAction>(action.arg & 3), "by hand",
                                                            "operator", (action.arg & 4) != 0, (action.arg & 8) != 0});
    case Do::kRetry: return coordinator_.apply(world, core::event::Retry{4, n});
    case Do::kRetire:
    case Do::kRetireAgain: return coordinator_.retire(world, who);
    case Do::kDrain: return coordinator_.drain(world);
    default: return;
  }
}

}  // namespace troth::explore
