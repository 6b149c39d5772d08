// An operator's acts: settle a branch by hand, settle a gap id, try now, retire a participant (design.md §9).
#include "coordinator/core/actions.h"
#include "coordinator/engine/impl.h"

namespace troth::engine {
namespace {

/// How many there are, and the first of them by name.
class Named {
 public:
  template <class Id>
  void add(const Id& id) {
    if (++count_ <= kShown) names_.append(count_ == 1 ? "" : ", ").append(to_text(id));
  }
  std::string sentence(const std::string& what, const char* one, const char* many) const {
    const std::string plural = what.ends_with("ch") ? what + "es" : what + "s";
    if (count_ == 0) return "No " + what + " " + one + ".";
    std::string text =
        std::to_string(count_) + " " + (count_ == 1 ? what + " " + one : plural + " " + many) + ": " + names_;
    if (count_ > kShown) text.append(" and ").append(std::to_string(count_ - kShown)).append(" more");
    return text + ".";
  }

 private:
  static constexpr std::uint64_t kShown = 10;
  std::uint64_t count_ = 0;
  std::string names_;
};

}  // namespace

bool Engine::Impl::refuse_revision(ReplyTo to, const Live& live, std::optional<std::uint64_t> if_revision) {
  if (!if_revision || *if_revision == live.transaction.revision) return false;
  answer::Refused refused{{Slug::kRevisionChanged,
                           "The transaction has changed since revision " + std::to_string(*if_revision) +
                               "; look at it again before you act.",
                           {}},
                          detailed(live)};
  reply(live.rests_on, to, std::move(refused));
  return true;
}

/// The live transaction an operator acts on; null when the answer has been given: it is over, has moved, or has no such
/// branch.
Live* Engine::Impl::find_to_act_on(ReplyTo to, const BranchId& branch, std::optional<std::uint64_t> if_revision) {
  Live* live = live_.find(branch.transaction);
  if (!live) {
    auto answer = about(branch.transaction, false);
    if (auto* told = std::get_if<answer::Transaction>(&answer)) {
      answer = answer::Refused{{Slug::kActionRefused, "Every branch of this transaction is settled.", {}},
                               std::move(told->view)};
    }
    reply(last_forced_, to, std::move(answer));
    return nullptr;
  }
  if (refuse_revision(to, *live, if_revision)) return nullptr;
  if (branch.n <= live->transaction.branches.size()) return live;
  refuse(to, Slug::kUnknownBranch, "The transaction has no branch with this number.");
  return nullptr;
}

void Engine::Impl::handle(ReplyTo to, request::Resolve& resolve) {
  if (Live* live = find_to_act_on(to, resolve.branch, resolve.if_revision)) {
    apply(*live, core::event::Resolve{to, resolve.branch.n, resolve.action, resolve.reason, resolve.actor,
                                      resolve.heuristic, resolve.dry_run});
  }
}

void Engine::Impl::handle(ReplyTo to, request::ResolveGap& resolve) {
  const auto status = recovery::classify(known_, epoch_, last_sequence_, resolve.id);
  if (live_.find(resolve.id) || status != recovery::IdStatus::kGapUnknown) {
    refuse(to, Slug::kActionRefused,
           "Only an id in a gap of the log that nobody settled yet can be settled like this.");
    return;
  }
  fact::OperatorActed acted;
  acted.branch = {resolve.id, 0};
  acted.act =
      resolve.outcome == Outcome::kCommitted ? fact::OperatorAct::kGapCommitted : fact::OperatorAct::kGapAborted;
  acted.actor = resolve.actor;
  acted.reason = resolve.reason;
  acted.at = now_.at;
  const Lsn lsn = stage(acted);
  recovery::fold(known_, lsn, acted);
  reply(lsn, to, answer::Transaction{200, outcome_view(resolve.id, resolve.outcome)});
}

void Engine::Impl::handle(ReplyTo to, request::Retry& retry) {
  if (Live* live = find_to_act_on(to, retry.branch, retry.if_revision)) {
    apply(*live, core::event::Retry{to, retry.branch.n});
  }
}

void Engine::Impl::handle(ReplyTo to, request::RetireParticipant& retire) {
  Participant* participant = directory_.find(retire.name);
  if (!participant) {
    refuse(to, Slug::kUnknownParticipant, "No participant '" + retire.name + "' is registered.");
    return;
  }
  if (retire.dry_run) {
    reply(last_forced_, to, look_ahead_of_retiring(*participant));
    return;
  }
  if (participant->retired) {  // once is enough
    reply(last_forced_, to, answer::Participant{participant_view(*participant)});
    return;
  }
  // Its hazards first: a start that finds it retired finds them all.
  participant->retired = true;
  retire_branches_of(*participant, retire.reason);
  fact::ParticipantChanged changed;
  changed.name = retire.name;
  changed.retired = true;
  changed.reason = retire.reason;
  changed.at = now_.at;
  const Lsn lsn = stage(changed);
  recovery::fold(known_, lsn, changed);
  std::vector<ConnectionId> connections;
  for (const auto& [instance, session] : participant->sessions) connections.push_back(session.connection);
  for (const ConnectionId connection : connections) {
    say(lsn, CloseSession{connection, session::kCloseCredentials, "This participant was retired."});
    end_connection(connection);
  }
  reply(last_forced_, to, answer::Participant{participant_view(*participant)});
}

bool Engine::Impl::concerns(const Participant& participant, const Live& live) {
  for (std::size_t i = 0; i < live.links.size(); ++i) {
    if (live.links[i].participant == &participant && !live.transaction.branches[i].settled) return true;
  }
  return false;
}

/// One turn counts them all, so it looks at them only.
answer::DryRun Engine::Impl::look_ahead_of_retiring(const Participant& participant) {
  const std::string& name = participant.name;
  if (participant.retired) return {{"Nothing: participant " + name + " is retired already."}, {}};
  Named aborts;
  Named hazards;
  live_.walk({}, [&](Live& live) {
    if (!concerns(participant, live)) return true;
    const core::Transaction& transaction = live.transaction;
    if (!transaction.outcome) aborts.add(transaction.id);
    for (std::size_t i = 0; i < live.links.size(); ++i) {
      const core::Branch& branch = transaction.branches[i];
      if (live.links[i].participant == &participant && core::becomes_hazard(transaction, branch)) {
        hazards.add(BranchId{transaction.id, branch.n});
      }
    }
    return true;
  });
  answer::DryRun run;
  run.would_change = {"Participant " + name + " is retired: it may not connect again, and its name stays taken.",
                      aborts.sentence("undecided transaction", "aborts", "abort"),
                      hazards.sentence("unacknowledged branch", "becomes a hazard", "become hazards"),
                      "The log gets HeuristicReported and OperatorActed (retired) for each hazard, then "
                      "ParticipantChanged (retired), with the reason and the time."};
  run.warnings = {"If " + name +
                      " comes back it is not let in, and hears `unknown` about these hazards, for ever: an "
                      "operator must settle by hand what it still holds.",
                  "Each hazard stands in the attention list until it is forgotten, one by one."};
  if (!participant.sessions.empty()) {
    run.warnings.push_back(name +
                           " is connected now: its connections are closed, and what it was about to "
                           "acknowledge becomes a hazard.");
  }
  return run;
}

void Engine::Impl::retire_branches_of(const Participant& participant, const std::string& reason) {
  apply_to_all(core::event::Retire{participant.name, reason, {}},
               [&participant](const Live& live) { return concerns(participant, live); });
}

}  // namespace troth::engine
