#include <algorithm>
#include <string>

#include "coordinator/core/internal.h"

namespace troth::core::internal {
namespace {

bool is_against_decision(const Transaction& transaction, ResolveAction action) {
  return (action == ResolveAction::kCommit) != (*transaction.outcome == Outcome::kCommitted);
}

/// Why this verb cannot be done, in a sentence; empty if it can.
std::string why_not(const Transaction& transaction, const Branch& branch, const event::Resolve& event) {
  if (!transaction.outcome) {
    return transaction.one_phase_started ? "The branch is being committed in one phase: only its own answer, or "
                                           "retiring its participant, ends it."
                                         : "The transaction is undecided: abort it instead.";
  }
  if (event.action == ResolveAction::kForget) {
    return branch.heuristic ? "" : "The branch has no heuristic to forget.";
  }
  if (branch.settled) return "The branch is settled already: only a heuristic can be forgotten.";
  if (is_against_decision(transaction, event.action) && !event.heuristic) {
    return "This contradicts the decision: say heuristic:true if the branch was settled so by hand.";
  }
  return "";
}

void reply_dry_run(const Step& step, const Branch& branch, const event::Resolve& event) {
  if (event.reply == 0) return;
  effect::ReplyDryRun reply{event.reply, {}, {}};
  const std::string name = "branch " + std::to_string(branch.n) + " of " + branch.participant;
  if (event.action == ResolveAction::kForget) {
    reply.would_change.push_back("the heuristic of " + name + " is no longer shown");
  } else {
    reply.would_change.push_back(name + " counts as settled by hand: " + std::string(word(event.action)));
    reply.warnings.push_back("nothing more is sent to " + name + ", and it hears unknown when it asks");
    if (is_against_decision(step.transaction, event.action)) {
      reply.warnings.push_back("the branch differs from the decision: a heuristic is recorded");
    }
  }
  step.emit(std::move(reply));
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
  std::string why = why_not(step.transaction, *branch, event);
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
  if (!is_awaited(step.transaction, *branch)) {
    return refuse(step, event.reply, Slug::kActionRefused, "Nothing is being sent to this branch now.");
  }
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
