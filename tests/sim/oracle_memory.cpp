// What may be forgotten: nothing at or after the horizon, nothing that is not over, and not before the log says so.
#include <algorithm>

#include "tests/sim/oracle.h"
#include "tests/sim/trace.h"

namespace troth::sim {

void Oracle::horizon_rose(const TransactionId& horizon) {
  for (const auto& [id, story] : stories_) {
    const bool is_under_way = (story.appended || story.durable) && !story.ended && !story.excused;
    if (is_under_way && id < horizon) fail("the horizon passes " + name_of(id) + ", which has not ended");
  }
  horizon_ = std::max(horizon_, horizon);
}

/// It may have become durable in a batch whose sync failed, and with it the Ended records before it.
void Oracle::horizon_recovered(const TransactionId& horizon) {
  if (horizon <= horizon_) return;
  for (auto& [id, story] : stories_) {
    if (!is_old(id) && id < horizon) story.ended |= story.durable;
  }
  horizon_ = horizon;
}

void Oracle::check_told_horizon(const TransactionId& horizon) {
  if (horizon > horizon_) fail("the horizon " + name_of(horizon) + " is told before it is durable");
}

void Oracle::expired(const std::optional<TransactionId>& about, bool keyed) {
  if (keyed) fail("a key is answered with expired, though keys are kept for longer than this history");
  if (about && !is_old(*about)) fail(name_of(*about) + " is called expired, and the horizon lies before it");
}

}  // namespace troth::sim
