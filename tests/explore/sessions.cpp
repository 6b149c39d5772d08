// What the coordinator does when a connection opens, speaks or closes, and when a callback answers: as
// coordinator/engine/sessions.cpp and callbacks.cpp.
#include "tests/explore/coordinator.h"

namespace troth::explore {
namespace {

std::string incarnation_of(std::uint8_t count) {
  return std::string(1, static_cast<char>('0' + count));
}

std::optional<VoteKind> vote_in(Say what) {
  switch (what) {
    case Say::kVoteCommit: return VoteKind::kCommit;
    case Say::kVoteAbort: return VoteKind::kAbort;
    case Say::kVoteReadOnly: return VoteKind::kReadOnly;
    default: return std::nullopt;
  }
}

std::optional<AckResult> ack_in(Say what) {
  switch (what) {
    case Say::kAckCommitted: return AckResult::kCommitted;
    case Say::kAckAborted: return AckResult::kAborted;
    case Say::kAckHeuristicCommit: return AckResult::kHeuristicCommit;
    case Say::kAckHeuristicAbort: return AckResult::kHeuristicAbort;
    case Say::kAckHeuristicMixed: return AckResult::kHeuristicMixed;
    case Say::kAckUnknown: return AckResult::kUnknownBranch;
    default: return std::nullopt;
  }
}

/// As the engine: what is said of such a transaction is answered as of one that is gone.
bool shows_only_heuristics(const core::Transaction& transaction) {
  return transaction.restored && transaction.phase == Phase::kFinished && transaction.outcome == Outcome::kAborted;
}

}  // namespace

core::Branch Coordinator::branch_for(const World& world, int who) const {
  const Participant& participant = world.participants[who];
  core::Branch branch;
  branch.participant = participant_name(who);
  branch.kind = is_callback(config_, who) ? ParticipantKind::kCallback : ParticipantKind::kSession;
  branch.endpoint = is_callback(config_, who) ? "http://x" : "";
  branch.reachable = participant.coordinator_open;
  if (!config_.joined || is_callback(config_, who)) return branch;
  branch.joined = true;
  branch.reachable = true;
  branch.instance = "1";
  branch.incarnation = incarnation_of(participant.connected_as);
  return branch;
}

void Coordinator::open(World& world, int who) const {
  Participant& participant = world.participants[who];
  if (participant.coordinator_open) close(world, who, false);
  participant.coordinator_open = true;
  participant.participant_open = true;
  participant.adopted = false;
  participant.connected_as = participant.incarnation;
  participant.to_participant.clear();
  participant.to_coordinator.clear();
  participant.to_participant.push(Say::kWelcome);
  if (!world.live || participant.n == 0) return;
  {
    const core::Branch& branch = world.transaction.branches[participant.n - 1];
    const std::string incarnation = incarnation_of(participant.connected_as);
    if (branch.joined && !branch.vote && branch.incarnation != incarnation) {
      apply(world, core::event::Reincarnated{participant_name(who), "1", incarnation});
    }
  }
  if (!world.live || participant.n == 0) return;
  const core::Branch& branch = world.transaction.branches[participant.n - 1];
  if (!branch.settled && !branch.reachable && may_carry(world, who)) {
    apply(world, core::event::Reachable{participant.n});
  }
}

void Coordinator::close(World& world, int who, bool has_unsent) const {
  Participant& participant = world.participants[who];
  const std::uint32_t n = participant.n;
  if (has_unsent) {
    for (const Say what : participant.to_participant) {
      if (is_prepare(what) && world.live) apply(world, core::event::PrepareNotSent{n});
    }
    participant.to_participant.erase_if(is_prepare);
  }
  participant.coordinator_open = false;
  participant.to_coordinator.clear();
  participant.held.clear();
  if (!participant.participant_open) participant.to_participant.clear();
  if (!world.live || participant.n == 0) return;
  const core::Branch& branch = world.transaction.branches[participant.n - 1];
  if (!branch.settled && branch.reachable) apply(world, core::event::Unreachable{participant.n});
}

void Coordinator::hear(World& world, int who, Say what) const {
  if (const auto vote = vote_in(what)) return hear_vote(world, who, *vote);
  if (const auto result = ack_in(what)) return hear_ack(world, who, *result);
  const Participant& participant = world.participants[who];
  if (what == Say::kInquire) return answer_inquiry(world, who);
  if (what == Say::kEnlist) return enlist(world, branch_for(world, who), 0);
  if (what != Say::kRecover) return;
  if (!world.live || participant.n == 0) return answer_inquiry(world, who);
  const bool is_session = !is_callback(config_, who);
  const bool had_voted = world.transaction.branches[participant.n - 1].vote.has_value();
  apply(world, core::event::Listed{participant.n, participant_name(who), is_session ? "1" : "",
                                   is_session ? incarnation_of(participant.connected_as) : ""});
  const bool has_voted = world.live && world.transaction.branches[participant.n - 1].vote.has_value();
  if (has_voted && !had_voted) world.break_promise("a listing counts as a vote");
}

void Coordinator::hear_vote(World& world, int who, VoteKind vote) const {
  const Participant& participant = world.participants[who];
  if (world.live && participant.n != 0 && !shows_only_heuristics(world.transaction)) {
    const bool is_session = !is_callback(config_, who);
    return apply(world, core::event::Vote{participant.n, participant_name(who), is_session ? "1" : "",
                                          is_session ? incarnation_of(participant.connected_as) : "", vote, ""});
  }
  if (vote == VoteKind::kCommit) answer_inquiry(world, who);
}

void Coordinator::answer_inquiry(World& world, int who) const {
  const Participant& participant = world.participants[who];
  if (world.live && participant.n != 0 && !is_callback(config_, who)) {
    return apply(world, core::event::Inquired{participant.n, participant_name(who), "1"});
  }
  if (world.live) {  // a number that core does not have: undecided, or not in the list
    const auto& outcome = world.transaction.outcome;
    return decide(world, who, outcome ? DecisionKind::kAbort : DecisionKind::kUndecided, world.rests_on);
  }
  decide(world, who, remembered(world).decisions[who], last_forced(world));
}

void Coordinator::hear_ack(World& world, int who, AckResult result) const {
  const Participant& participant = world.participants[who];
  const bool only_heuristics = world.live && shows_only_heuristics(world.transaction);
  if (world.live && !only_heuristics) {
    if (participant.n == 0) return;
    const std::string instance = is_callback(config_, who) ? "" : "1";
    return apply(world, core::event::Ack{participant.n, participant_name(who), instance, result});
  }
  if (only_heuristics || remembered(world).outcome == Outcome::kAborted) report_against_abort(world, who, result);
}

/// As the engine does: the transaction is shown again, finished, with what is reported against its abort.
void Coordinator::report_against_abort(World& world, int who, AckResult result) const {
  const bool contradicts =
      result == AckResult::kCommitted || result == AckResult::kHeuristicCommit || result == AckResult::kHeuristicMixed;
  if (!contradicts) return;
  for (const LogFact& fact : world.log) {
    const bool is_known = fact.kind == FactKind::kHeuristic || fact.kind == FactKind::kActed;
    if (is_known && fact.who == who) return;
  }
  const auto kind = result == AckResult::kHeuristicMixed ? HeuristicKind::kMixed : HeuristicKind::kCommit;
  append(world, LogFact{FactKind::kHeuristic, static_cast<std::uint8_t>(who), static_cast<std::uint8_t>(kind)});
  leave(world);
  restore(world);
  world.rests_on = world.log.count;
}

void Coordinator::hear_stranger(World& world, std::uint32_t n, int how) const {
  if (shows_only_heuristics(world.transaction)) return;
  if (how == 2) return apply(world, core::event::Ack{n, "stranger", "1", AckResult::kCommitted});
  apply(world, core::event::Vote{n, "stranger", "1", "0", how == 0 ? VoteKind::kCommit : VoteKind::kAbort, ""});
}

DecisionKind Coordinator::decision_now(World& world, int who) const {
  const Participant& participant = world.participants[who];
  const bool is_live = world.live && participant.n != 0;
  const DecisionKind decision =
      is_live ? core::decision_for(world.transaction, participant.n) : remembered(world).decisions[who];
  const std::uint8_t rests_on = world.live ? world.rests_on : last_forced(world);
  if (rests_on > world.durable && !config_.broken.answers_early) return DecisionKind::kUndecided;
  if (decision == DecisionKind::kCommit) tell(world, Told::kCommitted);
  if (decision == DecisionKind::kAbort && !participant.read_only) tell(world, Told::kAborted);
  return decision;
}

void Coordinator::fail(World& world, int who, bool was_sent) const {
  const std::uint32_t n = world.participants[who].n;
  if (!was_sent) apply(world, core::event::PrepareNotSent{n});
  apply(world, core::event::AttemptFailed{n, "timeout", "", 0});
}

}  // namespace troth::explore
