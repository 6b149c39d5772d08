// Counters, gauges and long polls: what is kept beside a transaction after each step.
#include <algorithm>
#include <iterator>
#include <utility>

#include "coordinator/engine/impl.h"

namespace troth::engine {

namespace {

constexpr Millis kGaugesEveryMs = 1'000;

// What one branch counts for.
constexpr std::uint8_t kUnsettled = 1;
constexpr std::uint8_t kInDoubt = 2;
constexpr std::uint8_t kUndelivered = 4;
constexpr std::uint8_t kHeuristic = 8;
constexpr std::uint8_t kWaiting = 16;

bool is_undelivered(Phase phase) {
  return phase == Phase::kCommitting || phase == Phase::kAborting;
}

std::uint8_t counts_for(const core::Transaction& transaction, const core::Branch& branch) {
  const bool is_open = !branch.settled && transaction.phase != Phase::kFinished;
  return static_cast<std::uint8_t>((is_open ? kUnsettled : 0) |
                                   (core::is_in_doubt(transaction, branch) ? kInDoubt : 0) |
                                   (is_open && is_undelivered(transaction.phase) ? kUndelivered : 0) |
                                   (branch.heuristic ? kHeuristic : 0) | (branch.retry_due != 0 ? kWaiting : 0));
}

/// Adds or takes away one, if `bit` differs.
void count(std::uint64_t& gauge, std::uint8_t bit, std::uint8_t before, std::uint8_t now) {
  gauge += static_cast<std::uint64_t>((now & bit) != 0) - static_cast<std::uint64_t>((before & bit) != 0);
}

}  // namespace

void Engine::Impl::account_facts(Live& live, const Fact& fact, Lsn lsn) {
  if (std::holds_alternative<fact::CommitDecided>(fact)) {
    const TransactionId& id = live.transaction.id;
    live.transaction.decision_lsn = lsn;
    live.decided_body = staged_.back().body;
    live.decided_due = now_.due;
    known_.commits.add(id.epoch, id.sequence);
    if (log_waits_.empty() || log_waits_.back().due != now_.due) log_waits_.push_back({0, now_.due, 0});
    log_waits_.back().lsn = lsn;
    ++log_waits_.back().decisions;
    if (live.prepare_due != 0) stats_.prepare_ms.observe(static_cast<double>(now_.due - live.prepare_due));
    if (live.commit_asked_due != 0) stats_.decide_ms.observe(static_cast<double>(now_.due - live.commit_asked_due));
  } else if (const auto* heuristic = std::get_if<fact::HeuristicReported>(&fact)) {
    ++stats_.heuristics_by_kind[static_cast<std::size_t>(heuristic->kind)];
    recovery::fold(known_, lsn, fact);
  } else if (const auto* acted = std::get_if<fact::OperatorActed>(&fact)) {
    if (acted->contradicts) ++stats_.heuristics_by_kind[static_cast<std::size_t>(acted->heuristic)];
    recovery::fold(known_, lsn, fact);
  } else if (std::holds_alternative<fact::OnePhaseStarted>(fact)) {
    ++stats_.one_phase;
  }
}

void Engine::Impl::account_durable() {
  for (; !log_waits_.empty() && log_waits_.front().lsn <= durable_; log_waits_.pop_front()) {
    stats_.log_ms.observe(static_cast<double>(now_.due - log_waits_.front().due), log_waits_.front().decisions);
  }
}

/// The branch counts for `now` instead of what it counted for before.
void Engine::Impl::recount(Live::Link& link, std::uint8_t now) {
  const std::uint8_t before = std::exchange(link.counted, now);
  count(stats_.in_doubt_branches, kInDoubt, before, now);
  count(stats_.undelivered_branches, kUndelivered, before, now);
  count(stats_.heuristics_unresolved, kHeuristic, before, now);
  count(stats_.waiting_to_retry, kWaiting, before, now);
  Participant* participant = link.participant;
  if (!participant) return;
  count(participant->unsettled, kUnsettled, before, now);
  count(participant->in_doubt, kInDoubt, before, now);
  count(participant->undelivered, kUndelivered, before, now);
  count(participant->heuristics, kHeuristic, before, now);
  if (((before ^ now) & kInDoubt) == 0) return;
  if (now & kInDoubt) {
    participant->in_doubt_since.enter(link.in_doubt_since);
  } else {
    participant->in_doubt_since.leave(link.in_doubt_since);
  }
}

void Engine::Impl::account_branches(Live& live) {
  const core::Transaction& transaction = live.transaction;
  bool in_doubt = false;
  // What a start finds in doubt was in doubt when it was decided.
  const Millis since =
      std::max<Millis>(1, transaction.restored && transaction.decided_at != 0 ? transaction.decided_at : now_.at);
  for (std::size_t i = 0; i < live.links.size(); ++i) {
    Live::Link& link = live.links[i];
    const std::uint8_t now = counts_for(transaction, transaction.branches[i]);
    in_doubt = in_doubt || (now & kInDoubt) != 0;
    if (now == link.counted) continue;
    if ((now & kInDoubt) != 0 && (link.counted & kInDoubt) == 0) link.in_doubt_since = since;
    recount(link, now);
  }
  if (in_doubt == (live.in_doubt_since != 0)) return;
  if (in_doubt) {
    live.in_doubt_since = since;
    in_doubt_since_.enter(since);
    ++stats_.in_doubt_transactions;
  } else {
    in_doubt_since_.leave(std::exchange(live.in_doubt_since, 0));
    --stats_.in_doubt_transactions;
  }
}

/// It is in `phase` from now on.
void Engine::Impl::account_phase(Live& live, Phase phase) {
  const core::Transaction& transaction = live.transaction;
  const Phase before = std::exchange(live.counted_phase, phase);
  if (before == phase) return;
  --stats_.live_by_phase[static_cast<std::size_t>(before)];
  ++stats_.live_by_phase[static_cast<std::size_t>(phase)];
  const auto change = [](Ages& ages, Millis& since, Millis now) {
    if (since != 0) ages.leave(since);
    if (now != 0) ages.enter(now);
    since = now;
  };
  // Of what a start finds in phase one the log says when it was begun, and no more.
  const Millis asked_at = transaction.restored && transaction.begun_at != 0 ? transaction.begun_at : now_.at;
  change(undecided_since_, live.undecided_since, phase == Phase::kPreparing ? std::max<Millis>(1, asked_at) : 0);
  if (is_undelivered(before) == is_undelivered(phase)) return;
  change(undelivered_since_, live.undelivered_since,
         is_undelivered(phase) ? std::max<Millis>(1, transaction.decided_at) : 0);
}

void Engine::Impl::account(Live& live) {
  const core::Transaction& transaction = live.transaction;
  account_branches(live);
  account_phase(live, transaction.phase);
  if (transaction.outcome && !live.counted_outcome) {
    live.counted_outcome = true;
    if (*transaction.outcome == Outcome::kCommitted) {
      ++stats_.committed;
    } else {
      ++stats_.aborted_by_reason[static_cast<std::size_t>(transaction.abort_reason.value_or(AbortReason::kClient))];
      note_abort(transaction);
    }
    if (!transaction.restored) {
      const Millis begun_due = transaction.deadline_due - transaction.timeout_ms;
      auto& took = stats_.transaction_ms[static_cast<std::size_t>(*transaction.outcome)];
      took.observe(static_cast<double>(now_.due - begun_due));
    }
  }
  if (transaction.phase == Phase::kFinished && live.decided_due != 0) {
    stats_.complete_ms.observe(static_cast<double>(now_.due - live.decided_due));
    live.decided_due = 0;
  }
}

/// Nothing counts for it any more.
void Engine::Impl::account_gone(Live& live) {
  for (Live::Link& link : live.links) recount(link, 0);
  if (live.in_doubt_since != 0) {
    in_doubt_since_.leave(std::exchange(live.in_doubt_since, 0));
    --stats_.in_doubt_transactions;
  }
  account_phase(live, Phase::kFinished);
  --stats_.live_by_phase[static_cast<std::size_t>(Phase::kFinished)];
}

/// Answers the long polls that are satisfied or due; with `all`, the rest too.
void Engine::Impl::notify_watchers(Live& live, bool all) {
  const auto ready = [&](const Live::Watcher& watcher) {
    return all || live.transaction.revision > watcher.above || watcher.until_due <= now_.due;
  };
  for (const auto& watcher : live.watchers) {
    if (!ready(watcher)) continue;
    reply(live.rests_on, watcher.reply, answer::Transaction{200, detailed(live)});
  }
  std::erase_if(live.watchers, ready);
}

/// Looks at each participant, never at each transaction.
void Engine::Impl::refresh_gauges() {
  gauges_due_ = now_.due + kGaugesEveryMs;
  stats_.undecided_since = undecided_since_.oldest();
  stats_.undelivered_since = undelivered_since_.oldest();
  stats_.in_doubt_since = in_doubt_since_.oldest();
  auto participants = std::make_shared<std::vector<ParticipantStats>>();
  participants->reserve(directory_.size());
  for (const auto& [name, participant] : directory_.all()) {
    participants->push_back({name, participant.kind, participant.retired, participant.sessions.size(),
                             participant.unsettled, participant.in_doubt, participant.undelivered,
                             participant.in_doubt_since.oldest(), participant.refused});
  }
  stats_.participants = std::move(participants);
  stats_.remembered_commits = known_.commits.count();
  stats_.sessions = directory_.sessions();
  stats_.remembered_since = remembered_since();
}

/// Everything since then is remembered, by the marks: the newest one that the horizon has passed, or the log's first
/// start.
Millis Engine::Impl::remembered_since() const {
  const auto above = std::upper_bound(known_.marks.begin(), known_.marks.end(), known_.horizon,
                                      [](const TransactionId& id, const fact::Mark& mark) { return id < mark.id; });
  if (above != known_.marks.begin()) return std::prev(above)->at;
  return known_.epochs.empty() ? 0 : known_.epochs.front().at;
}

}  // namespace troth::engine
