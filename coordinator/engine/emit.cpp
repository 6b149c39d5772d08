// Effects of a step become messages with addresses. What rests on what: everything a transaction says rests on its
// latest forced record, and on the registration of the connection that carries it.
#include <algorithm>
#include <limits>

#include "coordinator/engine/impl.h"
#include "proto/values/overloaded.h"

namespace troth::engine {

namespace {

std::uint32_t remaining_ms(const core::Transaction& transaction, core::Now now) {
  const Millis left = std::max<Millis>(transaction.deadline_due - now.due, 0);
  return static_cast<std::uint32_t>(std::min<Millis>(left, std::numeric_limits<std::uint32_t>::max()));
}

/// Prepare and CommitOnePhase carry the same fields.
template <class Message>
Message work_message(const core::Transaction& transaction, const core::Branch& branch, std::uint32_t attempt,
                     core::Now now) {
  Message message;
  message.branch = {transaction.id, branch.n};
  if (branch.payload) message.payload = *branch.payload;
  message.payload_type = branch.payload ? branch.payload_type : PayloadType::kNone;
  message.joined = branch.joined;
  message.deadline_in_ms = remaining_ms(transaction, now);
  message.attempt = attempt;
  message.traceparent = transaction.traceparent;
  return message;
}

}  // namespace

void Engine::Impl::emit(Live& live, const core::Effect& effect) {
  std::visit(Overloaded{
                 [&](const core::effect::SendPrepare& e) { send_prepare(live, e); },
                 [&](const core::effect::SendOnePhase& e) { send_one_phase(live, e); },
                 [&](const core::effect::SendCommit& e) { send_commit(live, e); },
                 [&](const core::effect::SendAbort& e) { send_abort(live, e); },
                 [&](const core::effect::SendForget& e) { send_forget(live, e); },
                 [&](const core::effect::Decide& e) { send_decide(live, e); },
                 [&](const core::effect::ReplyTransaction& e) {
                   reply(live.rests_on, e.reply, answer::Transaction{e.status, view_of(live.transaction, now_)});
                 },
                 [&](const core::effect::ReplyBranch& e) { reply_branch(live, e); },
                 [&](const core::effect::ReplyProblem& e) { reply_problem(live, e); },
                 [&](const core::effect::ReplyDryRun& e) {
                   reply(live.rests_on, e.reply, answer::DryRun{e.would_change, e.warnings});
                 },
             },
             effect);
}

/// The connection for branch n's next message; remembers it, so that its loss can be told to the right branches.
Session* Engine::Impl::carrier(Live& live, std::uint32_t n) {
  Live::Link& link = live.links[n - 1];
  if (!link.participant) return nullptr;
  const core::Branch& branch = live.transaction.branches[n - 1];
  const bool one_phase = live.transaction.one_phase_started;
  Session* session = directory_.session(link.sent_on);  // stay with who has heard of it
  if (!session || !Directory::may_carry(*session, branch, one_phase)) {
    session = directory_.pick(*link.participant, branch, one_phase);
  }
  link.sent_on = session ? session->connection : 0;
  return session;
}

/// Hands `message` to whoever carries branch n; false when nobody does now.
bool Engine::Impl::to_participant(Live& live, std::uint32_t n, session::Message message) {
  const core::Branch& branch = live.transaction.branches[n - 1];
  if (branch.kind == ParticipantKind::kCallback) {
    say(live.rests_on, ToCallback{branch.participant, branch.endpoint, std::move(message)});
    return true;
  }
  Session* session = carrier(live, n);
  if (!session) return false;
  say(std::max(live.rests_on, session->rests_on), ToSession{session->connection, std::move(message)});
  return true;
}

void Engine::Impl::send_prepare(Live& live, const core::effect::SendPrepare& effect) {
  const core::Branch& branch = live.transaction.branches[effect.n - 1];
  auto message = work_message<session::Prepare>(live.transaction, branch, effect.attempt, now_);
  if (!to_participant(live, effect.n, std::move(message))) return;
  stats_.deliver(Delivery::kPrepare, effect.attempt);
  if (live.prepare_due == 0) live.prepare_due = now_.due;
  if (branch.payload && !branch.joined) ++stats_.carried_prepares;
}

void Engine::Impl::send_one_phase(Live& live, const core::effect::SendOnePhase& effect) {
  const core::Branch& branch = live.transaction.branches[effect.n - 1];
  auto message = work_message<session::CommitOnePhase>(live.transaction, branch, effect.attempt, now_);
  if (to_participant(live, effect.n, std::move(message))) stats_.deliver(Delivery::kOnePhase, effect.attempt);
}

void Engine::Impl::send_commit(Live& live, const core::effect::SendCommit& effect) {
  const Lsn lsn = live.transaction.decision_lsn;
  if (to_participant(live, effect.n, session::Commit{{live.transaction.id, effect.n}, lsn, effect.attempt})) {
    stats_.deliver(Delivery::kCommit, effect.attempt);
  }
}

void Engine::Impl::send_abort(Live& live, const core::effect::SendAbort& effect) {
  if (to_participant(live, effect.n, session::Abort{{live.transaction.id, effect.n}, effect.attempt})) {
    stats_.deliver(Delivery::kAbort, effect.attempt);
  }
}

/// Collected over the turn: one Forget a connection, once the Ended record that allows it has its LSN.
void Engine::Impl::send_forget(Live& live, const core::effect::SendForget& effect) {
  if (Session* session = carrier(live, effect.n)) {
    forgets_[session->connection].push_back({live.transaction.id, effect.n});
  }
}

void Engine::Impl::send_decide(Live& live, const core::effect::Decide& effect) {
  const BranchId branch{live.transaction.id, effect.n};
  Participant* participant = directory_.find(effect.participant);
  if (!participant) return;
  if (participant->kind == ParticipantKind::kCallback) {
    return tell_callback(live.rests_on, *participant, branch, effect.decision);
  }
  const auto asker = participant->sessions.find(effect.instance);
  if (asker == participant->sessions.end()) return;
  const Lsn rests_on = std::max(live.rests_on, asker->second.rests_on);
  send_decision(rests_on, asker->second.connection, branch, effect.decision);
}

void Engine::Impl::send_decision(Lsn rests_on, ConnectionId connection, const BranchId& branch, DecisionKind decision) {
  if (decision == DecisionKind::kUnknown) ++stats_.unknown_answers;
  say(rests_on, ToSession{connection, session::Decision{branch, decision}});
}

void Engine::Impl::reply(Lsn rests_on, ReplyTo to, answer::Answer answer) {
  if (to == 0) return;
  --waiting_clients_;
  say(rests_on, Reply{to, std::move(answer)});
}

void Engine::Impl::reply_branch(Live& live, const core::effect::ReplyBranch& effect) {
  const core::Transaction& transaction = live.transaction;
  if (effect.reply == kReplyToSession) {
    session::Enlisted enlisted;
    enlisted.transaction = transaction.id;
    enlisted.key = enlist_->key;
    enlisted.branch = {transaction.id, effect.n};
    enlisted.deadline_in_ms = remaining_ms(transaction, now_);
    say(std::max(live.rests_on, enlisting_->rests_on), ToSession{enlisting_->connection, std::move(enlisted)});
    return;
  }
  const core::Branch& branch = transaction.branches[effect.n - 1];
  reply(live.rests_on, effect.reply, answer::Branch{effect.status, transaction.id, view_of(transaction, branch, now_)});
}

void Engine::Impl::reply_problem(Live& live, const core::effect::ReplyProblem& effect) {
  if (effect.slug == Slug::kTooManyBranches) stats_.refuse(Refusal::kMaxBranches);
  if (effect.reply == kReplyToSession) {
    session::Enlisted refused;
    refused.transaction = live.transaction.id;
    refused.key = enlist_->key;
    refused.branch = {live.transaction.id, 0};
    refused.problem = std::string(info(effect.slug).text);
    say(std::max(live.rests_on, enlisting_->rests_on), ToSession{enlisting_->connection, std::move(refused)});
    return;
  }
  answer::Refused refused{{effect.slug, effect.detail, {}}, std::nullopt};
  if (effect.with_transaction) refused.transaction = view_of(live.transaction, now_);
  reply(live.rests_on, effect.reply, std::move(refused));
}

}  // namespace troth::engine
