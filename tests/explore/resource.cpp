// What a participant keeps durably, as the SQLite adapter does it: prepared row, marker and tombstone under one key.
#include "tests/explore/participant.h"

namespace troth::explore {
namespace {

using sdk::Call;

bool has_thrown(End end) {
  return end == End::kThrewBefore || end == End::kThrewAfter;
}

bool may_vote(const Config& config, End end) {
  switch (end) {
    case End::kCommit: return (config.votes & kCommits) != 0;
    case End::kAbort: return (config.votes & kAborts) != 0;
    case End::kReadOnly: return (config.votes & kReadsOnly) != 0;
    default: return false;
  }
}

}  // namespace

void Site::settle(World& world, int who, Done how) const {
  Participant& participant = world.participants[who];
  const bool reverses = participant.done != Done::kNone && participant.done != how;
  if (reverses && !participant.by_hand) world.break_promise("AC2: a branch reverses");
  participant.done = how;
}

VoteKind Site::prepare(World& world, int who, End end) const {
  Participant& participant = world.participants[who];
  if (participant.row == Row::kAborted && !config_.broken.ignores_tombstone) return VoteKind::kAbort;
  if (participant.row == Row::kMixed) return VoteKind::kAbort;
  if (participant.row != Row::kNone && participant.row != Row::kAborted) return VoteKind::kCommit;
  if (participant.done != Done::kNone && !participant.by_hand)
    world.break_promise("AC2: a settled branch is prepared again");
  const bool is_session = !is_callback(config_, who);
  if (participant.ran && is_session && !config_.joined) world.break_promise("the payload of a branch runs twice");
  participant.ran = true;
  if (end == End::kAbort) return VoteKind::kAbort;
  if (end == End::kReadOnly) {
    participant.read_only = true;
    return VoteKind::kReadOnly;
  }
  if (!config_.broken.prepares_nothing) participant.row = Row::kPrepared;
  return VoteKind::kCommit;
}

AckResult Site::commit(World& world, int who) const {
  Participant& participant = world.participants[who];
  switch (participant.row) {
    case Row::kNone: return AckResult::kUnknownBranch;
    case Row::kAborted: return AckResult::kHeuristicAbort;
    case Row::kMixed: return AckResult::kHeuristicMixed;
    case Row::kCommitted:
    case Row::kCommittedOnePhase: return AckResult::kCommitted;
    case Row::kPrepared: break;
  }
  participant.row = Row::kCommitted;
  settle(world, who, Done::kCommitted);
  return AckResult::kCommitted;
}

AckResult Site::abort(World& world, int who) const {
  Participant& participant = world.participants[who];
  switch (participant.row) {
    case Row::kCommitted:
    case Row::kCommittedOnePhase: return AckResult::kHeuristicCommit;
    case Row::kAborted: return AckResult::kAborted;
    case Row::kMixed: return AckResult::kHeuristicMixed;
    case Row::kNone:
    case Row::kPrepared: break;
  }
  participant.row = Row::kAborted;
  settle(world, who, Done::kAborted);
  return AckResult::kAborted;
}

AckResult Site::commit_one_phase(World& world, int who, End end) const {
  Participant& participant = world.participants[who];
  if (participant.row == Row::kPrepared) return commit(world, who);
  if (participant.row == Row::kAborted) return AckResult::kAborted;
  if (participant.row == Row::kMixed) return AckResult::kHeuristicMixed;
  if (participant.row != Row::kNone) return AckResult::kCommitted;
  if (end == End::kReadOnly) {  // half of it is done, and nobody can undo it
    ++world.hands;
    participant.by_hand = true;
    participant.row = Row::kMixed;
    return AckResult::kHeuristicMixed;
  }
  const bool commits = end == End::kCommit && !participant.again;
  if (commits && participant.ran && !config_.joined) world.break_promise("the payload of a branch runs twice");
  participant.ran = participant.ran || commits;
  participant.row = commits ? Row::kCommittedOnePhase : Row::kAborted;
  settle(world, who, commits ? Done::kCommitted : Done::kAborted);
  return commits ? AckResult::kCommitted : AckResult::kAborted;
}

/// Which ends the call that runs can have; the first end stands for the only one where there is no choice.
bool Site::may_end(const World& world, int who, End end) const {
  const Participant& participant = world.participants[who];
  if (has_thrown(end) && world.throws >= config_.throws) return false;
  const Call call = participant.state.call;
  const bool has_choice = (call == Call::kPrepare || call == Call::kOnePhase) && participant.row == Row::kNone;
  if (!has_choice) return end == End::kCommit || has_thrown(end);
  if (has_thrown(end)) return true;
  // In one phase there is no such answer: it stands for half of the work done.
  if (end == End::kReadOnly && call == Call::kOnePhase) return world.hands < config_.hands;
  return may_vote(config_, end);
}

/// The resource does what is asked, and `event` is what it answers.
void Site::run(World& world, int who, End end, sdk::Event& event) const {
  namespace e = sdk::event;
  const Participant& participant = world.participants[who];
  switch (participant.state.call) {
    case Call::kPrepare: event = e::Voted{prepare(world, who, end), ""}; return;
    case Call::kCommit: event = e::Acked{commit(world, who)}; return;
    case Call::kAbort: event = e::Acked{abort(world, who)}; return;
    case Call::kOnePhase: event = e::Acked{commit_one_phase(world, who, end)}; return;
    case Call::kLookUp: event = e::Traced{participant.row == Row::kPrepared}; return;
    case Call::kNone: return;
  }
}

void Site::return_call(World& world, int who, End end) const {
  sdk::Event event;
  if (end != End::kThrewBefore) run(world, who, end == End::kThrewAfter ? End::kCommit : end, event);
  if (has_thrown(end)) {
    event = sdk::event::Threw{"thrown"};
    ++world.throws;
  }
  happen(world, who, std::move(event));
}

// ---- callbacks ----

bool Site::may_answer(const World& world, int who, Say request, End end) const {
  const Participant& participant = world.participants[who];
  if ((participant.requests & (1u << static_cast<unsigned>(request))) == 0) return false;
  const bool does_work = is_prepare(request) && (participant.row == Row::kNone || config_.broken.repeats_payload);
  if (does_work) return may_vote(config_, end);
  // To an abort of what it does not know it may also say so.
  const bool may_say_unknown = request == Say::kAbort && participant.row == Row::kNone;
  return end == End::kCommit || (end == End::kAbort && may_say_unknown);
}

void Site::answer(World& world, int who, Say request, End end) const {
  Participant& participant = world.participants[who];
  Say response = Say::kVoteAbort;
  if (request == Say::kCommit) {
    response = static_cast<Say>(static_cast<int>(Say::kAckCommitted) + static_cast<int>(commit(world, who)));
  } else if (request == Say::kAbort) {
    const bool says_unknown = end == End::kAbort;
    response = static_cast<Say>(static_cast<int>(Say::kAckCommitted) + static_cast<int>(abort(world, who)));
    if (says_unknown) response = Say::kAckUnknown;
  } else {
    const VoteKind vote = prepare(world, who, end);
    check_vote(world, who, vote);
    response = vote == VoteKind::kCommit  ? Say::kVoteCommit
               : vote == VoteKind::kAbort ? Say::kVoteAbort
                                          : Say::kVoteReadOnly;
  }
  participant.responses |= 1u << static_cast<unsigned>(response);
}

/// It asks for the decision by itself and does it.
void Site::obey(World& world, int who, DecisionKind decision) const {
  if (decision == DecisionKind::kCommit) commit(world, who);
  if (decision == DecisionKind::kAbort) abort(world, who);
}

void Site::settle_by_hand(World& world, int who, End how) const {
  Participant& participant = world.participants[who];
  participant.by_hand = true;
  participant.done = how == End::kCommit ? Done::kCommitted : Done::kAborted;
  switch (how) {
    case End::kCommit: participant.row = Row::kCommitted; break;
    case End::kAbort: participant.row = Row::kAborted; break;
    case End::kReadOnly: participant.row = Row::kNone; break;
    default: participant.row = Row::kMixed; break;
  }
}

}  // namespace troth::explore
