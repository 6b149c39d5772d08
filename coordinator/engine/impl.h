// coordinator/engine/impl.h: what the engine is made of. One struct because one thread owns all of it; one file of
// functions per kind of command.
#pragma once

#include <deque>
#include <functional>
#include <queue>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "coordinator/core/step.h"
#include "coordinator/engine/client_windows.h"
#include "coordinator/engine/directory.h"
#include "coordinator/engine/engine.h"
#include "coordinator/engine/history.h"
#include "coordinator/engine/holdback.h"
#include "coordinator/engine/live_table.h"
#include "coordinator/engine/timeline.h"
#include "coordinator/engine/view.h"
#include "recovery/known.h"
#include "wal/log.h"

namespace troth::engine {

/// What a record that was found by its key says.
struct Recorded {
  TransactionId id;
  Outcome outcome = Outcome::kAborted;
  std::string hash;
  Millis at = 0;
  TransactionView view;
};

struct Engine::Impl {
  Impl(wal::Log& log, recovery::Known known, EpochId epoch, Options options, core::Now now);

  // turn.cpp: the write-ahead rule and what surrounds a step
  void turn(std::vector<Command>& inbox, core::Now now, Outbox& outbox);
  void apply(Live& live, const core::Event& event);
  Lsn stage(const Fact& fact);
  void say(Lsn rests_on, Outgoing message);
  void run_timers();
  void finish_turn(Outbox& outbox);
  void stage_ended();
  void schedule(Live& live);
  void rebuild_timers();
  void leave(Live& live);
  void take_out(Live& live);
  void on_drain();
  void apply_to_all(const core::Event& event, const std::function<bool(const Live&)>& concerns);
  bool is_quiet() const;

  // retention.cpp: what is forgotten, and when
  void plan_retention();
  void retain();
  void note_mark();
  std::optional<TransactionId> oldest_unfinished();
  void forget_older();

  // emit.cpp: effects of a step become messages
  void emit(Live& live, const core::Effect& effect);
  void send_prepare(Live& live, const core::effect::SendPrepare& effect);
  void send_one_phase(Live& live, const core::effect::SendOnePhase& effect);
  void send_commit(Live& live, const core::effect::SendCommit& effect);
  void send_abort(Live& live, const core::effect::SendAbort& effect);
  void send_forget(Live& live, const core::effect::SendForget& effect);
  void send_decision(Lsn rests_on, ConnectionId connection, const BranchId& branch, DecisionKind decision);
  void send_decide(Live& live, const core::effect::Decide& effect);
  Session* carrier(Live& live, std::uint32_t n);
  bool to_participant(Live& live, std::uint32_t n, session::Message message);
  void reply(Lsn rests_on, ReplyTo to, answer::Answer answer);
  void reply_branch(Live& live, const core::effect::ReplyBranch& effect);
  void reply_problem(Live& live, const core::effect::ReplyProblem& effect);

  // account.cpp: counters, gauges, watchers
  void account_facts(Live& live, const Fact& fact, Lsn lsn);
  void account_durable();
  void account(Live& live);
  void account_branches(Live& live);
  void account_phase(Live& live, Phase phase);
  void account_gone(Live& live);
  void recount(Live::Link& link, std::uint8_t now);
  void notify_watchers(Live& live, bool all);
  void refresh_gauges();
  Millis remembered_since() const;

  // requests.cpp: transactions
  void on_request(ClientRequest& command);
  void handle(ReplyTo to, request::Begin& begin);
  void handle(ReplyTo to, request::Enlist& enlist);
  void handle(ReplyTo to, request::Commit& commit);
  void handle(ReplyTo to, request::Abort& abort);
  void handle(ReplyTo to, request::Get& get);
  void handle(ReplyTo to, request::GetDecision& ask);
  std::optional<Problem> refuse_begin(const request::Begin& begin);
  std::optional<Problem> refuse_any_begin();
  bool is_full(Participant& participant);
  std::optional<Problem> refuse_branch(const request::NewBranch& branch, const std::string& pointer);
  Live& create(request::Begin& begin);
  void begin(ReplyTo to, request::Begin& begin);
  void enlist_new(Live& live, ReplyTo to, request::NewBranch& branch);
  bool can_one_phase(const Live& live) const;
  void ask_commit(Live& live, ReplyTo to, Wait wait, std::optional<std::uint32_t> branch_count);

