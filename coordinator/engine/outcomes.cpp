#include "coordinator/engine/outcomes.h"

#include <utility>

#include "coordinator/engine/impl.h"
#include "proto/values/overloaded.h"

namespace troth::engine {
namespace {

std::optional<std::string> label_of(const std::string& label) {
  return label.empty() ? std::nullopt : std::optional(label);
}

std::optional<OutcomeView> outcome_of_act(const fact::OperatorActed& act, Lsn lsn) {
  using enum fact::OperatorAct;
  OutcomeView view;
  view.transaction = act.branch.transaction;
  view.at = act.at;
  if (act.act == kGapCommitted || act.act == kGapAborted) {
    view.outcome = act.act == kGapCommitted ? Outcome::kCommitted : Outcome::kAborted;
    if (act.act == kGapCommitted) view.lsn = lsn;
    return view;
  }
  if (!act.contradicts) return std::nullopt;  // of a retirement its hazard has been told: a record of its own
  view.heuristic = act.heuristic;
  view.branch = act.branch.n;
  view.lsn = lsn;
  return view;
}

const std::string* label_in(const recovery::Known& known, const TransactionId& id) {
  if (const auto live = known.live.find(id); live != known.live.end()) {
    return std::visit([](const auto& fact) { return &fact.label; }, live->second);
  }
  if (const auto detail = known.details.find(id); detail != known.details.end()) return &detail->second.decided.label;
  const auto told = known.abort_details.find(id);
  return told == known.abort_details.end() ? nullptr : &told->second.label;
}

}  // namespace

std::optional<OutcomeView> outcome_of(const Fact& fact, Lsn lsn) {
  using Told = std::optional<OutcomeView>;
  return std::visit(Overloaded{
                        [&](const fact::CommitDecided& f) -> Told {
                          return OutcomeView{f.id, Outcome::kCommitted, {}, {}, lsn, label_of(f.label), f.decided_at};
                        },
                        [&](const fact::HeuristicReported& f) -> Told {
                          return OutcomeView{f.branch.transaction, {}, f.kind, f.branch.n, lsn, {}, f.at};
                        },
                        [&](const fact::OperatorActed& f) -> Told { return outcome_of_act(f, lsn); },
                        [](const auto&) -> Told { return std::nullopt; },
                    },
                    fact);
}

void complete(OutcomeView& view, const recovery::Known& known) {
  if (!view.heuristic) return;
  const TransactionId& id = view.transaction;
  const auto live = known.live.find(id);
  const bool is_live = live != known.live.end();
  const auto act = known.acts.find(BranchId{id, 0});  // an operator's word about an id of a gap
  const bool is_settled = act != known.acts.end();
  // The bits of what is older than the horizon are gone; what a heuristic still needs of it is not.
  const bool committed = known.commits.contains(id.epoch, id.sequence) || known.details.contains(id) ||
                         (is_live && std::holds_alternative<fact::CommitDecided>(live->second)) ||
                         (is_settled && act->second.act == fact::OperatorAct::kGapCommitted);
  // What was only asked to prepare, a start aborts; work in one phase, and ids of a gap, it leaves open.
  const bool one_phase = is_live && std::holds_alternative<fact::OnePhaseStarted>(live->second);
  const bool open = !committed && (one_phase || (known.in_gap(id) && !is_settled));
  if (!open) view.outcome = committed ? Outcome::kCommitted : Outcome::kAborted;
  if (const std::string* label = label_in(known, id)) view.label = label_of(*label);
}

void Engine::Impl::note_outcome(const Fact& fact, Lsn lsn) {
  auto told = outcome_of(fact, lsn);
  if (!told) return;
  if (const Live* live = told->heuristic ? live_.find(told->transaction) : nullptr) {
    told->outcome = live->transaction.outcome;
    told->label = label_of(live->transaction.label);
  } else {
    complete(*told, known_);
  }
  outcomes_.push_back(std::move(*told));
}

void Engine::Impl::note_abort(const core::Transaction& transaction) {
  OutcomeView view;
  view.transaction = transaction.id;
  view.outcome = Outcome::kAborted;
  view.label = label_of(transaction.label);
  view.at = transaction.decided_at != 0 ? transaction.decided_at : now_.at;
  outcomes_.push_back(std::move(view));
}

/// One message a turn, behind all that the turn wrote: so they leave in the order of their LSNs, and who has heard of
/// `upto` has heard of every outcome up to it.
void Engine::Impl::tell_outcomes() {
  if (outcomes_.empty() && last_forced_ == told_upto_) return;
  told_upto_ = last_forced_;
  say(last_forced_, OutcomesTold{std::exchange(outcomes_, {}), last_forced_});
}

}  // namespace troth::engine
