#include "coordinator/core/step.h"

#include <algorithm>
#include <limits>

#include "coordinator/core/internal.h"

namespace troth::core {

void step(Transaction& transaction, const Event& event, Now now, const Timing& timing, Output& out) {
  const internal::Step step{transaction, now, timing, out};
  switch (transaction.phase) {
    case Phase::kActive: return internal::step_active(step, event);
    case Phase::kPreparing: return internal::step_preparing(step, event);
    case Phase::kCommitting: return internal::step_committing(step, event);
    case Phase::kAborting: return internal::step_aborting(step, event);
    case Phase::kFinished: return internal::step_finished(step, event);
  }
}

Millis wake_due(const Transaction& transaction) {
  constexpr Millis kAtOnce = 0;
  Millis due = std::numeric_limits<Millis>::max();
  const bool is_ending = transaction.phase == Phase::kCommitting || transaction.phase == Phase::kAborting;
  if (is_ending && internal::is_all_settled(transaction)) return kAtOnce;  // restored with nothing left to do
  if (internal::is_ended_by_report(transaction)) return kAtOnce;
  if (!transaction.outcome && !transaction.one_phase_started) due = transaction.deadline_due;
  if (transaction.late_due != 0) due = std::min(due, transaction.late_due);
  for (const Waiter& waiter : transaction.waiters) due = std::min(due, waiter.until_due);
  for (const Branch& branch : transaction.branches) {
    if (branch.retry_due != 0 && internal::is_awaited(transaction, branch)) due = std::min(due, branch.retry_due);
  }
  return due;
}

DecisionKind decision_for(const Transaction& transaction, std::uint32_t n) {
  const bool is_enlisted = n >= 1 && n <= transaction.branches.size();
  if (is_enlisted && transaction.branches[n - 1].by_operator) return DecisionKind::kUnknown;
  if (!transaction.outcome) return DecisionKind::kUndecided;
  if (*transaction.outcome == Outcome::kAborted) return DecisionKind::kAbort;
  return is_enlisted && transaction.branches[n - 1].decided_in_list ? DecisionKind::kCommit : DecisionKind::kAbort;
}

bool is_in_doubt(const Transaction& transaction, const Branch& branch) {
  return transaction.phase != Phase::kFinished && branch.vote == VoteKind::kCommit && !branch.settled;
}

std::optional<HeuristicKind> heuristic_of(const Transaction& transaction) {
  bool has_commit = false;
  bool has_abort = false;
  bool has_mixed = false;
  bool has_hazard = false;
  for (const Branch& branch : transaction.branches) {
    if (!branch.heuristic) continue;
    has_commit |= *branch.heuristic == HeuristicKind::kCommit;
    has_abort |= *branch.heuristic == HeuristicKind::kAbort;
    has_mixed |= *branch.heuristic == HeuristicKind::kMixed;
    has_hazard |= *branch.heuristic == HeuristicKind::kHazard;
  }
  if (has_mixed || (has_commit && has_abort)) return HeuristicKind::kMixed;
  if (has_commit) return HeuristicKind::kCommit;
  if (has_abort) return HeuristicKind::kAbort;
  if (has_hazard) return HeuristicKind::kHazard;
  return std::nullopt;
}

}  // namespace troth::core
