// coordinator/engine/outcomes.h: which facts are outcomes. Live traffic and the replay of a start ask the same
// functions, so that a follower hears the same of both.
#pragma once

#include <optional>

#include "proto/values/facts.h"
#include "proto/values/outcomes.h"
#include "recovery/known.h"

namespace troth::engine {

/// What a follower hears of the record with this fact and LSN, if anything. Of a heuristic the outcome and the label
/// are not in the fact: they are left out.
std::optional<OutcomeView> outcome_of(const Fact& fact, Lsn lsn);

/// Adds to a heuristic what the log knows of its transaction.
void complete(OutcomeView& view, const recovery::Known& known);

}  // namespace troth::engine
