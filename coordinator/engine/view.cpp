#include "coordinator/engine/view.h"

#include "coordinator/core/actions.h"
#include "coordinator/core/step.h"
#include "proto/codec/api_json.h"

namespace troth::engine {
namespace {

template <class T>
std::optional<T> unless_empty(T value) {
  return value == T{} ? std::nullopt : std::optional<T>(std::move(value));
}

/// What an error without a text of its own means.
std::string detail_of(const core::Branch& branch, const core::LastError& error) {
  if (!error.detail.empty()) return error.detail;
  if (error.code == "disconnected") {
    return "The connection of " + branch.participant + " was lost while its answer was awaited.";
  }
  if (error.code == "not_connected")
    return "No connected instance of " + branch.participant + " may carry this branch.";
  return {};
}

bool all_read_only(const std::vector<DecidedBranch>& branches) {
  for (const auto& branch : branches) {
    if (!branch.read_only) return false;
  }
  return !branches.empty();
}

TransactionView finished(const TransactionId& id, Outcome outcome) {
  TransactionView view;
  view.id = id;
  view.phase = Phase::kFinished;
  view.outcome = outcome;
  return view;
}

}  // namespace

BranchView view_of(const core::Transaction& transaction, const core::Branch& branch, core::Now now) {
  BranchView view;
  view.n = branch.n;
  view.participant = branch.participant;
  view.key = branch.key;
  view.instance = unless_empty(branch.instance);
  view.connected = branch.reachable;
  view.state = branch.state;
  view.vote = branch.vote;
  view.vote_reason = unless_empty(branch.vote_reason);
  view.in_doubt = core::is_in_doubt(transaction, branch);
  view.heuristic = branch.heuristic;
  view.attempts = branch.attempts;
  if (branch.last_error) {
    const core::LastError& error = *branch.last_error;
    view.last_error = ErrorView{error.code, detail_of(branch, error), error.at};
  }
  if (branch.retry_due != 0 && !branch.settled) view.next_attempt_at = now.at + (branch.retry_due - now.due);
  const std::string next = view.next_attempt_at ? codec::rfc3339(*view.next_attempt_at) : std::string();
  view.waiting_for = unless_empty(core::waiting_for(transaction, branch, next));
  return view;
}

TransactionView view_of(const core::Transaction& transaction, core::Now now) {
  TransactionView view;
  view.id = transaction.id;
  view.label = unless_empty(transaction.label);
  view.phase = transaction.phase;
  view.outcome = transaction.outcome;
  view.heuristic = core::heuristic_of(transaction);
  view.abort_reason = transaction.abort_reason;
  view.attention = core::attention_of(transaction);
  view.lsn = unless_empty(transaction.decision_lsn);
  view.revision = transaction.revision;
  view.timeout_ms = unless_empty(transaction.timeout_ms);
  view.begun_at = unless_empty(transaction.begun_at);
  view.deadline_at = unless_empty(transaction.deadline_at);
  view.decided_at = unless_empty(transaction.decided_at);
  view.finished_at = unless_empty(transaction.finished_at);
  view.traceparent = unless_empty(transaction.traceparent);
  bool any_effect = transaction.branches.empty();
  for (const auto& branch : transaction.branches) {
    any_effect = any_effect || branch.vote != VoteKind::kReadOnly;
    if (branch.participant.empty()) continue;  // only its number is known: of an abort nothing else is kept
    view.branches.push_back(view_of(transaction, branch, now));
  }
  view.effects_none = !any_effect;
  return view;
}

TransactionView view_of(const fact::CommitDecided& decided) {
  TransactionView view = finished(decided.id, Outcome::kCommitted);
  view.label = unless_empty(decided.label);
  view.effects_none = all_read_only(decided.branches);
  view.lsn = unless_empty(decided.lsn);
  view.begun_at = unless_empty(decided.begun_at);
  view.decided_at = unless_empty(decided.decided_at);
  view.traceparent = unless_empty(decided.traceparent);
  for (const auto& branch : decided.branches) {
    BranchView row;
    row.n = branch.n;
    row.participant = branch.participant;
    row.key = branch.key;
    row.instance = unless_empty(branch.instance);
    row.state = branch.read_only ? BranchState::kReadOnly : BranchState::kCommitted;
    row.vote = branch.read_only ? VoteKind::kReadOnly : VoteKind::kCommit;
    view.branches.push_back(std::move(row));
  }
  return view;
}

TransactionView view_of(const fact::AbortTold& told) {
  TransactionView view = finished(told.id, Outcome::kAborted);
  view.label = unless_empty(told.label);
  view.abort_reason = told.reason;
  view.begun_at = unless_empty(told.begun_at);
  view.decided_at = unless_empty(told.decided_at);
  view.traceparent = unless_empty(told.traceparent);
  return view;
}

TransactionView outcome_only(const TransactionId& id, Outcome outcome) {
  return finished(id, outcome);
}

}  // namespace troth::engine
