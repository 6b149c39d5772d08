#include "coordinator/core/internal.h"

namespace troth::core::internal {
namespace {

void record_commit(const Step& step) {
  const Transaction& transaction = step.transaction;
  fact::CommitDecided decided;
  decided.id = transaction.id;
  for (const Branch& branch : transaction.branches) decided.branches.push_back(to_decided(branch));
  decided.origin = transaction.origin;
  decided.label = transaction.label;
  decided.traceparent = transaction.traceparent;
  decided.begun_at = transaction.begun_at;
  decided.decided_at = transaction.decided_at;
  decided.one_phase = transaction.one_phase_started;
  step.record(std::move(decided));
}

/// A repeat of a keyed request must hear the same answer, also after a crash; and what a participant answered in one
/// phase is the outcome, so it must not be asked again as if nobody knew.
void record_abort_if_told(const Step& step) {
  const Transaction& transaction = step.transaction;
  if (transaction.origin.key.empty() && !transaction.one_phase_started) return;
  step.record(fact::AbortTold{transaction.id, transaction.origin, *transaction.abort_reason, transaction.label,
                              transaction.begun_at, transaction.decided_at, transaction.traceparent});
}

void start_committing(const Step& step, Branch& branch) {
  branch.payload.reset();
  branch.retry_due = 0;
  branch.decided_in_list = branch.vote == VoteKind::kCommit;
  if (branch.settled) return;  // read-only, or committed in one phase
  branch.attempts = 0;
  branch.state = BranchState::kCommitting;
  send(step, branch);
}

/// A session hears it once and asks if it missed it; a callback is told until it answers, because it need not ask.
void start_aborting(const Step& step, Branch& branch) {
  branch.payload.reset();
  branch.retry_due = 0;
  if (branch.settled) return;
  const bool must_hear = may_know(branch);
  branch.attempts = 0;
  branch.settled = !must_hear || branch.kind == ParticipantKind::kSession;
  branch.state = branch.settled ? BranchState::kAborted : BranchState::kAborting;
  if (must_hear) send(step, branch);
}

/// Something forced is in the log for it that must be closed.
bool has_record(const Transaction& transaction) {
  return transaction.outcome == Outcome::kCommitted || transaction.prepare_started || transaction.one_phase_started;
}

/// Participants keep the marker of a two-phase commit until now; one-phase markers go below the horizon only.
void send_forgets(const Step& step) {
  if (step.transaction.one_phase_started) return;
  for (const Branch& branch : step.transaction.branches) {
    const bool has_acknowledged = branch.state == BranchState::kCommitted && !branch.by_operator;
    if (has_acknowledged && branch.kind == ParticipantKind::kSession) step.emit(effect::SendForget{branch.n});
  }
}

std::optional<HeuristicKind> heuristic_after_abort(AckResult result) {
  switch (result) {
    case AckResult::kCommitted:
    case AckResult::kHeuristicCommit: return HeuristicKind::kCommit;
    case AckResult::kHeuristicMixed: return HeuristicKind::kMixed;
    case AckResult::kAborted:
    case AckResult::kHeuristicAbort:
    case AckResult::kUnknownBranch: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

void decide_commit(const Step& step) {
  Transaction& transaction = step.transaction;
  transaction.outcome = Outcome::kCommitted;
  transaction.decided_at = step.now.at;
  expect_answers(step, Phase::kCommitting);
  step.touch();
  record_commit(step);
  for (Branch& branch : transaction.branches) start_committing(step, branch);
  tell_waiters(step);
  finish_if_settled(step);
}

void abort_now(const Step& step, AbortReason reason) {
  Transaction& transaction = step.transaction;
  transaction.outcome = Outcome::kAborted;
  if (!transaction.abort_reason) transaction.abort_reason = reason;
  transaction.decided_at = step.now.at;
  expect_answers(step, Phase::kAborting);
  step.touch();
  record_abort_if_told(step);
  for (Branch& branch : transaction.branches) start_aborting(step, branch);
  tell_waiters(step);
  finish_if_settled(step);
}

bool is_overdue(const Transaction& transaction, Now now) {
  return !transaction.outcome && !transaction.one_phase_started && transaction.deadline_due <= now.due;
}

void report_heuristic(const Step& step, Branch& branch, HeuristicKind kind, const std::string& detail) {
  branch.heuristic = kind;
  branch.state = BranchState::kHeuristic;
  branch.settled = true;
  branch.retry_due = 0;
  step.touch();
  step.record(
      fact::HeuristicReported{BranchId{step.transaction.id, branch.n}, branch.participant, kind, detail, step.now.at});
}

void on_ack_of_abort(const Step& step, const event::Ack& event) {
  Branch* branch = find_speaker(step.transaction, event.n, event.participant, event.instance);
  const bool is_closed = branch == nullptr || branch->heuristic || branch->by_operator;
  if (is_closed || branch->vote == VoteKind::kReadOnly) return;
  if (const auto kind = heuristic_after_abort(event.result)) {
    report_heuristic(step, *branch, *kind, "said so in answer to abort");
  } else if (!branch->settled) {
    branch->settled = true;
    branch->state = BranchState::kAborted;
    branch->retry_due = 0;
    branch->last_error.reset();
    step.touch();
  }
}

void finish_if_settled(const Step& step) {
  Transaction& transaction = step.transaction;
  const bool may_end = transaction.outcome && transaction.phase != Phase::kFinished;
  if (!may_end || !is_all_settled(transaction)) return;
  transaction.phase = Phase::kFinished;
  transaction.late_due = 0;
  transaction.finished_at = step.now.at;
  step.touch();
  if (has_record(transaction)) step.out.ended = true;
  send_forgets(step);
  tell_waiters(step);
}

}  // namespace troth::core::internal
