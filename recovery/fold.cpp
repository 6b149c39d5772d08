#include <algorithm>
#include <tuple>

#include "recovery/known.h"
#include "recovery/parts.h"
#include "recovery/retention.h"

namespace troth::recovery {

bool implies_heuristic(const fact::OperatorActed& act) {
  return act.contradicts || act.act == fact::OperatorAct::kRetired;
}

bool needs_abort_detail(const Known& known, const TransactionId& id) {
  return known.heuristics.contains(id) || known.live.contains(id) || is_in_gap_range(known, id.epoch);
}

std::uint32_t next_epoch(const Known& known) {
  std::uint32_t next = known.epochs.empty() ? 1 : known.epochs.back().epoch.epoch + 1;
  for (const auto& gap : known.gaps) next = std::max(next, gap.to.epoch);
  return next;
}

bool is_in_gap_range(const Known& known, EpochId epoch) {
  return std::any_of(known.gaps.begin(), known.gaps.end(), [epoch](const fact::GapOpened& gap) {
    return epoch == gap.from || (gap.from.epoch < epoch.epoch && epoch.epoch < gap.to.epoch);
  });
}

namespace {

using fact::OperatorAct;

struct Folder {
  Known& known;
  Lsn lsn = 0;

  void operator()(const fact::EpochStarted& fact) const {
    if (known.find_epoch(fact.epoch) != nullptr) return;
    auto started = fact;
    if (started.first_lsn == 0) started.first_lsn = lsn;
    const auto after = std::upper_bound(known.epochs.begin(), known.epochs.end(), fact.epoch,
                                        [](EpochId id, const fact::EpochStarted& e) { return id < e.epoch; });
    known.epochs.insert(after, started);
  }

  void operator()(const fact::GapOpened& fact) const {
    const auto at = std::lower_bound(known.gaps.begin(), known.gaps.end(), fact, [](const auto& a, const auto& b) {
      return std::tie(a.from, a.to) < std::tie(b.from, b.to);
    });
    if (at == known.gaps.end() || at->from != fact.from || at->to != fact.to) known.gaps.insert(at, fact);
  }

  void operator()(const fact::PrepareStarted& fact) const { known.live.try_emplace(fact.id, fact); }
  void operator()(const fact::OnePhaseStarted& fact) const { known.live.try_emplace(fact.id, fact); }

  void operator()(const fact::CommitDecided& fact) const {
    auto decided = fact;
    const bool restated = fact.lsn != 0;  // then ClientWindow says what its client may still ask for
    if (!restated) {
      decided.lsn = lsn;
      note_heard(fact.origin, fact.id);
    }
    if (!is_past(fact.id)) known.commits.add(fact.id.epoch, fact.id.sequence);
    known.live.insert_or_assign(fact.id, std::move(decided));
  }

  // In one phase the participant's answer is the outcome: nothing is left to ask.
  void operator()(const fact::AbortTold& fact) const {
    const auto live = known.live.find(fact.id);
    if (live != known.live.end() && std::holds_alternative<fact::OnePhaseStarted>(live->second)) known.live.erase(live);
    const AbortDetail detail{fact.id, fact.reason, fact.label, fact.begun_at, fact.decided_at, fact.traceparent};
    if (known.abort_details.insert_or_assign(fact.id, detail).second) known.detail_order.push_back(fact.id);
  }

  void operator()(const fact::Ended& fact) const {
    for (const auto& id : fact.ids) {
      auto live = known.live.extract(id);
      if (live.empty()) continue;
      if (auto* decided = std::get_if<fact::CommitDecided>(&live.mapped())) keep_detail(std::move(*decided));
    }
  }

  void operator()(const fact::HeuristicReported& fact) const {
    auto& reported = known.heuristics[fact.branch.transaction];
    const auto at = std::lower_bound(reported.begin(), reported.end(), fact.branch,
                                     [](const auto& other, const BranchId& id) { return other.branch < id; });
    if (at != reported.end() && at->branch == fact.branch) {
      *at = fact;
    } else {
      reported.insert(at, fact);
    }
  }

  void operator()(const fact::OperatorActed& fact) const {
    if (fact.act == OperatorAct::kForgot) {  // who asks about the branch hears `unknown` from now on
      forget(fact.branch);
      known.acts.try_emplace(fact.branch, fact);
      return;
    }
    const auto act = known.acts.find(fact.branch);
    const bool stands = act != known.acts.end() && act->second.act != OperatorAct::kForgot;
    if (stands) return;  // the first act stands; forgetting is none of its own
    known.acts.insert_or_assign(fact.branch, fact);
    if (!implies_heuristic(fact) || has_heuristic(fact.branch)) return;
    const auto kind = fact.contradicts ? fact.heuristic : HeuristicKind::kHazard;
    (*this)(fact::HeuristicReported{fact.branch, participant_of(fact.branch), kind, fact.reason, fact.at});
  }

  void operator()(const fact::ParticipantRegistered& fact) const { known.participants[fact.name] = {fact, false}; }
  void operator()(const fact::ParticipantChanged& fact) const {
    const auto found = known.participants.find(fact.name);
    if (found == known.participants.end()) return;  // its registration is restated after the dropped row
    found->second.retired = fact.retired;
    if (!fact.url.empty()) found->second.registered.url = fact.url;
  }
  void operator()(const fact::ParticipantRemoved& fact) const { known.participants.erase(fact.name); }

