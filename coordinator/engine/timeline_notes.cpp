// What a step did, as entries of a timeline: here and nowhere else.
#include <utility>

#include "coordinator/engine/timeline.h"
#include "proto/values/overloaded.h"

namespace troth::engine {
namespace {

template <class Enum>
std::uint8_t code(Enum value) {
  return static_cast<std::uint8_t>(value);
}

std::uint32_t branch_of(const core::Event& event) {
  return std::visit(
      [](const auto& e) -> std::uint32_t {
        if constexpr (requires { e.n; }) {
          return e.n;
        } else {
          return 0;
        }
      },
      event);
}

std::string text_of(const core::LastError& error) {
  return error.detail.empty() ? error.code : error.code + ": " + error.detail;
}

/// The event, as far as it changed anything.
struct Noting {
  Timeline& timeline;
  const Before& before;
  const core::Transaction& transaction;
  const core::Branch* branch;  // that the event is about
  Millis at;

  void note_connected() const {
    if (branch != nullptr && branch->reachable && !before.reachable) timeline.note(at, What::kConnected, before.n);
  }

  void operator()(const core::event::Enlist&) const {
    const auto count = static_cast<std::uint32_t>(transaction.branches.size());
    if (count > before.branches) timeline.note(at, What::kEnlisted, count);
  }
  void operator()(const core::event::Commit&) const {
    if (before.phase == Phase::kActive) timeline.note(at, What::kCommitAsked);
  }
  void operator()(const core::event::Abort& event) const {
    if (!before.decided) timeline.note_text(at, What::kAbortAsked, 0, code(event.reason), event.why);
  }
  void operator()(const core::event::Vote& event) const {
    if (branch == nullptr || branch->vote == before.vote) return;
    timeline.note_text(at, What::kVote, before.n, code(*branch->vote),
                       event.vote == VoteKind::kAbort ? event.reason : std::string());
  }
  void operator()(const core::event::Ack& event) const {
    const bool is_settled = branch != nullptr && branch->settled && !before.settled;
    if (is_settled && !branch->heuristic) timeline.note(at, What::kAcknowledged, before.n, code(event.result));
  }
  void operator()(const core::event::Listed&) const { note_connected(); }
  void operator()(const core::event::Reachable&) const { note_connected(); }
  void operator()(const core::event::PrepareNotSent&) const { timeline.note(at, What::kNotSent, before.n); }
  void operator()(const core::event::Retry&) const { timeline.note(at, What::kRetryAsked, before.n); }
  void operator()(const core::event::Inquired&) const {}
  void operator()(const core::event::Unreachable&) const {}  // an error, if anything was awaited
  void operator()(const core::event::AttemptFailed&) const {}
  void operator()(const core::event::Reincarnated&) const {}
  void operator()(const core::event::Tick&) const {}
  void operator()(const core::event::Resolve&) const {}  // what operators do is a fact
  void operator()(const core::event::Retire&) const {}
  void operator()(const core::event::Drain&) const {}
};

void note_errors(const Noting& noting) {
  const core::Branch* branch = noting.branch;
  if (branch != nullptr && branch->last_error && branch->last_error.get() != noting.before.error) {
    noting.timeline.note_text(noting.at, What::kError, branch->n, 0, text_of(*branch->last_error));
  }
  if (noting.transaction.phase == noting.before.phase) return;
  for (const core::Branch& other : noting.transaction.branches) {  // what a new phase could not send
    const bool is_new = other.last_error && other.last_error->code == "not_connected" && !other.settled;
    if (is_new && other.last_error->at == noting.at && &other != branch) {
      noting.timeline.note_text(noting.at, What::kError, other.n, 0, text_of(*other.last_error));
    }
  }
}

void note_sent(Timeline& timeline, const core::Effect& effect, Millis at) {
  namespace e = core::effect;
  const auto decision = [&](const auto& sent, DecisionKind kind) {
    timeline.note(at, What::kDecisionSent, sent.n, code(kind), sent.attempt);
  };
  std::visit(Overloaded{[&](const e::SendPrepare& s) { timeline.note(at, What::kPrepareSent, s.n, 0, s.attempt); },
                        [&](const e::SendOnePhase& s) { timeline.note(at, What::kOnePhaseSent, s.n, 0, s.attempt); },
                        [&](const e::SendCommit& s) { decision(s, DecisionKind::kCommit); },
                        [&](const e::SendAbort& s) { decision(s, DecisionKind::kAbort); }, [](const auto&) {}},
             effect);
}

std::string who_and_why(const fact::OperatorActed& acted) {
  const std::string who = acted.actor.empty() ? "an operator" : acted.actor;
  return acted.reason.empty() ? "by " + who : "by " + who + ": " + acted.reason;
}

}  // namespace

Before look_before(const core::Transaction& transaction, const core::Event& event) {
  Before before;
  before.revision = transaction.revision;
  before.phase = transaction.phase;
  before.decided = transaction.outcome.has_value();
  before.abort_only = transaction.abort_only;
  before.branches = transaction.branches.size();
  before.n = branch_of(event);
  if (before.n == 0 || before.n > before.branches) return before;
  const core::Branch& branch = transaction.branches[before.n - 1];
  before.vote = branch.vote;
  before.settled = branch.settled;
  before.reachable = branch.reachable;
  before.error = branch.last_error.get();
  return before;
}

void note_step(Timeline& timeline, const Before& before, const core::Transaction& transaction, const core::Event& event,
               const core::Output& output, Millis at) {
  if (transaction.revision == before.revision) return;
  const bool is_known = before.n >= 1 && before.n <= before.branches;
  const core::Branch* branch = is_known ? &transaction.branches[before.n - 1] : nullptr;
  const Noting noting{timeline, before, transaction, branch, at};
  std::visit(noting, event);
  if (transaction.abort_only && !before.abort_only) timeline.note(at, What::kAbortOnly);
  for (const Fact& fact : output.facts) {
    if (const auto* reported = std::get_if<fact::HeuristicReported>(&fact)) note_fact(timeline, *reported);
    if (const auto* acted = std::get_if<fact::OperatorActed>(&fact)) note_fact(timeline, *acted);
  }
  if (transaction.outcome && !before.decided) timeline.note(at, What::kDecided, 0, code(*transaction.outcome));
  note_errors(noting);
  for (const core::Effect& effect : output.effects) note_sent(timeline, effect, at);
  const bool has_finished = transaction.phase == Phase::kFinished && before.phase != Phase::kFinished;
  if (has_finished) timeline.note(at, What::kFinished);
}

void note_fact(Timeline& timeline, const fact::HeuristicReported& reported) {
  timeline.note_text(reported.at, What::kHeuristic, reported.branch.n, code(reported.kind), reported.detail);
}

void note_fact(Timeline& timeline, const fact::OperatorActed& acted) {
  const std::uint32_t n = acted.branch.n;
  switch (acted.act) {
    case fact::OperatorAct::kSettledCommit:
    case fact::OperatorAct::kGapCommitted:
      return timeline.note_text(acted.at, What::kResolved, n, code(ResolveAction::kCommit), who_and_why(acted));
    case fact::OperatorAct::kSettledAbort:
    case fact::OperatorAct::kGapAborted:
      return timeline.note_text(acted.at, What::kResolved, n, code(ResolveAction::kAbort), who_and_why(acted));
    case fact::OperatorAct::kForgot: return timeline.note_text(acted.at, What::kForgotten, n, 0, who_and_why(acted));
    case fact::OperatorAct::kRetired: return timeline.note_text(acted.at, What::kRetired, n, 0, who_and_why(acted));
  }
}

}  // namespace troth::engine
