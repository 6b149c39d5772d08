#include "tests/explore/codec_parts.h"

namespace troth::explore {
namespace {

/// The incarnation counts only while joined work is not prepared.
bool needs_incarnation(const core::Branch& branch) {
  return branch.joined && !branch.vote;
}

}  // namespace

void put_branch(Writer& to, const core::Branch& branch) {
  to.put(branch.joined, 1);
  to.put(!branch.instance.empty(), 1);
  to.put(needs_incarnation(branch) && !branch.incarnation.empty() ? branch.incarnation[0] - '0' + 1 : 0, 2);
  to.put(branch.state, 4);
  to.put(branch.reachable, 1);
  to.put(or_none(branch.vote), 2);
  to.put(or_none(branch.heuristic), 3);
  to.put(branch.settled, 1);
  to.put(branch.decided_in_list, 1);
  to.put(std::min(branch.attempts, kMaxAttempts), 2);
  to.put(branch.retry_due != 0, 1);
  to.put(branch.by_operator, 1);
}

void take_branch(Reader& from, core::Branch& branch, bool is_callback) {
  from.take_into(branch.joined, 1);
  branch.instance = from.take(1) != 0 ? "1" : "";
  const std::uint32_t incarnation = from.take(2);
  branch.incarnation = incarnation == 0 ? "" : std::string(1, static_cast<char>('0' + incarnation - 1));
  from.take_into(branch.state, 4);
  from.take_into(branch.reachable, 1);
  from_none(branch.vote, from.take(2));
  from_none(branch.heuristic, from.take(3));
  from.take_into(branch.settled, 1);
  from.take_into(branch.decided_in_list, 1);
  branch.attempts = from.take(2);
  branch.retry_due = from.take(1) != 0 ? kFar : 0;
  from.take_into(branch.by_operator, 1);
  branch.kind = is_callback ? ParticipantKind::kCallback : ParticipantKind::kSession;
  branch.endpoint = is_callback ? "http://x" : "";
  branch.key.clear();
  branch.payload_hash.clear();
  branch.routing = Routing::kAny;
  branch.payload.reset();
  branch.vote_reason.clear();
  branch.last_error.reset();
}

void put_state(Writer& to, const Participant& participant) {
  to.put(participant.known, 1);
  if (!participant.known) return;
  const sdk::BranchState& state = participant.state;
  const bool is_told = state.standing == sdk::Standing::kCommitted || state.standing == sdk::Standing::kAborted;
  const bool looks_up = state.call == sdk::Call::kLookUp;
  to.put(state.standing, 3);
  to.put(state.call, 3);
  to.put(state.next, 3);
  to.put(state.decision, 3);
  to.put(looks_up ? static_cast<int>(state.look_up_for) : 0, 2);
  to.put(is_told ? static_cast<int>(state.result) : 0, 3);
  to.put(state.waiting, 1);
  to.put(state.answer, 1);
  to.put(state.remembered, 1);
  to.put(state.wake_due != 0, 1);
  to.put(participant.again && state.call == sdk::Call::kOnePhase, 1);
}

void take_state(Reader& from, Participant& participant) {
  participant.state = sdk::BranchState{};
  from.take_into(participant.known, 1);
  participant.again = false;
  if (!participant.known) return;
  sdk::BranchState& state = participant.state;
  from.take_into(state.standing, 3);
  from.take_into(state.call, 3);
  from.take_into(state.next, 3);
  from.take_into(state.decision, 3);
  from.take_into(state.look_up_for, 2);
  from.take_into(state.result, 3);
  from.take_into(state.waiting, 1);
  from.take_into(state.answer, 1);
  from.take_into(state.remembered, 1);
  state.wake_due = from.take(1) != 0 ? kFar : 0;
  from.take_into(participant.again, 1);
}

}  // namespace troth::explore
