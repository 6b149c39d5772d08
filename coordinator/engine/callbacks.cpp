// Callback participants: who is asked by us and need not ask. What they say is stepped like a session's words; there is
// no connection to lose, so every message is its own attempt and core's timers repeat it.
#include "coordinator/engine/impl.h"
#include "proto/values/overloaded.h"

namespace troth::engine {

void Engine::Impl::on_callback_said(CallbackSaid& command) {
  Participant* participant = directory_.find(command.participant);
  if (!participant || participant->kind != ParticipantKind::kCallback) return;
  participant->last_seen_at = now_.at;
  participant->last_error.reset();
  std::visit(Overloaded{
                 [&](const session::Vote& m) { on_callback_vote(*participant, m); },
                 [&](const session::Ack& m) { on_ack(*participant, {}, m); },
                 [&](const session::Recover& m) { on_callback_listed(*participant, m); },
                 [](const auto&) {},  // no other message has an answer of this type
             },
             command.message);
}

void Engine::Impl::on_callback_failed(CallbackFailed& command) {
  ++stats_.failed_attempts;
  const std::uint32_t n = command.branch.n;
  Live* live = live_.find(command.branch.transaction);
  if (live && !command.sent) apply(*live, core::event::PrepareNotSent{n});
  live = live_.find(command.branch.transaction);
  if (!live) return;
  const bool is_enlisted = n >= 1 && n <= live->links.size() && live->links[n - 1].participant;
  if (is_enlisted) live->links[n - 1].participant->last_error = ErrorView{command.code, command.detail, now_.at};
  apply(*live,
        core::event::AttemptFailed{n, std::move(command.code), std::move(command.detail), command.retry_after_ms});
}

bool Engine::Impl::is_awaiting_acknowledgement(const Live& live, std::uint32_t n, const Participant& participant) {
  const core::Transaction& transaction = live.transaction;
  const bool is_told = transaction.phase == Phase::kCommitting || transaction.phase == Phase::kAborting;
  if (!is_told || n == 0 || n > transaction.branches.size()) return false;
  const core::Branch& branch = transaction.branches[n - 1];
  return branch.participant == participant.name && !branch.settled;
}

void Engine::Impl::on_callback_vote(const Participant& participant, const session::Vote& vote) {
  ++stats_.votes[static_cast<std::size_t>(vote.vote)];
  Live* live = live_.find(vote.branch.transaction);
  if (live && is_awaiting_acknowledgement(*live, vote.branch.n, participant)) {
    // No answer to a commit or an abort: it is repeated by time, like any that gave none.
    apply(*live, core::event::AttemptFailed{vote.branch.n, "wrong-answer", "it answered a decision with a vote", 0});
  } else if (live && !live->only_reported) {
    apply(*live, core::event::Vote{vote.branch.n, participant.name, {}, {}, vote.vote, vote.reason});
  } else if (vote.vote == VoteKind::kCommit) {
    tell_callback(decision_rests_on(vote.branch), participant, vote.branch, decision_about(vote.branch));
  }
}

void Engine::Impl::on_callback_listed(const Participant& participant, const session::Recover& listed) {
  for (const auto& branch : listed.branches) {
    Live* live = live_.find(branch.transaction);
    if (live && known_.acts.count(branch) == 0) {
      apply(*live, core::event::Listed{branch.n, participant.name, {}, {}});
    } else {
      tell_callback(decision_rests_on(branch), participant, branch, decision_about(branch));
    }
  }
}

/// A callback has no message for "undecided" or "unknown": it goes on holding the branch, and is told when there is
/// something to tell.
void Engine::Impl::tell_callback(Lsn rests_on, const Participant& participant, const BranchId& branch,
                                 DecisionKind decision) {
  const auto tell = [&](session::Message message) {
    say(rests_on, ToCallback{participant.name, participant.url, std::move(message)});
  };
  if (decision == DecisionKind::kUnknown) ++stats_.unknown_answers;
  const Live* live = live_.find(branch.transaction);
  const Lsn lsn = live ? live->transaction.decision_lsn : 0;
  if (decision == DecisionKind::kCommit) tell(session::Commit{branch, lsn, 2});
  if (decision == DecisionKind::kAbort) tell(session::Abort{branch, 2});
  if (decision == DecisionKind::kCommit) stats_.deliver(Delivery::kCommit, 2);
  if (decision == DecisionKind::kAbort) stats_.deliver(Delivery::kAbort, 2);
}

}  // namespace troth::engine
