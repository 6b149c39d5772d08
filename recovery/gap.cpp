#include "recovery/gap.h"

#include <algorithm>

namespace troth::recovery {

EpochId last_epoch(const Known& known) {
  return known.epochs.empty() ? EpochId{} : known.epochs.back().epoch;
}

bool is_presumed(const fact::AbortTold& told, EpochId from) {
  return told.reason == AbortReason::kRestart && told.id.epoch.epoch >= from.epoch;
}

fact::GapOpened open_gap(Known& known, EpochId from, std::uint32_t epoch, Millis at) {
  std::erase_if(known.abort_details, [from](const auto& item) {
    return item.second.reason == AbortReason::kRestart && item.first.epoch.epoch >= from.epoch;
  });
  const fact::GapOpened gap{from, {std::max(next_epoch(known), epoch + 1), 0}, at};
  fold(known, known.last_lsn, gap);
  return gap;
}

}  // namespace troth::recovery
