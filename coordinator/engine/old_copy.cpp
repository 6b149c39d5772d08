// A participant has durably seen more of this log than it holds: we run on an old copy (design.md §6). From then on
// nothing is presumed, nobody is served, and what is undecided may only abort.
#include <algorithm>
#include <set>

#include "coordinator/engine/impl.h"

namespace troth::engine {

/// The participant has durably seen an epoch or an LSN of this log that the log does not explain.
bool Engine::Impl::shows_old_copy(const session::Hello& hello) const {
  for (const auto& seen : hello.seen) {
    if (seen.log != known_.log) continue;
    if (recovery::is_in_gap_range(known_, seen.epoch)) continue;
    const auto same = [&](const fact::EpochStarted& started) { return started.epoch == seen.epoch; };
    const auto epoch = std::find_if(known_.epochs.begin(), known_.epochs.end(), same);
    if (epoch == known_.epochs.end()) return true;
    const auto next = std::next(epoch);
    const bool explained = next == known_.epochs.end() ? seen.lsn <= log_.durable() : seen.lsn < next->first_lsn;
    if (!explained) return true;
  }
  return false;
}

/// What we would say from here on may contradict what the newer copy said.
void Engine::Impl::enter_old_copy() {
  old_copy_ = true;
  std::vector<ConnectionId> connections;
  for (const auto& [name, participant] : directory_.all()) {
    for (const auto& [instance, session] : participant.sessions) connections.push_back(session.connection);
  }
  for (const ConnectionId connection : connections) {
    say(0, CloseSession{connection, session::kCloseOldCopy, kOldCopyText});
    end_connection(connection);
  }
  unpresume();
  // What is not decided yet may only abort: a commit would be told, and the log that comes back would not know it.
  apply_to_all(core::event::Abort{0, 0, AbortReason::kRestart},
               [](const Live& live) { return !live.transaction.outcome && !live.transaction.one_phase_started; });
}

/// What this start aborted, or shows as aborted, because its log ends before a decision may have been decided in the
/// newer copy: nobody is told that abort any more, also not by what waits for a sync.
void Engine::Impl::unpresume() {
  std::set<TransactionId> presumed;
  live_.walk({}, [&](Live& live) {
    const core::Transaction& transaction = live.transaction;
    const bool is_told = transaction.abort_reason && *transaction.abort_reason != AbortReason::kRestart;
    const bool aborted = transaction.outcome == Outcome::kAborted;
    if (transaction.restored && aborted && !is_told) presumed.insert(transaction.id);
    return true;
  });
  for (const auto& id : presumed) {
    Live* live = live_.find(id);
    const auto watchers = std::move(live->watchers);
    take_out(*live);
    for (const auto& watcher : watchers) reply(last_forced_, watcher.reply, about(id, false));
  }
  held_.change([&](Outgoing& message) {
    if (const auto* post = std::get_if<ToCallback>(&message)) {
      const auto* abort = std::get_if<session::Abort>(&post->message);
      return !(abort && presumed.count(abort->branch.transaction) != 0);
    }
    if (auto* reply = std::get_if<Reply>(&message)) {
      const auto id = transaction_of(reply->answer);
      if (id && presumed.count(*id) != 0) reply->answer = about(*id, false);
    }
    return true;
  });
}

/// Which transaction an answer shows, if it shows one.
std::optional<TransactionId> transaction_of(const answer::Answer& answer) {
  if (const auto* told = std::get_if<answer::Transaction>(&answer)) return told->view.id;
  if (const auto* branch = std::get_if<answer::Branch>(&answer)) return branch->transaction;
  if (const auto* decision = std::get_if<answer::Decision>(&answer)) return decision->view.branch.transaction;
  const auto* refused = std::get_if<answer::Refused>(&answer);
  return refused && refused->transaction ? std::optional(refused->transaction->id) : std::nullopt;
}

}  // namespace troth::engine
