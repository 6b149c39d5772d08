#include <algorithm>

#include "coordinator/core/internal.h"

namespace troth::core::internal {
namespace {

/// Longer pauses than this are not taken from a participant: a wrong header must not park a decision.
constexpr Millis kRetryAfterMsMax = 3'600'000;

/// Spreads the retries of many transactions without a random source: the same branch and attempt give the same number.
std::uint64_t jitter_hash(const BranchId& id, std::uint32_t attempt) {
  std::uint64_t x = IdHash{}(id) + attempt * 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// Of answers that come in milliseconds. A session gets each message once, so silence is the only sign there is.
constexpr Millis kLateMs = 30'000;

/// Doubles per attempt up to the cap; between half of that and all of it.
Millis backoff(const Step& step, const Branch& branch) {
  const bool is_prepare = step.transaction.phase == Phase::kPreparing;
  const Millis first = is_prepare ? step.timing.prepare_retry_ms_min : step.timing.deliver_retry_ms_min;
  const Millis cap = is_prepare ? step.timing.prepare_retry_ms_max : step.timing.deliver_retry_ms_max;
  Millis gap = first;
  for (std::uint32_t i = 1; i < branch.attempts && gap < cap; ++i) gap *= 2;
  gap = std::max<Millis>(1, std::min(gap, cap));
  const std::uint64_t half = static_cast<std::uint64_t>(gap) / 2;
  const std::uint64_t hash = jitter_hash(BranchId{step.transaction.id, branch.n}, branch.attempts);
  return gap - static_cast<Millis>(hash % (half + 1));
}

void decide_to(const Step& step, std::uint32_t n, const std::string& participant, const std::string& instance) {
  step.emit(effect::Decide{n, participant, instance, decision_for(step.transaction, n)});
}

}  // namespace

Branch* find_branch(Transaction& transaction, std::uint32_t n) {
  return n >= 1 && n <= transaction.branches.size() ? &transaction.branches[n - 1] : nullptr;
}

Branch* find_branch_of(Transaction& transaction, std::uint32_t n, const std::string& participant) {
  Branch* branch = find_branch(transaction, n);
  return branch != nullptr && branch->participant == participant ? branch : nullptr;
}

Branch* find_speaker(Transaction& transaction, std::uint32_t n, const std::string& participant,
                     const std::string& instance) {
  Branch* branch = find_branch_of(transaction, n, participant);
  if (branch == nullptr || branch->instance.empty() || branch->instance == instance) return branch;
  const bool is_answering_one_phase = transaction.one_phase_started && branch->attempts > 0;
  const bool is_open_work = branch->joined && !branch->vote && !is_answering_one_phase;
  const bool is_bound = branch->routing == Routing::kPinned || is_open_work;
  return is_bound ? nullptr : branch;
}

bool may_know(const Branch& branch) {
  return branch.joined || branch.attempts > 0;
}

bool is_awaited(const Transaction& transaction, const Branch& branch) {
  switch (transaction.phase) {
    case Phase::kPreparing: return !branch.vote;
    case Phase::kCommitting:
    case Phase::kAborting: return !branch.settled;
    case Phase::kActive:
    case Phase::kFinished: return false;
  }
  return false;
}

bool is_all_settled(const Transaction& transaction) {
  return std::all_of(transaction.branches.begin(), transaction.branches.end(),
                     [](const Branch& branch) { return branch.settled; });
}

bool is_ended_by_report(const Transaction& transaction) {
  return transaction.phase == Phase::kPreparing && transaction.one_phase_started && is_all_settled(transaction);
}

DecidedBranch to_decided(const Branch& branch) {
  return {branch.n,
          branch.participant,
          branch.instance,
          branch.key,
          branch.endpoint,
          branch.routing,
          branch.vote == VoteKind::kReadOnly};
}

const Branch* find_lost(const Transaction& transaction, const event::Reincarnated& event) {
  const auto is_lost = [&event](const Branch& branch) {
    return branch.joined && !branch.vote && branch.participant == event.participant &&
           branch.instance == event.instance && branch.incarnation != event.incarnation;
  };
  const auto found = std::find_if(transaction.branches.begin(), transaction.branches.end(), is_lost);
  return found == transaction.branches.end() ? nullptr : &*found;
}

void expect_answers(const Step& step, Phase phase) {
  step.transaction.phase = phase;
  step.transaction.late_due = step.now.due + kLateMs;
  step.transaction.is_late = false;
}

void note_lateness(const Step& step) {
  Transaction& transaction = step.transaction;
  if (transaction.late_due == 0 || transaction.late_due > step.now.due) return;
  transaction.late_due = 0;
  transaction.is_late = true;
  step.touch();
}

void note_error(const Step& step, Branch& branch, std::string code, std::string detail) {
  branch.last_error = std::make_shared<const LastError>(LastError{std::move(code), std::move(detail), step.now.at});
  step.touch();
}

void send(const Step& step, Branch& branch) {
  if (!branch.reachable) {
    const bool is_news = !branch.last_error && is_awaited(step.transaction, branch);
    if (is_news) note_error(step, branch, "not_connected", {});
    return;
  }
  ++branch.attempts;
  branch.retry_due = 0;
  step.touch();
  if (step.transaction.phase == Phase::kCommitting) {
    step.emit(effect::SendCommit{branch.n, branch.attempts});
  } else if (step.transaction.phase == Phase::kAborting) {
    step.emit(effect::SendAbort{branch.n, branch.attempts});
  } else if (step.transaction.one_phase_started) {
    step.emit(effect::SendOnePhase{branch.n, branch.attempts});
  } else {
    step.emit(effect::SendPrepare{branch.n, branch.attempts});
  }
}

void send_due(const Step& step) {
  for (Branch& branch : step.transaction.branches) {
    const bool is_due = branch.retry_due != 0 && branch.retry_due <= step.now.due;
    if (is_due && is_awaited(step.transaction, branch)) send(step, branch);
  }
}

void on_reachable(const Step& step, const event::Reachable& event) {
  Branch* branch = find_branch(step.transaction, event.n);
  if (branch == nullptr) return;
  if (!branch->reachable) step.touch();
  branch->reachable = true;
  if (is_awaited(step.transaction, *branch)) send(step, *branch);
}

void on_unreachable(const Step& step, const event::Unreachable& event) {
  Branch* branch = find_branch(step.transaction, event.n);
  const bool has_connection = branch != nullptr && branch->kind == ParticipantKind::kSession && branch->reachable;
  if (!has_connection) return;  // a callback is dialled for each message
  branch->reachable = false;
  step.touch();
  if (is_awaited(step.transaction, *branch)) note_error(step, *branch, event.code, event.detail);
}

void on_attempt_failed(const Step& step, const event::AttemptFailed& event) {
  Branch* branch = find_branch(step.transaction, event.n);
  if (branch == nullptr || !is_awaited(step.transaction, *branch)) return;
  note_error(step, *branch, event.code, event.detail);
  if (branch->kind != ParticipantKind::kCallback) return;  // a session is tried again when it connects
  const Millis asked = std::clamp<Millis>(event.retry_after_ms, 0, kRetryAfterMsMax);
  branch->retry_due = std::max<Millis>(1, step.now.due + std::max(asked, backoff(step, *branch)));
}

void on_listed(const Step& step, const event::Listed& event) {
  Branch* branch = find_branch_of(step.transaction, event.n, event.participant);
  const bool is_one_phase = step.transaction.one_phase_started;  // nothing is prepared there: a listing tells nothing
  if (branch == nullptr || is_one_phase || !is_awaited(step.transaction, *branch)) {
    return decide_to(step, event.n, event.participant, event.instance);
  }
  branch->instance = event.instance;  // it is prepared, so whoever lists it can finish it
  branch->incarnation = event.incarnation;
  branch->reachable = true;
  send(step, *branch);
}

void on_inquired(const Step& step, const event::Inquired& event) {
  decide_to(step, event.n, event.participant, event.instance);
}

void on_late_vote(const Step& step, const event::Vote& event) {
  if (event.vote != VoteKind::kCommit) return;
  const bool is_enlisted = find_branch(step.transaction, event.n) != nullptr;
  if (is_enlisted && find_branch_of(step.transaction, event.n, event.participant) == nullptr) return;
  decide_to(step, event.n, event.participant, event.instance);
}

}  // namespace troth::core::internal