  void operator()(const fact::Horizon& fact) const {
    if (fact.id <= known.horizon) return;
    known.horizon = fact.id;
    // What a gap would make unknown again stays, for ever.
    known.commits.drop_before(fact.id, [this](EpochId epoch) { return is_in_gap_range(known, epoch); });
    drop_past(known.details, [this](const TransactionId& id) { return known.heuristics.contains(id); });
    drop_past(known.abort_details, [this](const TransactionId& id) { return needs_abort_detail(known, id); });
    for (auto window = known.windows.begin(); window != known.windows.end();) {
      std::erase_if(window->second.committed, [this](const auto& told) { return is_past(told.second); });
      window = window->second.committed.empty() ? known.windows.erase(window) : std::next(window);
    }
  }

  void operator()(const fact::CommitBits& fact) const { known.commits.add_bits(fact); }

  void operator()(const fact::ClientWindow& fact) const {
    auto& window = known.windows[fact.client_session];
    for (const auto& told : fact.committed) window.committed.try_emplace(told.sequence, told.id);
    raise_watermark(window, fact.acked_below);
  }

  void operator()(const fact::Mark& fact) const {
    auto mark = fact;
    if (mark.lsn == 0) mark.lsn = lsn;
    add_mark(known.marks, mark);
  }

  // The set before it says all that records up to the cut said.
  void operator()(const fact::Checkpoint& fact) const { known.last_lsn = std::max(known.last_lsn, fact.cut); }

 private:
  bool is_past(const TransactionId& id) const { return id < known.horizon; }

  template <class Items, class Needed>
  void drop_past(Items& items, const Needed& is_needed) const {
    for (auto item = items.begin(); item != items.end() && is_past(item->first);) {
      item = is_needed(item->first) ? std::next(item) : items.erase(item);
    }
  }

  void keep_detail(fact::CommitDecided decided) const {
    const auto id = decided.id;
    if (known.details.try_emplace(id, Detail{std::move(decided), 0}).second) known.detail_order.push_back(id);
  }

  void note_heard(const RequestOrigin& origin, const TransactionId& id) const {
    if (origin.client_session.empty()) return;
    auto& window = known.windows[origin.client_session];
    window.committed.try_emplace(origin.sequence, id);
    raise_watermark(window, origin.acked_below);
  }

  static void raise_watermark(Window& window, std::uint64_t acked_below) {
    window.acked_below = std::max(window.acked_below, acked_below);
    window.committed.erase(window.committed.begin(), window.committed.lower_bound(window.acked_below));
  }

  bool has_heuristic(const BranchId& branch) const {
    const auto found = known.heuristics.find(branch.transaction);
    return found != known.heuristics.end() && std::any_of(found->second.begin(), found->second.end(),
                                                          [&](const auto& item) { return item.branch == branch; });
  }

  void forget(const BranchId& branch) const {
    const auto found = known.heuristics.find(branch.transaction);
    if (found == known.heuristics.end()) return;
    std::erase_if(found->second, [&branch](const auto& item) { return item.branch == branch; });
    if (found->second.empty()) known.heuristics.erase(found);
  }

  std::string participant_of(const BranchId& branch) const {
    const auto* branches = branches_of(known, branch.transaction);
    if (branches == nullptr) return {};
    const auto found = std::find_if(branches->begin(), branches->end(), [&](const auto& b) { return b.n == branch.n; });
    return found == branches->end() ? std::string{} : found->participant;
  }
};

}  // namespace

const std::vector<DecidedBranch>* branches_of(const Known& known, const TransactionId& id) {
  if (const auto live = known.live.find(id); live != known.live.end()) {
    if (const auto* decided = std::get_if<fact::CommitDecided>(&live->second)) return &decided->branches;
    if (const auto* started = std::get_if<fact::PrepareStarted>(&live->second)) return &started->branches;
    return nullptr;
  }
  const auto detail = known.details.find(id);
  return detail == known.details.end() ? nullptr : &detail->second.decided.branches;
}

void fold(Known& known, Lsn lsn, const Fact& fact) {
  std::visit(Folder{known, lsn}, fact);
  known.last_lsn = std::max(known.last_lsn, lsn);
}

namespace {

std::optional<Millis> details_decided_at(const Known& known, const TransactionId& id) {
  if (const auto found = known.details.find(id); found != known.details.end()) return found->second.decided.decided_at;
  const auto told = known.abort_details.find(id);
  return told == known.abort_details.end() ? std::nullopt : std::optional<Millis>(told->second.decided_at);
}

bool must_stay(const Known& known, const TransactionId& id) {
  return known.heuristics.contains(id) || (known.abort_details.contains(id) && needs_abort_detail(known, id));
}

}  // namespace

void trim(Known& known, std::uint64_t detail_count, Millis detail_ms, Millis now_at) {
  for (std::size_t left = known.detail_order.size(); left > 0; --left) {
    const auto id = known.detail_order.front();
    const auto decided_at = details_decided_at(known, id);
    const bool stays = decided_at && must_stay(known, id);
    const bool too_many = known.details.size() + known.abort_details.size() > detail_count;
    if (decided_at && !stays && !too_many && now_at - *decided_at <= detail_ms) return;
    known.detail_order.pop_front();
    if (stays) {
      known.detail_order.push_back(id);
    } else {
      known.details.erase(id);
      known.abort_details.erase(id);
    }
  }
}

}  // namespace troth::recovery
