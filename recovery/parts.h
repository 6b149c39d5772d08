// recovery/parts.h: small questions that folding, compaction and answering ask alike. Private to recovery.
#pragma once

#include "recovery/known.h"

namespace troth::recovery {

/// A heuristic stands because of this act itself, without a report of the participant.
bool implies_heuristic(const fact::OperatorActed& act);

/// That `id` was told aborted must not be forgotten: something else of it is still kept, or a gap would make it
/// unknown.
bool needs_abort_detail(const Known& known, const TransactionId& id);

/// The branches the log has for `id`, or null.
const std::vector<DecidedBranch>* branches_of(const Known& known, const TransactionId& id);

}  // namespace troth::recovery
