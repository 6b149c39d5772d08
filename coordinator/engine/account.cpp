// Counters, gauges and long polls: what is kept beside a transaction after each step.
#include <algorithm>

#include "coordinator/engine/impl.h"

namespace troth::engine {

namespace {

constexpr Millis kGaugesEveryMs = 1'000;

}  // namespace

void Engine::Impl::account_facts(Live& live, const Fact& fact, Lsn lsn) {
  if (std::holds_alternative<fact::CommitDecided>(fact)) {
    const TransactionId& id = live.transaction.id;
    live.transaction.decision_lsn = lsn;
    live.decided_body = staged_.back().body;
    live.decided_due = now_.due;
    known_.commits.add(id.epoch, id.sequence);
    if (live.prepare_due != 0) stats_.prepare_ms.observe(static_cast<double>(now_.due - live.prepare_due));
    if (live.commit_asked_due != 0) stats_.decide_ms.observe(static_cast<double>(now_.due - live.commit_asked_due));
  } else if (const auto* heuristic = std::get_if<fact::HeuristicReported>(&fact)) {
    ++stats_.heuristics_by_kind[static_cast<std::size_t>(heuristic->kind)];
    recovery::fold(known_, lsn, fact);
  } else if (std::holds_alternative<fact::OperatorActed>(fact)) {
    recovery::fold(known_, lsn, fact);
  } else if (std::holds_alternative<fact::OnePhaseStarted>(fact)) {
    ++stats_.one_phase;
  }
}

void Engine::Impl::account(Live& live) {
  const core::Transaction& transaction = live.transaction;
  for (std::size_t i = 0; i < live.links.size(); ++i) {
    Live::Link& link = live.links[i];
    if (!link.participant) continue;
    const core::Branch& branch = transaction.branches[i];
    const bool unsettled = !branch.settled && transaction.phase != Phase::kFinished;
    const bool in_doubt = core::is_in_doubt(transaction, branch);
    link.participant->unsettled += static_cast<std::uint64_t>(unsettled) - link.counted_unsettled;
    link.participant->in_doubt += static_cast<std::uint64_t>(in_doubt) - link.counted_in_doubt;
    stats_.in_doubt_branches += static_cast<std::uint64_t>(in_doubt) - link.counted_in_doubt;
    link.counted_unsettled = unsettled;
    link.counted_in_doubt = in_doubt;
  }
  --stats_.live_by_phase[static_cast<std::size_t>(live.counted_phase)];
  ++stats_.live_by_phase[static_cast<std::size_t>(transaction.phase)];
  live.counted_phase = transaction.phase;
  if (transaction.outcome && !live.counted_outcome) {
    live.counted_outcome = true;
    if (*transaction.outcome == Outcome::kCommitted) {
      ++stats_.committed;
    } else {
      ++stats_.aborted_by_reason[static_cast<std::size_t>(transaction.abort_reason.value_or(AbortReason::kClient))];
      note_abort(transaction);
    }
  }
  if (transaction.phase == Phase::kFinished && live.decided_due != 0) {
    stats_.complete_ms.observe(static_cast<double>(now_.due - live.decided_due));
    live.decided_due = 0;
  }
}

/// Answers the long polls that are satisfied or due; with `all`, the rest too.
void Engine::Impl::notify_watchers(Live& live, bool all) {
  const auto ready = [&](const Live::Watcher& watcher) {
    return all || live.transaction.revision > watcher.above || watcher.until_due <= now_.due;
  };
  for (const auto& watcher : live.watchers) {
    if (!ready(watcher)) continue;
    reply(live.rests_on, watcher.reply, answer::Transaction{200, view_of(live.transaction, now_)});
  }
  std::erase_if(live.watchers, ready);
}

void Engine::Impl::refresh_gauges() {
  gauges_due_ = now_.due + kGaugesEveryMs;
  stats_.oldest_undecided_ms = 0;
  stats_.oldest_undelivered_ms = 0;
  live_.walk({}, [&](Live& live) {
    const core::Transaction& transaction = live.transaction;
    const bool undecided = transaction.phase == Phase::kPreparing;
    const bool undelivered = transaction.phase == Phase::kCommitting || transaction.phase == Phase::kAborting;
    Millis& oldest = undecided ? stats_.oldest_undecided_ms : stats_.oldest_undelivered_ms;
    const Millis since = undelivered ? transaction.decided_at : transaction.begun_at;
    if (undecided || undelivered) oldest = std::max(oldest, now_.at - since);
    return true;
  });
  stats_.in_doubt_by_participant.clear();
  for (const auto& [name, participant] : directory_.all()) {
    if (participant.in_doubt != 0) stats_.in_doubt_by_participant[name] = participant.in_doubt;
  }
  stats_.remembered_commits = known_.commits.count();
  stats_.sessions = directory_.sessions();
}

}  // namespace troth::engine
