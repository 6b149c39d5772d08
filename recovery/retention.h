// recovery/retention.h: what may be forgotten, and since when: time samples, the horizon, how long keys are kept. Plain
// questions to `Known`; who asks them acts (the engine moves the horizon, a compaction lets keys go).
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "proto/values/limits.h"
#include "recovery/known.h"

namespace troth::recovery {

inline constexpr std::size_t kMaxMarks = 512;

/// Adds `mark` if it is younger than all others. When there are too many, one goes where they lie closest for their
/// age: however far back they reach, two neighbours stay within a few hundredths of their age.
void add_mark(std::deque<fact::Mark>& marks, const fact::Mark& mark);

/// The youngest mark of `at` or before: all that it speaks of is at least as old.
const fact::Mark* newest_mark(const std::deque<fact::Mark>& marks, Millis at);

/// How often a mark is worth noting: 1/32 of the shorter retention, between a second and an hour.
Millis mark_interval_ms(const Limits& limits);

/// Records with a key at or below it are older than keys are kept.
Lsn keys_upto(const Known& known, const Limits& limits, Millis now_at);

/// Where the horizon belongs: above what is older than `retain_ms`, and above all commits but the newest
/// `retain_count`; never above `unfinished`, the oldest transaction that is live and not finished, and never back. Ids
/// in a gap do not hold it: what is answered about them does not depend on it.
TransactionId due_horizon(const Known& known, const Limits& limits, Millis now_at,
                          const std::optional<TransactionId>& unfinished);

}  // namespace troth::recovery
