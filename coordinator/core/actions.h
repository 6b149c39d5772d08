// coordinator/core/actions.h: what an operator can do about a transaction, in sentences. The verbs refuse by the same
// functions that list what is possible, so that what is shown and what happens cannot differ. Pure, like `step`; made
// only when somebody looks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/transaction.h"
#include "proto/values/views.h"

namespace troth::core {

/// What a verb would do: what changes, and what can go wrong. Whole sentences.
struct Outlook {
  std::vector<std::string> changes;
  std::vector<std::string> risks;
};

/// Why an abort does not abort now; empty if it does, or if the transaction is aborted already.
std::string why_not_abort(const Transaction& transaction);
/// To settle a branch so by hand contradicts the decision; there is one.
bool is_against_decision(const Transaction& transaction, ResolveAction action);
/// Retiring its participant makes a hazard of this branch of it.
bool becomes_hazard(const Transaction& transaction, const Branch& branch);
/// Why nothing can be sent to the branch now; empty if it can.
std::string why_not_retry(const Transaction& transaction, const Branch& branch);
/// Why the branch cannot be settled by hand so, or its heuristic not be forgotten; empty if it can. `heuristic`: the
/// operator has said that it may contradict the decision.
std::string why_not_resolve(const Transaction& transaction, const Branch& branch, ResolveAction action, bool heuristic);
/// What that would do; only for a decided transaction.
Outlook outlook_of(const Transaction& transaction, const Branch& branch, ResolveAction action);

/// The branch holds its transaction up: its participant is gone, was asked again, or failed to answer.
bool is_stuck(const Transaction& transaction, const Branch& branch);
/// Whether somebody should look, and which of the three problems it is.
std::optional<Attention> attention_of(const Transaction& transaction);
/// What the branch waits for, in words; empty if for nothing. `next_attempt`: the time of its next attempt, in words.
std::string waiting_for(const Transaction& transaction, const Branch& branch, const std::string& next_attempt);

/// Everything that is meaningful for the transaction as it is, also what cannot be done now, with the reason. Depends
/// on nothing but the transaction, so that it changes only when its revision does.
std::vector<AllowedAction> allowed_actions(const Transaction& transaction);

}  // namespace troth::core
