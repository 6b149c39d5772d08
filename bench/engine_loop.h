// bench/engine_loop.h: an engine with two participants that answer at once and a log that is durable at once: all of
// the time is the engine's own.
#pragma once

#include <cstdint>

namespace troth::bench {

/// Commits transactions of two branches, 64 at a time, until `seconds` are over. Returns how many. Throws when one is
/// not committed.
std::uint64_t loop_engine(double seconds);

}  // namespace troth::bench