  // operators.cpp
  void handle(ReplyTo to, request::Resolve& resolve);
  void handle(ReplyTo to, request::ResolveGap& resolve);
  void handle(ReplyTo to, request::Retry& retry);
  void handle(ReplyTo to, request::RetireParticipant& retire);
  static bool concerns(const Participant& participant, const Live& live);
  answer::DryRun look_ahead_of_retiring(const Participant& participant);
  void retire_branches_of(const Participant& participant, const std::string& reason);
  Live* find_to_act_on(ReplyTo to, const BranchId& branch, std::optional<std::uint64_t> if_revision);
  bool refuse_revision(ReplyTo to, const Live& live, std::optional<std::uint64_t> if_revision);

  // listing.cpp
  void handle(ReplyTo to, request::List& list);
  void handle(ReplyTo to, request::ListParticipants& list);
  void handle(ReplyTo to, request::GetParticipant& get);
  void handle(ReplyTo to, request::RemoveParticipant& remove);
  ParticipantView participant_view(const Participant& participant) const;

  // outcomes.cpp: what followers hear
  void note_outcome(const Fact& fact, Lsn lsn);
  void note_abort(const core::Transaction& transaction);
  void tell_outcomes();

  // details.cpp: timelines, and what an operator can do
  TransactionView detailed(const Live& live);
  void add_details(TransactionView& view);
  std::optional<TransactionView> remembered(const TransactionId& id) const;
  void keep_timeline(Live& live);
  Timeline proved_timeline(const core::Transaction& transaction) const;
  void show_gap(const TransactionId& id, answer::Refused& refused) const;

  // answers.cpp: ids that are not live
  TransactionView outcome_view(const TransactionId& id, Outcome outcome) const;
  std::uint64_t outcome_revision(const TransactionId& id) const;
  answer::Answer about(const TransactionId& id, bool wants_abort);
  static answer::Answer told(TransactionView view, Outcome outcome, bool wants_abort);
  DecisionKind decision_about(const BranchId& branch);
  Lsn decision_rests_on(const BranchId& branch);
  void refuse(ReplyTo to, Slug slug, std::string detail, std::string pointer = {});

  // exactly_once.cpp: keys and client sessions
  void begin_with_key(ReplyTo to, request::Begin& begin);
  void on_found(wal::Found& found);
  void repeat_recorded(ReplyTo to, const request::Begin& begin, const Recorded& recorded);
  void repeat_key(ReplyTo to, const request::Begin& begin, const std::string& hash, const TransactionId& id);
  void on_session_request(ClientRequest& command);
  void begin_in_session(ReplyTo to, request::Begin& begin, const InSession& from, bool has_room);
  void repeat_begin(ReplyTo to, const TransactionId& id, bool commit, Wait wait);
  void reply_repeat(ReplyTo to, answer::Answer answer, bool commit);
  void answer_older_epoch(ReplyTo to, const InSession& from);

  // sessions.cpp
  void on_opened(SessionOpened& command);
  void on_said(SessionSaid& command);
  void on_closed(SessionClosed& command);
  bool refuse_session(const SessionOpened& command);
  bool shows_old_copy(const session::Hello& hello) const;
  Participant* register_name(const SessionOpened& command);
  void close_connection(const SessionClosed& closed);
  /// By our own will.
  void end_connection(ConnectionId connection);
  void reach_branches(const Session& session);
  void on_vote(const Session& session, const session::Vote& vote);
  void on_ack(Participant& participant, const std::string& instance, const session::Ack& ack);
  bool may_report(Participant& participant, const session::Ack& ack);
  void report_against_abort(Participant& participant, const session::Ack& ack);
  void show_aborted_with_heuristics(const fact::HeuristicReported& reported, Lsn lsn);
  void enter_old_copy();
  void unpresume();
  void on_recover(const Session& session, const session::Recover& recover);
  void on_inquire(const Session& session, const session::Inquire& inquire);
  void on_enlist(const Session& session, const session::Enlist& enlist);

  // callbacks.cpp
  void on_callback_said(CallbackSaid& command);
  void on_callback_failed(CallbackFailed& command);
  void on_callback_vote(const Participant& participant, const session::Vote& vote);
  static bool is_awaiting_acknowledgement(const Live& live, std::uint32_t n, const Participant& participant);
  void on_callback_listed(const Participant& participant, const session::Recover& listed);
  void tell_callback(Lsn rests_on, const Participant& participant, const BranchId& branch, DecisionKind decision);

