// The write-ahead rule, and nothing else that orders a message after a sync: `stage` gives a record its LSN, `say`
// holds a message until the LSN it rests on is durable, `finish_turn` appends and releases.
#include <algorithm>
#include <cstdlib>

#include "coordinator/engine/impl.h"
#include "proto/values/overloaded.h"
#include "recovery/rebuild.h"

namespace troth::engine {

namespace {

/// What one Ended record may carry: 24 bytes an id keeps it far below a page run.
constexpr std::size_t kEndedPerRecord = 1'000;
constexpr std::size_t kTimerSlack = 65'536;

}  // namespace

void Engine::Impl::turn(std::vector<Command>& inbox, core::Now now, Outbox& outbox) {
  now_ = now;
  durable_ = log_.durable();
  account_durable();
  held_.release(durable_, out_);
  forget_older();
  for (auto& found : log_.take_found()) on_found(found);
  for (auto& command : inbox) {
    std::visit(Overloaded{
                   [&](ClientRequest& c) { on_request(c); },
                   [&](SessionOpened& c) { on_opened(c); },
                   [&](SessionSaid& c) { on_said(c); },
                   [&](SessionClosed& c) { on_closed(c); },
                   [&](CallbackSaid& c) { on_callback_said(c); },
                   [&](CallbackFailed& c) { on_callback_failed(c); },
                   [&](DrainStarted&) { on_drain(); },
               },
               command);
  }
  inbox.clear();
  run_timers();
  if (now_.due >= gauges_due_) refresh_gauges();
  finish_turn(outbox);
}

void Engine::Impl::apply(Live& live, const core::Event& event) {
  const Before before = look_before(live.transaction, event);
  core::Output output = std::move(output_);
  output.facts.clear();
  output.effects.clear();
  output.ended = false;
  core::step(live.transaction, event, now_, timing_, output);
  for (std::size_t i = live.links.size(); i < live.transaction.branches.size(); ++i) {
    live.links.push_back({.participant = directory_.find(live.transaction.branches[i].participant)});
  }
  for (const auto& fact : output.facts) {
    const Lsn lsn = stage(fact);
    if (is_forced(fact)) live.rests_on = lsn;
    account_facts(live, fact, lsn);
  }
  if (output.ended) ended_.push_back(live.transaction.id);
  note_step(live.timeline, before, live.transaction, event, output, now_.at);
  for (const auto& effect : output.effects) emit(live, effect);
  output_ = std::move(output);
  account(live);
  if (live.transaction.revision != before.revision) notify_watchers(live, false);
  if (live.transaction.phase == Phase::kFinished && !core::heuristic_of(live.transaction)) {
    leave(live);
  } else {
    schedule(live);
  }
}

/// Moves a finished transaction from the live ones to what is remembered. Its outcome bit is set since the decision was
/// staged; answers about it rest on the last forced record, so nobody hears of it before it is durable.
void Engine::Impl::leave(Live& live) {
  notify_watchers(live, true);
  keep_timeline(live);
  const core::Transaction& transaction = live.transaction;
  const TransactionId id = transaction.id;
  const std::uint64_t revision = transaction.revision + 1;  // from now on less is known of its branches
  if (transaction.outcome == Outcome::kCommitted) {
    const auto kind = recovery::to_record(fact::CommitDecided{}).kind;
    history_.add(id, kind, std::move(live.decided_body), revision, transaction.decision_lsn, now_.at, now_.at);
  } else if (transaction.abort_reason) {  // else nothing is known but that it aborted, and nothing is made up
    fact::AbortTold told;
    told.id = id;
    told.reason = *transaction.abort_reason;
    told.label = transaction.label;
    told.begun_at = transaction.begun_at;
    told.decided_at = transaction.decided_at;
    told.traceparent = transaction.traceparent;
    auto record = recovery::to_record(told);
    history_.add(id, record.kind, std::move(record.body), revision, 0, now_.at, now_.at);
  } else {
    reported_revisions_[id] = revision;
  }
  take_out(live);
}

/// Out of the table, with all that is counted for it.
void Engine::Impl::take_out(Live& live) {
  account_gone(live);
  if (!live.transaction.origin.key.empty()) keys_.erase(live.transaction.origin.key);
  live_.erase(TransactionId(live.transaction.id));
}

Lsn Engine::Impl::stage(const Fact& fact) {
  staged_.push_back(recovery::to_record(fact));
  ++last_lsn_;
  if (staged_.back().forced) last_forced_ = last_lsn_;
  note_outcome(fact, last_lsn_);
  return last_lsn_;
}

void Engine::Impl::say(Lsn rests_on, Outgoing message) {
  if (rests_on <= durable_) {
    out_.push_back(std::move(message));
  } else {
    held_.hold(rests_on, std::move(message));
  }
}

void Engine::Impl::schedule(Live& live) {
  Millis wake = core::wake_due(live.transaction);
  for (const auto& watcher : live.watchers) wake = std::min(wake, watcher.until_due);
  if (wake >= live.timer_due) return;
  live.timer_due = wake;
  timers_.emplace(wake, live.transaction.id);
  if (timers_.size() > 2 * live_.size() + kTimerSlack) rebuild_timers();
}

/// Transactions end long before their deadline; what they leave in the queue is swept when it outnumbers the living.
void Engine::Impl::rebuild_timers() {
  std::vector<Timer> timers;
  live_.walk({}, [&](Live& live) {
    if (live.timer_due != kNever) timers.emplace_back(live.timer_due, live.transaction.id);
    return true;
  });
  timers_ = decltype(timers_)(std::greater<>(), std::move(timers));
}

void Engine::Impl::run_timers() {
  while (!timers_.empty() && timers_.top().first <= now_.due) {
    const auto [due, id] = timers_.top();
    timers_.pop();
    Live* live = live_.find(id);
    if (!live || live->timer_due != due) continue;
    live->timer_due = kNever;
    notify_watchers(*live, false);
    apply(*live, core::event::Tick{});
  }
}

/// One lazy record closes many transactions; Forget may leave when it is durable, because from then on the coordinator
/// will not ask those branches again.
void Engine::Impl::stage_ended() {
  for (std::size_t from = 0; from < ended_.size(); from += kEndedPerRecord) {
    const std::size_t to = std::min(ended_.size(), from + kEndedPerRecord);
    fact::Ended ended;
    ended.ids.assign(ended_.begin() + static_cast<long>(from), ended_.begin() + static_cast<long>(to));
    stage(ended);
  }
  ended_.clear();
  for (auto& [connection, branches] : forgets_) {
    say(last_lsn_, ToSession{connection, session::Forget{std::move(branches), known_.horizon}});
  }
  forgets_.clear();
}

void Engine::Impl::finish_turn(Outbox& outbox) {
  stage_ended();
  if (now_.due >= retain_due_) retain();  // behind the Ended records: the horizon may pass what they close
  tell_outcomes();
  if (!staged_.empty()) {
    const Lsn last = log_.append(staged_);
    if (last != last_lsn_) std::abort();  // someone else appended: LSNs told to participants would be wrong
    staged_.clear();
  }
  for (auto& [key, token] : finds_) log_.find(std::move(key), token);
  finds_.clear();
  held_.release(log_.durable(), out_);
  if (!out_.empty()) outbox.release(out_);
  out_.clear();
  stats_.held_back = held_.size();
  stats_.appended_lsn = last_lsn_;
}

/// Steps every live transaction that `concerns` picks. Their ids first: a step may end a transaction.
void Engine::Impl::apply_to_all(const core::Event& event, const std::function<bool(const Live&)>& concerns) {
  std::vector<TransactionId> ids;
  live_.walk({}, [&](Live& live) {
    if (concerns(live)) ids.push_back(live.transaction.id);
    return true;
  });
  for (const auto& id : ids) {
    if (Live* live = live_.find(id)) apply(*live, event);
  }
}

void Engine::Impl::on_drain() {
  draining_ = true;
  live_.walk({}, [&](Live& live) {
    notify_watchers(live, true);
    return true;
  });
  apply_to_all(core::event::Drain{}, [](const Live&) { return true; });
}

bool Engine::Impl::is_quiet() const {
  const auto preparing = stats_.live_by_phase[static_cast<std::size_t>(Phase::kPreparing)];
  return held_.empty() && preparing == 0 && waiting_clients_ == 0;
}

Engine::Engine(wal::Log& log, recovery::Known known, EpochId epoch, Options options, core::Now now)
    : impl_(std::make_unique<Impl>(log, std::move(known), epoch, std::move(options), now)) {}
Engine::~Engine() = default;

void Engine::turn(std::vector<Command>& inbox, core::Now now, Outbox& outbox) {
  impl_->turn(inbox, now, outbox);
}

Millis Engine::wake_due() const {
  const Millis timer = impl_->timers_.empty() ? kNever : impl_->timers_.top().first;
  return std::min({timer, impl_->gauges_due_, impl_->retain_due_});
}

bool Engine::is_quiet() const {
  return impl_->is_quiet();
}
const Stats& Engine::stats() const {
  return impl_->stats_;
}
bool Engine::is_old_copy() const {
  return impl_->old_copy_;
}

}  // namespace troth::engine
