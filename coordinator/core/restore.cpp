// From records to live transactions: recovery folds, core starts from the facts, and the ordinary timers speak.
#include <algorithm>

#include "coordinator/core/internal.h"

namespace troth::core {
namespace {

/// Of the messages before the crash any number may have left, so the next one is never the first.
constexpr std::uint32_t kAttemptsBefore = 1;

template <typename Started>
Transaction begin_from(const Started& started) {
  Transaction transaction;
  transaction.id = started.id;
  transaction.label = started.label;
  transaction.traceparent = started.traceparent;
  transaction.origin = started.origin;
  transaction.begun_at = started.begun_at;
  transaction.restored = true;
  return transaction;
}

Branch to_branch(const DecidedBranch& decided, Now now) {
  Branch branch;
  branch.n = decided.n;
  branch.participant = decided.participant;
  branch.key = decided.key;
  branch.endpoint = decided.endpoint;
  branch.routing = decided.routing;
  branch.kind = decided.endpoint.empty() ? ParticipantKind::kSession : ParticipantKind::kCallback;
  if (branch.routing == Routing::kPinned) branch.instance = decided.instance;  // else whoever connects first
  branch.attempts = kAttemptsBefore;
  if (branch.kind == ParticipantKind::kCallback) {
    branch.reachable = true;
    branch.retry_due = std::max<Millis>(1, now.due);
  }
  return branch;
}

void settle(Branch& branch, BranchState state) {
  branch.state = state;
  branch.settled = true;
  branch.retry_due = 0;
}

/// The slot of branch n; numbers the record does not have become branches that were never told anything.
Branch& slot(Transaction& transaction, std::uint32_t n) {
  auto& branches = transaction.branches;
  while (branches.size() < n) {
    Branch filler;
    filler.n = static_cast<std::uint32_t>(branches.size() + 1);
    settle(filler, BranchState::kReadOnly);
    branches.push_back(std::move(filler));
  }
  return branches[n - 1];
}

template <typename Settle>
void put_branches(Transaction& transaction, const std::vector<DecidedBranch>& list, Now now, Settle set_state) {
  for (const DecidedBranch& decided : list) {
    if (decided.n == 0) continue;
    Branch& branch = slot(transaction, decided.n);
    branch = to_branch(decided, now);
    set_state(branch, decided);
  }
}

}  // namespace

Transaction restore(const fact::CommitDecided& decided, Now now) {
  Transaction transaction = begin_from(decided);
  transaction.phase = Phase::kCommitting;
  transaction.outcome = Outcome::kCommitted;
  transaction.decided_at = decided.decided_at;
  transaction.decision_lsn = decided.lsn;
  transaction.one_phase_wanted = transaction.one_phase_started = decided.one_phase;
  put_branches(transaction, decided.branches, now, [&decided](Branch& branch, const DecidedBranch& listed) {
    branch.vote = listed.read_only ? VoteKind::kReadOnly : VoteKind::kCommit;
    branch.decided_in_list = !listed.read_only;
    branch.state = BranchState::kCommitting;
    if (listed.read_only) settle(branch, BranchState::kReadOnly);
    if (decided.one_phase) settle(branch, BranchState::kCommitted);
  });
  return transaction;
}

Transaction restore(const fact::PrepareStarted& started, Now now) {
  Transaction transaction = begin_from(started);
  transaction.phase = Phase::kAborting;
  transaction.outcome = Outcome::kAborted;
  transaction.abort_reason = AbortReason::kRestart;
  transaction.decided_at = now.at;
  transaction.prepare_started = true;
  put_branches(transaction, started.branches, now, [](Branch& branch, const DecidedBranch&) {
    branch.state = BranchState::kAborting;
    if (branch.kind == ParticipantKind::kSession) settle(branch, BranchState::kAborted);  // it asks, and hears abort
  });
  return transaction;
}

Transaction restore(const fact::OnePhaseStarted& started, Now now) {
  Transaction transaction = begin_from(started);
  transaction.phase = Phase::kPreparing;
  transaction.one_phase_wanted = transaction.one_phase_started = true;
  put_branches(transaction, {started.branch}, now,
               [](Branch& branch, const DecidedBranch&) { branch.state = BranchState::kPreparing; });
  return transaction;
}

void restore_heuristic(Transaction& transaction, const fact::HeuristicReported& reported) {
  Branch* branch = internal::find_branch(transaction, reported.branch.n);
  if (branch == nullptr) return;
  settle(*branch, BranchState::kHeuristic);
  branch->heuristic = reported.kind;
}

void restore_acknowledged(Transaction& transaction, std::uint32_t n) {
  Branch* branch = internal::find_branch(transaction, n);
  if (branch == nullptr || branch->settled || !transaction.outcome) return;
  settle(*branch, *transaction.outcome == Outcome::kCommitted ? BranchState::kCommitted : BranchState::kAborted);
}

void restore_act(Transaction& transaction, const fact::OperatorActed& acted) {
  Branch* branch = internal::find_branch(transaction, acted.branch.n);
  if (branch == nullptr) return;
  branch->by_operator = true;
  switch (acted.act) {
    case fact::OperatorAct::kSettledCommit: settle(*branch, BranchState::kCommitted); break;
    case fact::OperatorAct::kSettledAbort: settle(*branch, BranchState::kAborted); break;
    case fact::OperatorAct::kForgot: branch->heuristic.reset(); return settle(*branch, BranchState::kHeuristic);
    case fact::OperatorAct::kRetired:
      branch->heuristic = HeuristicKind::kHazard;
      return settle(*branch, BranchState::kHeuristic);
    case fact::OperatorAct::kGapCommitted:
    case fact::OperatorAct::kGapAborted: return settle(*branch, branch->state);
  }
  if (!acted.contradicts) return;
  branch->heuristic = acted.heuristic;
  branch->state = BranchState::kHeuristic;
}

}  // namespace troth::core
