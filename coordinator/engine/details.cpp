// What only who asks about one transaction is shown: its timeline and what an operator can do about it. Lists and the
// answers to begin, commit and abort go without: the texts are made when somebody looks, never on the way of a commit.
#include <algorithm>

#include "coordinator/core/actions.h"
#include "coordinator/engine/impl.h"

namespace troth::engine {
namespace {

/// What a record of the beginning says of a transaction whose end the log lost: who took part.
void show_start(TransactionView& view, const recovery::LiveFact& fact) {
  core::Transaction transaction = std::visit([](const auto& f) { return core::restore(f, {}); }, fact);
  if (!transaction.label.empty()) view.label = transaction.label;
  if (!transaction.traceparent.empty()) view.traceparent = transaction.traceparent;
  if (transaction.begun_at != 0) view.begun_at = transaction.begun_at;
  for (const core::Branch& branch : transaction.branches) {
    BranchView row;
    row.n = branch.n;
    row.participant = branch.participant;
    row.key = branch.key;
    row.state = BranchState::kPreparing;
    row.waiting_for = "an operator, to say what became of the transaction";
    view.branches.push_back(std::move(row));
  }
}

}  // namespace

TransactionView Engine::Impl::detailed(const Live& live) {
  TransactionView view = view_of(live.transaction, now_);
  add_details(view);
  return view;
}

void Engine::Impl::add_details(TransactionView& view) {
  if (const Live* live = live_.find(view.id)) {
    view.timeline = live->timeline.items(view);
    view.allowed_actions = core::allowed_actions(live->transaction);
  } else if (const Timeline* kept = finished_timelines_.find(view.id)) {
    view.timeline = kept->items(view);
  } else {
    const bool is_older = view.id.epoch != epoch_ && !known_.epochs.empty();
    view.timeline = proved_items(view, is_older ? known_.epochs.back().at : 0);
  }
}

/// Of a finished transaction, as long as details are kept. Its timeline goes before them, and whoever has seen it must
/// see another revision then.
std::optional<TransactionView> Engine::Impl::remembered(const TransactionId& id) const {
  auto view = history_.view(id);
  if (view && !finished_timelines_.find(id)) ++view->revision;
  return view;
}

void Engine::Impl::keep_timeline(Live& live) {
  const core::Transaction& transaction = live.transaction;
  // Of an abort no record says who took part.
  if (transaction.outcome == Outcome::kAborted) live.timeline.keep_names(transaction.branches);
  finished_timelines_.keep(transaction.id, std::move(live.timeline));
}

/// What the log proves of a transaction that this start found in it, or whose timeline is no longer kept.
Timeline Engine::Impl::proved_timeline(const core::Transaction& transaction) const {
  const TransactionId& id = transaction.id;
  std::vector<fact::HeuristicReported> reports;
  if (const auto found = known_.heuristics.find(id); found != known_.heuristics.end()) reports = found->second;
  Millis first = now_.at;
  const auto look = [&first](Millis at) { first = at == 0 ? first : std::min(first, at); };
  look(transaction.begun_at);
  look(transaction.decided_at);
  for (const auto& report : reports) look(report.at);
  Timeline timeline(first);
  const bool is_older = id.epoch != epoch_;
  if (!is_older) timeline.note(first, What::kDropped);
  if (transaction.begun_at != 0) timeline.note(transaction.begun_at, What::kBegun);
  if (transaction.decided_at != 0) timeline.note(transaction.decided_at, What::kDecided);
  for (const auto& report : reports) {
    const auto act = known_.acts.find(report.branch);
    const bool is_of_act = act != known_.acts.end() && act->second.contradicts && act->second.at == report.at;
    if (!is_of_act) note_fact(timeline, report);  // else it was not reported, but follows from the act
  }
  for (auto act = known_.acts.lower_bound({id, 1}); act != known_.acts.end() && act->first.transaction == id; ++act) {
    note_fact(timeline, act->second);
  }
  timeline.sort();
  if (!is_older) {
    if (transaction.finished_at != 0) timeline.note(transaction.finished_at, What::kFinished);
    return timeline;
  }
  constexpr std::uint8_t kSomeTime = 1;
  if (transaction.phase == Phase::kFinished) timeline.note(now_.at, What::kFinished, 0, kSomeTime);
  timeline.note(now_.at, What::kRecovered);
  return timeline;
}

/// An id in a gap has no transaction to show, but what its records say of it, and what an operator can do.
void Engine::Impl::show_gap(const TransactionId& id, answer::Refused& refused) const {
  if (recovery::classify(known_, epoch_, last_sequence_, id) != recovery::IdStatus::kGapUnknown) return;
  TransactionView view;
  view.id = id;
  view.phase = Phase::kPreparing;
  view.attention = Attention::kUndecided;
  view.revision = first_revision(epoch_);
  if (const auto found = known_.live.find(id); found != known_.live.end()) show_start(view, found->second);
  view.timeline = proved_items(view, known_.epochs.empty() ? 0 : known_.epochs.back().at);
  for (const Outcome outcome : {Outcome::kCommitted, Outcome::kAborted}) {
    const std::string as = std::string(word(outcome));
    AllowedAction action;
    action.action = "resolve-" + as;
    action.effect = "Every branch of this transaction hears " +
                    std::string(outcome == Outcome::kCommitted ? "`commit`" : "`abort`") +
                    " when it asks, and a client sees it " + as + ". The log gets OperatorActed (gap " + as +
                    ") with actor, reason and time. It is done once, for "
                    "all its branches.";
    action.risk =
        "The log lost what was decided about this id. If it was decided otherwise and a participant or a "
        "client heard so, they differ from now on: ask every participant what it did first.";
    view.allowed_actions.push_back(std::move(action));
  }
  refused.transaction = std::move(view);
}

}  // namespace troth::engine
