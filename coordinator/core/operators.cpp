#include <algorithm>
#include <string>

#include "coordinator/core/actions.h"
#include "coordinator/core/internal.h"

namespace troth::core::internal {
namespace {

void reply_dry_run(const Step& step, const Branch& branch, const event::Resolve& event) {
  if (event.reply == 0) return;
  Outlook outlook = outlook_of(step.transaction, branch, event.action);
  step.emit(effect::ReplyDryRun{event.reply, std::move(outlook.changes), std::move(outlook.risks)});
}

void forget(const Step& step, Branch& branch, const event::Resolve& event) {
  step.record(fact::OperatorActed{BranchId{step.transaction.id, branch.n}, fact::OperatorAct::kForgot, event.actor,
                                  event.reason, *branch.heuristic, false, step.now.at});
  branch.heuristic.reset();
  branch.by_operator = true;
}

void settle_by_hand(const Step& step, Branch& branch, const event::Resolve& event) {
  const bool is_commit = event.action == ResolveAction::kCommit;
  const bool contradicts = is_against_decision(step.transaction, event.action);
  const HeuristicKind kind = is_commit ? HeuristicKind::kCommit : HeuristicKind::kAbort;
  const auto act = is_commit ? fact::OperatorAct::kSettledCommit : fact::OperatorAct::kSettledAbort;
  step.record(fact::OperatorActed{BranchId{step.transaction.id, branch.n}, act, event.actor, event.reason, kind,
                                  contradicts, step.now.at});
  branch.by_operator = true;
  branch.settled = true;
  branch.retry_due = 0;
  branch.state = is_commit ? BranchState::kCommitted : BranchState::kAborted;
  if (!contradicts) return;
  branch.state = BranchState::kHeuristic;
  branch.heuristic = kind;
}

}  // namespace

void on_resolve(const Step& step, const event::Resolve& event) {
  Branch* branch = find_branch(step.transaction, event.n);
  if (branch == nullptr) {
    return refuse(step, event.reply, Slug::kUnknownBranch, "The transaction has no branch of this number.");
  }
  std::string why = why_not_resolve(step.transaction, *branch, event.action, event.heuristic);
  if (!why.empty()) return refuse(step, event.reply, Slug::kActionRefused, std::move(why));
  if (event.dry_run) return reply_dry_run(step, *branch, event);
  if (event.action == ResolveAction::kForget) {
    forget(step, *branch, event);
  } else {
    settle_by_hand(step, *branch, event);
  }
  step.touch();
  reply_branch(step, event.reply, event.n, 200);
  finish_if_settled(step);
}

void on_retry(const Step& step, const event::Retry& event) {
  Branch* branch = find_branch(step.transaction, event.n);
  if (branch == nullptr) {
    return refuse(step, event.reply, Slug::kUnknownBranch, "The transaction has no branch of this number.");
  }
  std::string why = why_not_retry(step.transaction, *branch);
  if (!why.empty()) return refuse(step, event.reply, Slug::kActionRefused, std::move(why));
  send(step, *branch);
  reply_branch(step, event.reply, event.n, 202);
}

bool has_participant(const Transaction& transaction, const std::string& participant) {
  return std::any_of(transaction.branches.begin(), transaction.branches.end(),
                     [&participant](const Branch& branch) { return branch.participant == participant; });
}

void retire_branches(const Step& step, const event::Retire& event) {
  for (Branch& branch : step.transaction.branches) {
    if (branch.participant != event.participant || branch.settled) continue;
    report_heuristic(step, branch, HeuristicKind::kHazard, "its participant was retired");
    step.record(fact::OperatorActed{BranchId{step.transaction.id, branch.n}, fact::OperatorAct::kRetired, event.actor,
                                    event.reason, HeuristicKind::kHazard, false, step.now.at});
    branch.by_operator = true;
  }
  finish_if_settled(step);
}

}  // namespace troth::core::internal
