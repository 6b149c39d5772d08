// recovery/gap.h: how a log admits what it cannot know (design.md §9): a backup, an old copy and a damaged log end
// before the history that participants have seen.
#pragma once

#include "recovery/known.h"

namespace troth::recovery {

/// The highest that any participant reports of a log.
struct Above {
  std::uint32_t epoch = 0;
  Lsn lsn = 0;
};
inline constexpr std::uint32_t kEpochMax = 0xffff'fff0;
inline constexpr Lsn kLsnMax = Lsn{1} << 62;
/// No epoch: in its place that a copied directory was never started since.
inline constexpr std::uint32_t kNeverStarted = 0;

/// Opens a gap from `from`, the last epoch that `known` shares with the history that was lost (zero: none), up to the
/// next start, which is above every epoch of `known` and above `epoch`. An abort that only a start on too short a log
/// presumed (its reason is `restart`, and its id is of `from` or later) is forgotten: in the lost history it may have
/// committed. Doing it twice is doing it once.
fact::GapOpened open_gap(Known& known, EpochId from, std::uint32_t epoch, Millis at);

/// `told` is such an abort: nor may its key be found any more.
bool is_presumed(const fact::AbortTold& told, EpochId from);

/// The last epoch that `known` holds; zero when there is none.
EpochId last_epoch(const Known& known);

}  // namespace troth::recovery