  // start.cpp: from what the log says
  void restore_all();
  void remember_details();
  void settle_retired(core::Transaction& transaction);
  void restore_live(const recovery::LiveFact& fact);
  void bind_key_of(const TransactionId& id, const recovery::LiveFact& fact);
  void record_abort_of(const fact::PrepareStarted& started);
  core::Transaction finished_as(const fact::CommitDecided& decided) const;
  void adopt(core::Transaction transaction, std::string decided_body);

  wal::Log& log_;
  recovery::Known known_;
  EpochId epoch_;
  Options options_;
  core::Timing timing_;
  core::Now now_;

  LiveTable live_;
  Directory directory_;
  History history_;
  FinishedTimelines finished_timelines_;
  ClientWindows windows_;
  std::uint64_t last_sequence_ = 0;

  // The log side of a turn.
  Lsn last_lsn_ = 0;  // of what was staged so far, this turn included
  Lsn last_forced_ = 0;
  Lsn durable_ = 0;  // as of the start of the turn: one view for all of it, so that no message overtakes an earlier one
  std::vector<wal::Record> staged_;
  std::vector<std::pair<std::string, std::uint64_t>> finds_;  // asked of the log at the end of the turn
  std::vector<TransactionId> ended_;
  std::unordered_map<ConnectionId, std::vector<BranchId>> forgets_;
  Holdback held_;
  std::vector<Outgoing> out_;
  std::vector<OutcomeView> outcomes_;  // of this turn
  Lsn told_upto_ = 0;                  // followers hear of every outcome up to it
  core::Output output_;

  // Timers: stale entries are recognised by Live::timer_due and dropped.
  using Timer = std::pair<Millis, TransactionId>;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  Millis gauges_due_ = 0;
  Millis retain_due_ = 0;

  // A horizon on its way: nothing is dropped by it, and nobody told of it, before its record is durable.
  struct Rising {
    Lsn lsn = 0;
    TransactionId horizon;
  };
  std::optional<Rising> rising_;

  // Keys whose transaction runs, or is being looked for in the log.
  struct KeyRun {
    std::string hash;
    std::optional<TransactionId> id;                          // empty while the log is asked
    std::vector<std::pair<ReplyTo, request::Begin>> waiting;  // for the log's answer
  };
  std::unordered_map<std::string, KeyRun> keys_;
  std::unordered_map<std::uint64_t, std::string> finding_;  // token -> key
  std::uint64_t next_token_ = 1;

  // Set while a session's Enlist is stepped: its answer goes to the session, not to a client.
  const Session* enlisting_ = nullptr;
  const session::Enlist* enlist_ = nullptr;

  // The last revisions of ids that were shown with what was reported of them, of which only the outcome is left again.
  // Few: what may be reported against aborts is bounded.
  std::unordered_map<TransactionId, std::uint64_t, IdHash> reported_revisions_;

  bool draining_ = false;
  bool old_copy_ = false;
  std::uint64_t waiting_clients_ = 0;  // answers owed: a drain waits for them
  Stats stats_;
  Ages undecided_since_;
  Ages undelivered_since_;
  Ages in_doubt_since_;
  /// Decisions of one turn that wait for their sync.
  struct LogWait {
    Lsn lsn = 0;
    Millis due = 0;
    std::uint64_t decisions = 0;
  };
  std::deque<LogWait> log_waits_;
};

/// A finished, aborted transaction of which only heuristics are known: an abort leaves no record of its own.
core::Transaction aborted_with(const TransactionId& id, const std::vector<fact::HeuristicReported>& reported);

std::optional<TransactionId> transaction_of(const answer::Answer& answer);

inline constexpr const char* kOldCopyText =
    "This coordinator runs on an old copy of its log; its operator must run `trothctl log restore`.";

/// A restored transaction's revision starts above all that any client can have seen under an earlier epoch.
inline std::uint64_t first_revision(EpochId epoch) {
  return static_cast<std::uint64_t>(epoch.epoch) << 24;
}

/// Of an id of which this start knows the outcome only: above every revision that it can have shown of it with its
/// details, below those of the next start, with room for what may be reported yet.
inline std::uint64_t high_revision(EpochId epoch) {
  return first_revision(epoch) | 0x80'0000;
}

/// The reply token of a session's Enlist.
inline constexpr ReplyTo kReplyToSession = ~ReplyTo{0};

}  // namespace troth::engine
