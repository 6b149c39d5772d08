// tests/explore/promises.h: what must hold in every state, and what "finished" is.
#pragma once

#include "tests/explore/world.h"

namespace troth::explore {

/// The promise that does not hold in this state, or null. What one step breaks is in World::violation.
const char* broken_promise(const Config& config, const World& world);

/// Nothing is left to do: the transaction is over and nobody is in doubt.
bool is_finished(const Config& config, const World& world);

}  // namespace troth::explore
