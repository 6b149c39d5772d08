#include "tests/explore/participant.h"

#include "proto/values/overloaded.h"

namespace troth::explore {
namespace {

using sdk::Call;
using sdk::Standing;

Say said(AckResult result) {
  return static_cast<Say>(static_cast<int>(Say::kAckCommitted) + static_cast<int>(result));
}

Say said(VoteKind vote) {
  switch (vote) {
    case VoteKind::kCommit: return Say::kVoteCommit;
    case VoteKind::kAbort: return Say::kVoteAbort;
    case VoteKind::kReadOnly: break;
  }
  return Say::kVoteReadOnly;
}

std::optional<DecisionKind> decision_in(Say what) {
  switch (what) {
    case Say::kDecideCommit: return DecisionKind::kCommit;
    case Say::kDecideAbort: return DecisionKind::kAbort;
    case Say::kDecideUndecided: return DecisionKind::kUndecided;
    case Say::kDecideUnknown: return DecisionKind::kUnknown;
    default: return std::nullopt;
  }
}

bool is_idle(const Participant& participant) {
  return participant.state.call == Call::kNone;
}

}  // namespace

/// A step of the machine, and what Branches does around it: nothing is kept of which nothing is known.
void Site::happen(World& world, int who, sdk::Event event, Millis now) const {
  Participant& participant = world.participants[who];
  if (!participant.known) participant.state = sdk::BranchState{};
  participant.known = true;
  static thread_local std::vector<sdk::Effect> effects;
  effects.clear();
  sdk::BranchState& state = participant.state;
  sdk::step(state, BranchId{the_transaction(), 1}, std::move(event), now, effects);
  if (state.settled() && !state.remembered) {
    state.remembered = true;
  } else if (state.standing == Standing::kFresh && is_idle(participant) && !state.remembered) {
    participant.known = false;
  }
  flush(world, who, effects);
}

void Site::flush(World& world, int who, const std::vector<sdk::Effect>& effects) const {
  Participant& participant = world.participants[who];
  const auto queue = [&](Say what) {
    if (!participant.adopted) return;
    if (!participant.to_coordinator.push(what)) world.break_promise("the model's queue is too short");
  };
  for (const sdk::Effect& effect : effects) {
    std::visit(Overloaded{
                   [&](const sdk::StartCall& start) {
                     participant.again = start.call == Call::kOnePhase && start.branch.attempt >= 2;
                   },
                   [&](const session::Vote& vote) {
                     check_vote(world, who, vote.vote);
                     queue(said(vote.vote));
                   },
                   [&](const session::Ack& ack) { queue(said(ack.result)); },
                   [&](const session::Inquire&) { queue(Say::kInquire); },
               },
               effect);
  }
}

void Site::check_vote(World& world, int who, VoteKind vote) const {
  const Participant& participant = world.participants[who];
  const bool is_durable = participant.row == Row::kPrepared || participant.row == Row::kCommitted ||
                          participant.done == Done::kCommitted || participant.by_hand;
  if (vote == VoteKind::kCommit && !is_durable)
    world.break_promise("a vote to commit leaves before its prepare is durable");
}

void Site::hear(World& world, int who, Say what) const {
  namespace e = sdk::event;
  Participant& participant = world.participants[who];
  Branch branch;
  branch.id = BranchId{the_transaction(), 1};
  branch.joined = config_.joined;
  branch.attempt = what == Say::kPrepareAgain || what == Say::kOnePhaseAgain ? 2 : 1;
  if (const auto decision = decision_in(what)) return happen(world, who, e::DecisionCame{*decision});
  switch (what) {
    case Say::kWelcome: return adopt(world, who);
    case Say::kPrepare:
    case Say::kPrepareAgain: return happen(world, who, e::PrepareCame{branch, false});
    case Say::kOnePhase:
    case Say::kOnePhaseAgain: return happen(world, who, e::OnePhaseCame{branch, true});
    case Say::kCommit: return happen(world, who, e::CommitCame{1});
    case Say::kAbort: return happen(world, who, e::AbortCame{});
    case Say::kForget: participant.forgetting = true; return;
    case Say::kEnlisted:
      if (!participant.enlisting) return;
      participant.enlisting = false;
      happen(world, who, e::EnlistAccepted{kFar});
      participant.worked =
          participant.worked ||
          (participant.known && participant.state.standing == Standing::kEnlisted && is_idle(participant));
      return;
    case Say::kEnlistRefused: participant.enlisting = false; return;
    default: return;
  }
}

void Site::adopt(World& world, int who) const {
  Participant& participant = world.participants[who];
  participant.adopted = true;
  if (participant.known) happen(world, who, sdk::event::Connected{});
  participant.listing = Listing::kAsked;
  if (participant.enlisting) participant.to_coordinator.push(Say::kEnlist);
}

void Site::lose(World& world, int who) const {
  Participant& participant = world.participants[who];
  participant.participant_open = false;
  participant.adopted = false;
  // Prepares that never left may still be handed back; all else is gone.
  if (participant.coordinator_open) {
    participant.to_participant.erase_if([](Say what) { return !is_prepare(what); });
  } else {
    participant.to_participant.clear();
  }
}

void Site::crash(World& world, int who, Death death) const {
  Participant& participant = world.participants[who];
  if (death != Death::kAtOnce) {
    sdk::Event event;
    const auto end = static_cast<End>(static_cast<int>(death) - 1);
    run(world, who, end, event);
  }
  lose(world, who);
  participant.known = false;
  participant.again = false;
  participant.state = sdk::BranchState{};
  participant.listing = Listing::kNone;
  participant.enlisting = false;
  participant.forgetting = false;
  participant.work_lost =
      participant.work_lost || (participant.worked && participant.row == Row::kNone && participant.done == Done::kNone);
  ++participant.incarnation;
}

bool Site::may_die(const World& world, int who, Death death) const {
  if (death == Death::kAtOnce) return true;
  const Participant& participant = world.participants[who];
  const bool runs = participant.known && !is_idle(participant) && !participant.state.waiting;
  if (!runs || participant.state.call == Call::kLookUp) return false;
  return may_end(world, who, static_cast<End>(static_cast<int>(death) - 1));
}

void Site::wake(World& world, int who) const {
  world.participants[who].state.wake_due = kPast;
  happen(world, who, sdk::event::TimePassed{});
}

void Site::list(World& world, int who) const {
  Participant& participant = world.participants[who];
  participant.listing = participant.row == Row::kPrepared ? Listing::kWith : Listing::kWithout;
}

void Site::tell_list(World& world, int who) const {
  Participant& participant = world.participants[who];
  const bool is_listed = participant.listing == Listing::kWith;
  participant.listing = Listing::kNone;
  if (!is_listed) return;
  happen(world, who, sdk::event::Listed{});
  const bool is_ours = participant.known && participant.state.standing == Standing::kPrepared && is_idle(participant);
  if (is_ours && participant.adopted) participant.to_coordinator.push(Say::kRecover);
}

void Site::enlist(World& world, int who) const {
  Participant& participant = world.participants[who];
  participant.enlisting = true;
  ++participant.enlists;
  if (participant.adopted) participant.to_coordinator.push(Say::kEnlist);
}

void Site::forget(World& world, int who) const {
  Participant& participant = world.participants[who];
  participant.forgetting = false;
  if (participant.row == Row::kCommitted) participant.row = Row::kNone;
}

bool Site::may_drop(const World& world, int who) const {
  const Participant& participant = world.participants[who];
  if (!participant.known || !participant.state.remembered || participant.listing != Listing::kNone) return false;
  return participant.state.settled() || (participant.state.standing == Standing::kFresh && is_idle(participant));
}

void Site::drop(World& world, int who) const {
  world.participants[who].known = false;
  world.participants[who].state = sdk::BranchState{};
}

}  // namespace troth::explore
