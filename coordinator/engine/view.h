// coordinator/engine/view.h: how transactions look through the API.
#pragma once

#include "coordinator/core/transaction.h"
#include "proto/values/facts.h"
#include "proto/values/views.h"

namespace troth::engine {

TransactionView view_of(const core::Transaction& transaction, core::Now now);
BranchView view_of(const core::Transaction& transaction, const core::Branch& branch, core::Now now);

/// Finished transactions, from what the log said of them.
TransactionView view_of(const fact::CommitDecided& decided);
TransactionView view_of(const fact::AbortTold& told);
/// All that is known is the outcome: a bit, or the proof that there never was a commit.
TransactionView outcome_only(const TransactionId& id, Outcome outcome);

}  // namespace troth::engine
