// From what the log says to live transactions: recovery is not a second protocol, the ordinary events drive what is
// restored here.
#include <algorithm>
#include <iterator>

#include "coordinator/engine/impl.h"
#include "recovery/rebuild.h"

namespace troth::engine {

namespace {

core::Timing timing_of(const Limits& limits) {
  return {limits.prepare_retry_ms_min, limits.prepare_retry_ms_max, limits.deliver_retry_ms_min,
          limits.deliver_retry_ms_max};
}

}  // namespace

core::Transaction aborted_with(const TransactionId& id, const std::vector<fact::HeuristicReported>& reported) {
  core::Transaction transaction;
  transaction.id = id;
  transaction.restored = true;
  transaction.phase = Phase::kFinished;
  transaction.outcome = Outcome::kAborted;
  for (const auto& heuristic : reported) {
    while (transaction.branches.size() < heuristic.branch.n) {
      core::Branch branch;
      branch.n = static_cast<std::uint32_t>(transaction.branches.size() + 1);
      branch.state = BranchState::kAborted;
      branch.settled = true;
      transaction.branches.push_back(std::move(branch));
    }
    transaction.branches[heuristic.branch.n - 1].participant = heuristic.participant;
  }
  return transaction;
}

Engine::Impl::Impl(wal::Log& log, recovery::Known known, EpochId epoch, Options options, core::Now now)
    : log_(log),
      known_(std::move(known)),
      epoch_(epoch),
      options_(std::move(options)),
      timing_(timing_of(options_.limits)),
      now_(now),
      live_({known_.log, known_.shard, epoch, 0}),
      directory_(known_.participants),
      history_(options_.limits.detail_count, options_.limits.detail_ms),
      windows_(known_.windows, now.due),
      last_lsn_(known_.last_lsn),
      last_forced_(known_.last_lsn),
      told_upto_(known_.last_lsn) {
  restore_all();
  plan_retention();
  refresh_gauges();
}

/// Of a transaction that nobody knows the outcome of, its key is known: who repeats it hears so, and begins nothing.
void Engine::Impl::bind_key_of(const TransactionId& id, const recovery::LiveFact& fact) {
  const RequestOrigin& origin = std::visit([](const auto& f) -> const RequestOrigin& { return f.origin; }, fact);
  if (!origin.key.empty()) keys_[origin.key] = {origin.request_hash, id, {}};
}

void Engine::Impl::restore_all() {
  // Ids in a gap stay where they are: nobody drives them, an operator settles them (design.md §9).
  // The others leave one at a time: both forms of all of them at once would be the most memory that a start takes.
  for (auto at = known_.live.begin(); at != known_.live.end();) {
    const auto next = std::next(at);
    if (known_.in_gap(at->first)) {
      bind_key_of(at->first, at->second);
    } else {
      restore_live(known_.live.extract(at).mapped());
    }
    at = next;
  }
  for (const auto& [id, reported] : known_.heuristics) {
    if (live_.find(id) || known_.details.count(id) != 0) continue;
    core::Transaction transaction = aborted_with(id, reported);
    if (known_.commits.contains(id.epoch, id.sequence)) {  // its list is no longer kept
      transaction.outcome = Outcome::kCommitted;
      for (auto& branch : transaction.branches) {
        branch.state = BranchState::kCommitted;
        branch.by_operator = true;  // who asks hears `unknown`: nobody can say who was in the list
      }
    }
    if (const auto told = known_.abort_details.find(id); told != known_.abort_details.end()) {
      transaction.label = told->second.label;
      transaction.traceparent = told->second.traceparent;
      transaction.abort_reason = told->second.reason;
      transaction.begun_at = told->second.begun_at;
      transaction.decided_at = told->second.decided_at;
    }
    adopt(std::move(transaction), {});
    live_.find(id)->only_reported = !known_.commits.contains(id.epoch, id.sequence);
  }
  remember_details();
  known_.windows.clear();
}

/// Oldest first, as they are to be dropped.
void Engine::Impl::remember_details() {
  for (const auto& id : known_.detail_order) {
    if (const auto detail = known_.details.find(id); detail != known_.details.end()) {
      const fact::CommitDecided& decided = detail->second.decided;
      auto record = recovery::to_record(decided);
      if (known_.heuristics.count(id) != 0) {  // finished, but an operator has not forgotten it
        adopt(finished_as(decided), std::move(record.body));
        continue;
      }
      const Millis finished_at = detail->second.finished_at;
      history_.add(id, record.kind, std::move(record.body), first_revision(epoch_), decided.lsn, finished_at,
                   finished_at == 0 ? decided.decided_at : finished_at);
    } else if (const auto abort = known_.abort_details.find(id); abort != known_.abort_details.end()) {
      const recovery::AbortDetail& told = abort->second;
      auto record = recovery::to_record(
          fact::AbortTold{id, {}, told.reason, told.label, told.begun_at, told.decided_at, told.traceparent});
      history_.add(id, record.kind, std::move(record.body), first_revision(epoch_), 0, told.decided_at,
                   told.decided_at);
    }
  }
  known_.details.clear();
  known_.detail_order.clear();
  if (known_.gaps.empty()) known_.abort_details.clear();  // else they say which ids of a gap are known
}

/// What was unsettled when its participant was retired is in the log as a hazard, before the retirement itself. So what
/// is unsettled now had acknowledged: that is not in the log, and nobody will say it again.
void Engine::Impl::settle_retired(core::Transaction& transaction) {
  for (core::Branch& branch : transaction.branches) {
    const Participant* participant = directory_.find(branch.participant);
    if (participant && participant->retired) core::restore_acknowledged(transaction, branch.n);
  }
}

void Engine::Impl::restore_live(const recovery::LiveFact& fact) {
  const auto* decided = std::get_if<fact::CommitDecided>(&fact);
  std::string body = decided ? recovery::to_record(*decided).body : std::string();
  core::Transaction transaction = std::visit([&](const auto& f) { return core::restore(f, now_); }, fact);
  const auto told = known_.abort_details.find(transaction.id);
  if (told != known_.abort_details.end() && transaction.outcome == Outcome::kAborted) {
    transaction.abort_reason = told->second.reason;
    transaction.decided_at = told->second.decided_at;
  }
  adopt(std::move(transaction), std::move(body));
  if (const auto* started = std::get_if<fact::PrepareStarted>(&fact)) record_abort_of(*started);
}

/// This start aborts it. Who repeats its key hears so, and must hear the same when the transaction is long over:
/// without the record a late repeat would begin it anew.
void Engine::Impl::record_abort_of(const fact::PrepareStarted& started) {
  if (started.origin.key.empty() || known_.abort_details.count(started.id) != 0) return;
  Live& live = *live_.find(started.id);
  const core::Transaction& transaction = live.transaction;
  live.rests_on = stage(fact::AbortTold{started.id, started.origin, AbortReason::kRestart, started.label,
                                        started.begun_at, transaction.decided_at, started.traceparent});
}

/// Every branch of an ended transaction is settled: only what is reported or was acted on is told apart.
core::Transaction Engine::Impl::finished_as(const fact::CommitDecided& decided) const {
  core::Transaction transaction = core::restore(decided, now_);
  for (auto& branch : transaction.branches) {
    branch.settled = true;
    branch.retry_due = 0;
    branch.state = branch.vote == VoteKind::kReadOnly ? BranchState::kReadOnly : BranchState::kCommitted;
  }
  transaction.phase = Phase::kFinished;
  transaction.finished_at = decided.decided_at;  // Ended carries no time
  return transaction;
}

/// Takes over a restored transaction. When nothing is left to do but its Ended record, its first Tick says so.
void Engine::Impl::adopt(core::Transaction transaction, std::string decided_body) {
  const TransactionId id = transaction.id;
  settle_retired(transaction);
  const auto reported = known_.heuristics.find(id);
  const bool has_reports = reported != known_.heuristics.end();
  if (has_reports) {
    for (const auto& heuristic : reported->second) core::restore_heuristic(transaction, heuristic);
  }
  const auto is_reported = [&](const BranchId& branch) {
    return has_reports && std::any_of(reported->second.begin(), reported->second.end(),
                                      [&](const auto& heuristic) { return heuristic.branch == branch; });
  };
  for (auto act = known_.acts.lower_bound({id, 1}); act != known_.acts.end() && act->first.transaction == id; ++act) {
    core::restore_act(transaction, act->second);
    if (is_reported(act->first)) continue;
    auto forgot = act->second;  // whatever heuristic the act made was forgotten later
    forgot.act = fact::OperatorAct::kForgot;
    const core::Branch* branch =
        act->first.n <= transaction.branches.size() ? &transaction.branches[act->first.n - 1] : nullptr;
    if (branch && branch->heuristic) core::restore_act(transaction, forgot);
  }
  transaction.revision = first_revision(epoch_);
  const RequestOrigin& origin = transaction.origin;
  if (!origin.key.empty()) keys_[origin.key] = {origin.request_hash, id, {}};
  const bool may_be_repeated =
      !origin.client_session.empty() && !windows_.is_acked(origin.client_session, origin.sequence);
  if (may_be_repeated) windows_.begun(origin.client_session, origin.sequence, id);
  Live& live = live_.add(id);
  live.decided_body = std::move(decided_body);
  live.timeline = proved_timeline(transaction);
  live.transaction = std::move(transaction);
  live.counted_outcome = live.transaction.outcome.has_value();
  for (const auto& branch : live.transaction.branches) {
    live.links.push_back({.participant = directory_.find(branch.participant)});
  }
  ++stats_.live_by_phase[static_cast<std::size_t>(Phase::kActive)];
  account(live);
  schedule(live);
}

}  // namespace troth::engine
