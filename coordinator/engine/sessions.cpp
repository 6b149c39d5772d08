// Participant sessions: registration, replacement, old copies of the log, and what participants say.
#include <algorithm>

#include "coordinator/engine/impl.h"
#include "proto/values/overloaded.h"

namespace troth::engine {

void Engine::Impl::on_opened(SessionOpened& command) {
  if (refuse_session(command)) return;
  Participant* participant = register_name(command);
  if (!participant) return;
  session::Hello& hello = command.hello;
  if (const auto old = participant->sessions.find(hello.instance); old != participant->sessions.end()) {
    const ConnectionId replaced = old->second.connection;
    say(0,
        CloseSession{replaced, session::kCloseReplaced, "A newer connection of this instance has replaced this one."});
    end_connection(replaced);
  }
  participant->routing = hello.routing;
  participant->last_seen_at = now_.at;
  participant->last_error.reset();
  const auto& offers = hello.capabilities;
  const bool offered = std::find(offers.begin(), offers.end(), "one-phase") != offers.end();
  participant->one_phase = offered && (participant->one_phase || participant->sessions.empty());  // all of them must
  Session session;
  session.connection = command.connection;
  session.instance = hello.instance;
  session.incarnation = hello.incarnation;
  session.remote = command.remote;
  session.connected_at = now_.at;
  session.rests_on = participant->registered_lsn;
  const Session& opened = directory_.open(*participant, std::move(session));

  session::Welcome welcome;
  welcome.log = known_.log;
  welcome.shard = known_.shard;
  welcome.epoch = epoch_;
  welcome.horizon = known_.horizon;
  welcome.window = options_.session_window;
  welcome.max_frame_bytes = options_.limits.max_frame_bytes;
  welcome.max_messages = options_.max_messages;
  welcome.max_payload_bytes = options_.limits.max_payload_bytes;
  welcome.ping_ms = options_.ping_ms;
  welcome.version = options_.version;
  say(opened.rests_on, ToSession{opened.connection, std::move(welcome)});
  reach_branches(opened);
}

bool Engine::Impl::refuse_session(const SessionOpened& command) {
  const auto close = [&](int code, std::string reason) {
    say(0, CloseSession{command.connection, code, std::move(reason)});
    return true;
  };
  if (!old_copy_ && shows_old_copy(command.hello)) enter_old_copy();
  if (old_copy_) return close(session::kCloseOldCopy, kOldCopyText);
  const Participant* participant = directory_.find(command.hello.participant);
  if (participant && participant->retired) return close(session::kCloseCredentials, "This participant is retired.");
  if (participant && participant->kind != ParticipantKind::kSession) {
    return close(session::kCloseCredentials, "This name is registered for callbacks.");
  }
  if (!participant && !log_.has_reserve()) {
    stats_.refuse(Refusal::kDiskFull);
    return close(session::kCloseLimit, "the log's disk is nearly full: no new name is registered now");
  }
  if (!participant && directory_.size() >= options_.limits.max_participants) {
    stats_.refuse(Refusal::kMaxParticipants);
    return close(session::kCloseLimit, "max-participants names are registered; remove one that is not used.");
  }
  return false;
}

Participant* Engine::Impl::register_name(const SessionOpened& command) {
  if (Participant* known = directory_.find(command.hello.participant)) return known;
  fact::ParticipantRegistered registered;
  registered.name = command.hello.participant;
  registered.kind = ParticipantKind::kSession;
  registered.at = now_.at;
  const Lsn lsn = stage(registered);
  recovery::fold(known_, lsn, registered);
  return &directory_.add(registered, lsn);
}

void Engine::Impl::on_closed(SessionClosed& command) {
  if (!directory_.session(command.connection)) return;  // replaced: its branches have moved on already
  for (const auto& branch : command.unsent_prepares) {
    if (Live* live = live_.find(branch.transaction)) apply(*live, core::event::PrepareNotSent{branch.n});
  }
  close_connection(command);
}

/// Branches whose latest message went over this connection may have missed it; those that another instance may carry
/// are sent again at once, the others wait for one to connect.
void Engine::Impl::close_connection(const SessionClosed& closed) {
  const ConnectionId connection = closed.connection;
  const Session* session = directory_.session(connection);
  if (!session) return;
  Participant* participant = session->participant;
  participant->last_seen_at = now_.at;
  directory_.close(connection);
  if (!participant->sessions.empty()) {
    participant->last_error.reset();
  } else if (!closed.orderly) {
    participant->last_error =
        ErrorView{closed.error, closed.detail.empty() ? "A connection of it was lost." : closed.detail, now_.at};
  }
  std::vector<BranchId> lost;
  live_.walk({}, [&](Live& live) {
    for (std::size_t i = 0; i < live.links.size(); ++i) {
      const core::Branch& branch = live.transaction.branches[i];
      if (live.links[i].participant != participant || branch.settled || !branch.reachable) continue;
      const bool carried = live.links[i].sent_on == connection;
      if (carried || !directory_.pick(*participant, branch, live.transaction.one_phase_started))
        lost.push_back({live.transaction.id, branch.n});
    }
    return true;
  });
  for (const auto& id : lost) {
    Live* live = live_.find(id.transaction);
    if (live) apply(*live, core::event::Unreachable{id.n, closed.error, closed.detail});
    live = live_.find(id.transaction);
    const bool one_phase = live && live->transaction.one_phase_started;
    if (live && directory_.pick(*participant, live->transaction.branches[id.n - 1], one_phase)) {
      apply(*live, core::event::Reachable{id.n});
    }
  }
}

void Engine::Impl::end_connection(ConnectionId connection) {
  SessionClosed closed;
  closed.connection = connection;
  closed.orderly = true;
  close_connection(closed);
}

/// A new connection: lost work of an earlier incarnation aborts its transactions, and what waited for a connection that
/// may carry it is sent.
void Engine::Impl::reach_branches(const Session& session) {
  const core::event::Reincarnated reborn{session.participant->name, session.instance, session.incarnation};
  const Participant* participant = session.participant;
  apply_to_all(reborn, [&](const Live& live) {
    for (std::size_t i = 0; i < live.links.size(); ++i) {
      const core::Branch& branch = live.transaction.branches[i];
      if (live.links[i].participant == participant && branch.joined && !branch.vote &&
          branch.instance == session.instance && branch.incarnation != session.incarnation) {
        return true;
      }
    }
    return false;
  });
  std::vector<BranchId> reached;
  live_.walk({}, [&](Live& live) {
    for (std::size_t i = 0; i < live.links.size(); ++i) {
      const core::Branch& branch = live.transaction.branches[i];
      if (live.links[i].participant == participant && !branch.settled && !branch.reachable &&
          Directory::may_carry(session, branch, live.transaction.one_phase_started)) {
        reached.push_back({live.transaction.id, branch.n});
      }
    }
    return true;
  });
  for (const auto& id : reached) {
    if (Live* live = live_.find(id.transaction)) apply(*live, core::event::Reachable{id.n});
  }
}

void Engine::Impl::on_said(SessionSaid& command) {
  const Session* session = directory_.session(command.connection);
  if (!session) return;
  std::visit(Overloaded{
                 [&](const session::Vote& m) { on_vote(*session, m); },
                 [&](const session::Ack& m) { on_ack(*session->participant, session->instance, m); },
                 [&](const session::Recover& m) { on_recover(*session, m); },
                 [&](const session::Inquire& m) { on_inquire(*session, m); },
                 [&](const session::Enlist& m) { on_enlist(*session, m); },
                 [&](const auto&) {
                   say(0, CloseSession{command.connection, session::kCloseBadFrame,
                                       "A participant does not send this message."});
                 },
             },
             command.message);
}

void Engine::Impl::on_vote(const Session& session, const session::Vote& vote) {
  Live* live = live_.find(vote.branch.transaction);
  ++stats_.votes[static_cast<std::size_t>(vote.vote)];
  if (live && !live->only_reported) {
    apply(*live, core::event::Vote{vote.branch.n, session.participant->name, session.instance, session.incarnation,
                                   vote.vote, vote.reason});
  } else if (vote.vote == VoteKind::kCommit) {
    on_inquire(session, {vote.branch});
  }
}

void Engine::Impl::on_ack(Participant& participant, const std::string& instance, const session::Ack& ack) {
  ++stats_.acks[static_cast<std::size_t>(ack.result)];
  Live* live = live_.find(ack.branch.transaction);
  const bool only_heuristics = live && live->only_reported;
  if (live && !only_heuristics) {
    apply(*live, core::event::Ack{ack.branch.n, participant.name, instance, ack.result});
  } else if (!old_copy_ &&
             (only_heuristics || recovery::classify(known_, epoch_, last_sequence_, ack.branch.transaction) ==
                                     recovery::IdStatus::kAborted)) {
    report_against_abort(participant, ack);
  }
}

/// A participant can name any id that never committed, so what one may report against aborts is bounded.
bool Engine::Impl::may_report(Participant& participant, const session::Ack& ack) {
  constexpr std::uint64_t kMaxReports = 1'000;
  const bool contradicts = ack.result == AckResult::kCommitted || ack.result == AckResult::kHeuristicCommit ||
                           ack.result == AckResult::kHeuristicMixed;
  const bool possible = ack.branch.n >= 1 && ack.branch.n <= options_.limits.max_branches;
  if (!contradicts || !possible || known_.acts.count(ack.branch) != 0) return false;
  if (const auto found = known_.heuristics.find(ack.branch.transaction); found != known_.heuristics.end()) {
    for (const auto& heuristic : found->second) {
      if (heuristic.branch == ack.branch) return false;
    }
  }
  return participant.reported_against_aborts++ < kMaxReports;
}

/// A session hears an abort once and the transaction is over; an answer that it committed all the same is a heuristic.
void Engine::Impl::report_against_abort(Participant& participant, const session::Ack& ack) {
  if (!may_report(participant, ack)) return;
  fact::HeuristicReported reported;
  reported.branch = ack.branch;
  reported.participant = participant.name;
  reported.kind = ack.result == AckResult::kHeuristicMixed ? HeuristicKind::kMixed : HeuristicKind::kCommit;
  reported.detail = "said so in answer to abort";
  reported.at = now_.at;
  const Lsn lsn = stage(reported);
  recovery::fold(known_, lsn, reported);
  ++stats_.heuristics_by_kind[static_cast<std::size_t>(reported.kind)];
  show_aborted_with_heuristics(reported, lsn);
}

/// Puts an aborted transaction back among the live ones, with all that is reported against it and what is left of its
/// details.
void Engine::Impl::show_aborted_with_heuristics(const fact::HeuristicReported& reported, Lsn lsn) {
  const TransactionId& id = reported.branch.transaction;
  core::Transaction transaction = aborted_with(id, known_.heuristics[id]);
  Timeline timeline = finished_timelines_.take(id);
  if (Live* shown = live_.find(id)) {
    transaction.label = shown->transaction.label;
    transaction.abort_reason = shown->transaction.abort_reason;
    transaction.begun_at = shown->transaction.begun_at;
    transaction.decided_at = shown->transaction.decided_at;
    transaction.traceparent = shown->transaction.traceparent;
    transaction.revision = shown->transaction.revision;
    timeline = std::move(shown->timeline);
    notify_watchers(*shown, true);
    take_out(*shown);
  } else if (const auto fact = history_.find(id)) {
    if (const auto* told = std::get_if<fact::AbortTold>(&*fact)) {
      transaction.label = told->label;
      transaction.abort_reason = told->reason;
      transaction.begun_at = told->begun_at;
      transaction.decided_at = told->decided_at;
      transaction.traceparent = told->traceparent;
    }
    transaction.revision = history_.view(id)->revision + 1;  // as it was shown without its timeline
  } else {
    transaction.revision = outcome_revision(id);
  }
  const std::uint64_t shown_as = transaction.revision;
  adopt(std::move(transaction), {});
  Live* live = live_.find(id);
  live->only_reported = true;
  live->rests_on = lsn;
  if (!timeline.empty()) {
    note_fact(timeline, reported);
    live->timeline = std::move(timeline);
  }
  live->transaction.revision = std::max(live->transaction.revision, shown_as + 1);
}

void Engine::Impl::on_recover(const Session& session, const session::Recover& recover) {
  for (const auto& branch : recover.branches) {
    Live* live = live_.find(branch.transaction);
    if (live && known_.acts.count(branch) == 0) {
      apply(*live, core::event::Listed{branch.n, session.participant->name, session.instance, session.incarnation});
    } else {
      on_inquire(session, {branch});
    }
  }
}

void Engine::Impl::on_inquire(const Session& session, const session::Inquire& inquire) {
  Live* live = live_.find(inquire.branch.transaction);
  if (live && known_.acts.count(inquire.branch) == 0) {
    apply(*live, core::event::Inquired{inquire.branch.n, session.participant->name, session.instance});
    return;
  }
  const Lsn rests_on = std::max(decision_rests_on(inquire.branch), session.rests_on);
  send_decision(rests_on, session.connection, inquire.branch, decision_about(inquire.branch));
}

void Engine::Impl::on_enlist(const Session& session, const session::Enlist& enlist) {
  const auto refuse = [&](std::string_view problem) {
    session::Enlisted enlisted;
    enlisted.transaction = enlist.transaction;
    enlisted.key = enlist.key;
    enlisted.branch = {enlist.transaction, 0};
    enlisted.problem = std::string(problem);
    say(std::max(last_forced_, session.rests_on), ToSession{session.connection, std::move(enlisted)});
  };
  Live* live = live_.find(enlist.transaction);
  if (!live) {
    const auto answer = about(enlist.transaction, false);
    const auto* refused = std::get_if<answer::Refused>(&answer);
    refuse(info(refused ? refused->problem.slug : Slug::kCommitted).text);
    return;
  }
  if (is_full(*session.participant)) {
    refuse(info(Slug::kLimitReached).text);
    return;
  }
  core::event::Enlist event;
  event.reply = kReplyToSession;
  event.max_branches = options_.limits.max_branches;
  event.branch.participant = session.participant->name;
  event.branch.key = enlist.key;
  event.branch.routing = session.participant->routing;
  event.branch.instance = session.instance;
  event.branch.incarnation = session.incarnation;
  event.branch.joined = true;
  event.branch.reachable = true;
  live->rests_on = std::max(live->rests_on, session.rests_on);
  enlisting_ = &session;
  enlist_ = &enlist;
  apply(*live, event);
  enlisting_ = nullptr;
  enlist_ = nullptr;
}

}  // namespace troth::engine
