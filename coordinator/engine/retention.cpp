// What is forgotten, and when. Time is sampled by marks, the horizon follows them, and once its record is durable what
// lies below it goes and participants hear of it. Below the horizon stay heuristics, operators' acts, and keys.
#include "recovery/retention.h"

#include <algorithm>

#include "coordinator/engine/impl.h"

namespace troth::engine {

namespace {

/// Details dropped in one turn: some microseconds each.
constexpr std::size_t kDroppedAtOnce = 1'000;

}  // namespace

/// An interval after the log's last mark, so that a coordinator that starts often samples no less.
void Engine::Impl::plan_retention() {
  const Millis interval = recovery::mark_interval_ms(options_.limits);
  Millis since = now_.at;
  if (!known_.marks.empty()) {
    since = known_.marks.back().at;
  } else if (!known_.epochs.empty()) {
    since = known_.epochs.front().at;
  }
  retain_due_ = now_.due + std::clamp<Millis>(since + interval - now_.at, 0, interval);
}

void Engine::Impl::retain() {
  retain_due_ = now_.due + recovery::mark_interval_ms(options_.limits);
  if (old_copy_) return;  // the newer copy knows what is over, this one does not
  note_mark();
  if (rising_) return;
  const auto due = recovery::due_horizon(known_, options_.limits, now_.at, oldest_unfinished());
  if (due > known_.horizon) rising_ = Rising{stage(fact::Horizon{due}), due};
}

/// Lazy: a mark that is lost makes what it spoke of a little younger.
void Engine::Impl::note_mark() {
  if (!known_.marks.empty() && now_.at <= known_.marks.back().at) return;  // the clock was set back
  const fact::Mark mark{{known_.log, known_.shard, epoch_, last_sequence_ + 1}, 0, now_.at};
  const Lsn lsn = stage(mark);
  recovery::fold(known_, lsn, mark);
}

/// What only an operator's word is missing of is over, and kept whatever the horizon; but of a gap id that he has not
/// settled the participants' markers are the only evidence, and they go by the horizon.
std::optional<TransactionId> Engine::Impl::oldest_unfinished() {
  std::optional<TransactionId> oldest;
  live_.walk({}, [&](Live& live) {
    if (live.transaction.phase != Phase::kFinished) oldest = live.transaction.id;
    return !oldest;
  });
  for (const auto& [id, fact] : known_.live) {  // those in a gap: all others live in the table
    if (oldest && *oldest < id) break;
    if (known_.acts.count(BranchId{id, 0}) == 0) return id;
  }
  return oldest;
}

void Engine::Impl::forget_older() {
  if (rising_ && rising_->lsn <= durable_) {
    recovery::fold(known_, rising_->lsn, fact::Horizon{rising_->horizon});
    rising_.reset();
    for (const auto& [name, participant] : directory_.all()) {
      for (const auto& [instance, session] : participant.sessions) {
        say(session.rests_on, ToSession{session.connection, session::Forget{{}, known_.horizon}});
      }
    }
  }
  history_.drop_before(known_.horizon, kDroppedAtOnce);
}

}  // namespace troth::engine
