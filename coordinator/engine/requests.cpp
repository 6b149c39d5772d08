// What clients ask about transactions: begin, enlist, commit, abort, get. Everything is checked before anything is
// made, so a refused request leaves no trace.
#include <algorithm>
#include <unordered_map>

#include "coordinator/engine/fingerprint.h"
#include "coordinator/engine/impl.h"

namespace troth::engine {
namespace {

/// Every step looks at who waits, so their number is bounded; who watches cannot take the places of who decides.
constexpr std::size_t kMaxWaiters = 1'024;

}  // namespace

void Engine::Impl::on_request(ClientRequest& command) {
  ++waiting_clients_;
  if (command.in_session) {
    on_session_request(command);
    return;
  }
  std::visit([&](auto& request) { handle(command.reply, request); }, command.request);
}

/// What has nothing to do with what is asked for.
std::optional<Problem> Engine::Impl::refuse_any_begin() {
  if (draining_) {
    stats_.refuse(Refusal::kDraining);
    return Problem{Slug::kDraining, "The coordinator is stopping; send the request again in a moment.", {}};
  }
  if (old_copy_) {
    stats_.refuse(Refusal::kOldCopy);
    return Problem{Slug::kStarting,
                   "This coordinator runs on an old copy of its log and takes no work; its operator must run "
                   "`trothctl log restore`.",
                   {}};
  }
  if (!log_.has_reserve()) {
    stats_.refuse(Refusal::kDiskFull);
    return Problem{
        Slug::kDiskFull, "The log's disk is nearly full; running transactions finish, new ones must wait.", {}};
  }
  if (live_.size() >= options_.limits.max_live) {
    stats_.refuse(Refusal::kMaxLive);
    return Problem{Slug::kLimitReached, "max-live transactions are running; try again when some have finished.", {}};
  }
  return std::nullopt;
}

std::optional<Problem> Engine::Impl::refuse_begin(const request::Begin& begin) {
  if (auto problem = refuse_any_begin()) return problem;
  if (begin.timeout_ms && (*begin.timeout_ms < 1 || *begin.timeout_ms > options_.limits.max_timeout_ms)) {
    return Problem{Slug::kBadField, "timeoutMs must lie between 1 and max-timeout-ms.", "/timeoutMs"};
  }
  if (begin.branches.size() > options_.limits.max_branches) {
    stats_.refuse(Refusal::kMaxBranches);
    return Problem{Slug::kTooManyBranches, "A transaction has at most max-branches branches.", "/branches"};
  }
  if (begin.commit && begin.branches.empty()) {
    return Problem{Slug::kNoBranches, "commit needs at least one branch; nothing was begun.", "/branches"};
  }
  std::unordered_map<std::string, const request::NewBranch*> seen;
  for (std::size_t i = 0; i < begin.branches.size(); ++i) {
    const request::NewBranch& branch = begin.branches[i];
    const std::string pointer = "/branches/" + std::to_string(i);
    if (auto problem = refuse_branch(branch, pointer + "/participant")) return problem;
    const auto [first, fresh] = seen.emplace(branch.participant + '/' + branch.key, &branch);
    const bool same = first->second->payload == branch.payload && first->second->payload_type == branch.payload_type;
    if (!fresh && !same) {
      return Problem{Slug::kBranchConflict,
                     "Two branches have this participant and key but different payloads; give one another key.",
                     pointer};
    }
  }
  return std::nullopt;
}

/// The bulkhead: so many unsettled branches of one participant, and no more.
bool Engine::Impl::is_full(Participant& participant) {
  if (participant.unsettled < options_.limits.max_unsettled) return false;
  ++participant.refused;
  stats_.refuse(Refusal::kMaxUnsettled);
  return true;
}

std::optional<Problem> Engine::Impl::refuse_branch(const request::NewBranch& branch, const std::string& pointer) {
  Participant* participant = directory_.find(branch.participant);
  if (participant && participant->retired) {
    return Problem{Slug::kUnknownParticipant, "Participant '" + branch.participant + "' is retired.", pointer};
  }
  if (!participant) {
    return Problem{Slug::kUnknownParticipant,
                   "No participant '" + branch.participant + "' is registered; start it once, then send this again.",
                   pointer};
  }
  if (is_full(*participant)) {
    return Problem{Slug::kLimitReached, "Participant '" + branch.participant + "' has max-unsettled branches.",
                   pointer};
  }
  return std::nullopt;
}

void Engine::Impl::handle(ReplyTo to, request::Begin& begin) {
  if (begin.origin.key.empty()) {
    this->begin(to, begin);
  } else {
    begin_with_key(to, begin);
  }
}

void Engine::Impl::begin(ReplyTo to, request::Begin& begin) {
  if (auto problem = refuse_begin(begin)) {
    reply(0, to, answer::Refused{std::move(*problem), std::nullopt});
    return;
  }
  const bool commit = begin.commit;
  const Wait wait = begin.wait;
  Live& live = create(begin);
  for (auto& branch : begin.branches) enlist_new(live, 0, branch);
  if (commit) {
    ask_commit(live, to, wait, std::nullopt);
  } else {
    reply(live.rests_on, to, answer::Transaction{201, view_of(live.transaction, now_)});
    schedule(live);
  }
}

Live& Engine::Impl::create(request::Begin& begin) {
  const TransactionId id{known_.log, known_.shard, epoch_, ++last_sequence_};
  Live& live = live_.add(id);
  core::Transaction& transaction = live.transaction;
  transaction.id = id;
  transaction.label = std::move(begin.label);
  transaction.traceparent = std::move(begin.traceparent);
  transaction.origin = begin.origin;
  transaction.begun_at = now_.at;
  transaction.timeout_ms = begin.timeout_ms.value_or(options_.limits.default_timeout_ms);
  transaction.deadline_due = now_.due + transaction.timeout_ms;
  transaction.deadline_at = now_.at + transaction.timeout_ms;
  transaction.one_phase_wanted = begin.one_phase;
  live.timeline = finished_timelines_.fresh();
  live.timeline.note(now_.at, What::kBegun);
  ++stats_.begun;
  ++stats_.live_by_phase[static_cast<std::size_t>(Phase::kActive)];
  if (!begin.origin.key.empty()) keys_[begin.origin.key] = {begin.origin.request_hash, id, {}};
  if (!begin.origin.client_session.empty()) windows_.begun(begin.origin.client_session, begin.origin.sequence, id);
  return live;
}

void Engine::Impl::enlist_new(Live& live, ReplyTo to, request::NewBranch& branch) {
  Participant* participant = directory_.find(branch.participant);
  core::event::Enlist event;
  event.reply = to;
  event.max_branches = options_.limits.max_branches;
  event.branch.participant = std::move(branch.participant);
  event.branch.key = std::move(branch.key);
  event.branch.kind = participant->kind;
  event.branch.routing = participant->routing;
  event.branch.endpoint = participant->url;
  event.branch.payload_type = branch.payload_type;
  event.branch.payload_hash = fingerprint(branch.payload);
  event.branch.payload = std::make_shared<const std::string>(std::move(branch.payload));
  event.branch.reachable = directory_.pick(*participant, event.branch, false) != nullptr;
  live.rests_on = std::max(live.rests_on, participant->registered_lsn);
  apply(live, event);
}

/// One phase is for a branch whose participant offers it and is connected, and whose answer any instance that may be
/// asked again can give: work handed to a pinned participant is bound to no instance before its vote, so it takes two
/// phases.
bool Engine::Impl::can_one_phase(const Live& live) const {
  const Participant* participant = live.links[0].participant;
  const core::Branch& branch = live.transaction.branches[0];
  const bool shared = participant && participant->routing == Routing::kAny && branch.routing == Routing::kAny;
  return participant && participant->one_phase && branch.reachable && (branch.joined || shared);
}

void Engine::Impl::ask_commit(Live& live, ReplyTo to, Wait wait, std::optional<std::uint32_t> branch_count) {
  if (live.transaction.waiters.size() >= kMaxWaiters) {
    stats_.refuse(Refusal::kMaxWaiters);
    refuse(to, Slug::kLimitReached, "Too many requests wait for this transaction; wait for one of them.");
    return;
  }
  core::Transaction& transaction = live.transaction;
  if (transaction.phase == Phase::kActive) {
    live.commit_asked_due = now_.due;
    if (transaction.branches.size() == 1) {
      transaction.one_phase_wanted = transaction.one_phase_wanted && can_one_phase(live);
    }
  }
  if (draining_) wait = Wait::kDecided;  // a drain does not last until the last acknowledgement
  apply(live, core::event::Commit{to, wait, now_.due + options_.limits.max_wait_ms, branch_count});
}

void Engine::Impl::handle(ReplyTo to, request::Enlist& enlist) {
  Live* live = live_.find(enlist.id);
  if (!live) {
    auto answer = about(enlist.id, false);
    if (auto* told = std::get_if<answer::Transaction>(&answer)) {
      answer = answer::Refused{{Slug::kCommitted, "The transaction has committed; it takes no more branches.", {}},
                               std::move(told->view)};
    }
    reply(last_forced_, to, std::move(answer));
    return;
  }
  if (auto problem = refuse_branch(enlist.branch, "/participant")) {
    reply(0, to, answer::Refused{std::move(*problem), std::nullopt});
    return;
  }
  enlist_new(*live, to, enlist.branch);
}

void Engine::Impl::handle(ReplyTo to, request::Commit& commit) {
  if (Live* live = live_.find(commit.id)) {
    ask_commit(*live, to, commit.wait, commit.branch_count);
  } else {
    reply(last_forced_, to, about(commit.id, false));
  }
}

void Engine::Impl::handle(ReplyTo to, request::Abort& abort) {
  if (Live* live = live_.find(abort.id)) {
    // An undecided transaction can always be aborted; only waiting for the answer is bounded.
    const bool may_wait = live->transaction.waiters.size() < kMaxWaiters;
    const ReplyTo waiter = may_wait ? to : 0;
    apply(*live, core::event::Abort{waiter, now_.due + options_.limits.max_wait_ms, AbortReason::kClient,
                                    std::move(abort.reason)});
    if (may_wait) return;
    stats_.refuse(Refusal::kMaxWaiters);
    refuse(to, Slug::kLimitReached, "Too many requests wait for this transaction; look at it later.");
  } else {
    reply(last_forced_, to, about(abort.id, true));
  }
}

void Engine::Impl::handle(ReplyTo to, request::Get& get) {
  Live* live = live_.find(get.id);
  if (!live) {
    auto answer = about(get.id, true);
    // A get shows what is, also when that is "committed".
    if (auto* refused = std::get_if<answer::Refused>(&answer); refused && refused->transaction) {
      answer = answer::Transaction{200, std::move(*refused->transaction)};
    }
    if (auto* told = std::get_if<answer::Transaction>(&answer)) add_details(told->view);
    if (auto* refused = std::get_if<answer::Refused>(&answer)) show_gap(get.id, *refused);
    reply(last_forced_, to, std::move(answer));
    return;
  }
  if (!get.wait_for_revision || live->transaction.revision > *get.wait_for_revision || draining_) {
    reply(live->rests_on, to, answer::Transaction{200, detailed(*live)});
    return;
  }
  if (live->watchers.size() >= kMaxWaiters) {
    stats_.refuse(Refusal::kMaxWaiters);
    refuse(to, Slug::kLimitReached, "Too many requests watch this transaction; wait for one of them.");
    return;
  }
  live->watchers.push_back({to, *get.wait_for_revision, now_.due + options_.limits.max_wait_ms});
  schedule(*live);
}

void Engine::Impl::handle(ReplyTo to, request::GetDecision& ask) {
  const Lsn rests_on = decision_rests_on(ask.branch);
  const DecisionKind decision = decision_about(ask.branch);
  if (decision == DecisionKind::kUnknown) ++stats_.unknown_answers;
  reply(rests_on, to, answer::Decision{{known_.log, epoch_.epoch, ask.branch, decision}});
}

}  // namespace troth::engine
