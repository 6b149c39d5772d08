#include <algorithm>

#include "recovery/known.h"
#include "recovery/parts.h"

namespace troth::recovery {

const fact::EpochStarted* Known::find_epoch(EpochId id) const {
  const auto found = std::lower_bound(epochs.begin(), epochs.end(), id,
                                      [](const fact::EpochStarted& e, EpochId wanted) { return e.epoch < wanted; });
  return found != epochs.end() && found->epoch == id ? &*found : nullptr;
}

bool Known::in_gap(const TransactionId& id) const {
  if (gaps.empty() || commits.contains(id.epoch, id.sequence) || abort_details.contains(id)) return false;
  const auto found = live.find(id);
  const auto* fact = found == live.end() ? nullptr : &found->second;
  if (fact != nullptr && std::holds_alternative<fact::CommitDecided>(*fact)) return false;
  if (is_in_gap_range(*this, id.epoch)) return true;
  if (fact == nullptr || !std::holds_alternative<fact::OnePhaseStarted>(*fact)) return false;
  return std::any_of(gaps.begin(), gaps.end(),
                     [&id](const fact::GapOpened& gap) { return id.epoch.epoch < gap.to.epoch; });
}

namespace {

IdStatus classify_gap(const Known& known, const TransactionId& id) {
  const auto act = known.acts.find(BranchId{id, 0});
  if (act == known.acts.end()) return IdStatus::kGapUnknown;
  return act->second.act == fact::OperatorAct::kGapCommitted ? IdStatus::kGapCommitted : IdStatus::kGapAborted;
}

bool is_listed(const Known& known, const BranchId& branch) {
  const auto* branches = branches_of(known, branch.transaction);
  return branches != nullptr && std::any_of(branches->begin(), branches->end(), [&](const auto& listed) {
           return listed.n == branch.n && !listed.read_only;
         });
}

/// The list of a commit is complete: a branch that is not in it was never to commit.
DecisionKind decision_of_list(const Known& known, const BranchId& branch) {
  return is_listed(known, branch) ? DecisionKind::kCommit : DecisionKind::kAbort;
}

DecisionKind decision_of_live(const Known& known, const BranchId& branch) {
  const auto& fact = known.live.at(branch.transaction);
  if (!std::holds_alternative<fact::CommitDecided>(fact)) return DecisionKind::kUndecided;
  return decision_of_list(known, branch);
}

}  // namespace

IdStatus classify(const Known& known, EpochId present, std::uint64_t last_given, const TransactionId& id) {
  if (id.log != known.log || id.shard != known.shard) return IdStatus::kForeign;
  const bool is_ours = id.epoch == present || known.find_epoch(id.epoch) != nullptr;
  if (!is_ours && !is_in_gap_range(known, id.epoch)) return IdStatus::kOldCopy;
  if (id.epoch == present && id.sequence > last_given) return IdStatus::kNotYetGiven;
  if (known.in_gap(id)) return classify_gap(known, id);
  if (known.live.contains(id)) return IdStatus::kLive;
  if (known.details.contains(id)) return IdStatus::kRemembered;
  if (known.commits.contains(id.epoch, id.sequence)) return IdStatus::kBitOnly;
  const bool is_proved = id >= known.horizon || known.abort_details.contains(id);
  return is_proved ? IdStatus::kAborted : IdStatus::kBeforeHorizon;
}

DecisionKind decision_about(const Known& known, EpochId present, std::uint64_t last_given, const BranchId& branch) {
  const IdStatus status = classify(known, present, last_given, branch.transaction);
  switch (status) {
    case IdStatus::kForeign: return DecisionKind::kForeignLog;
    case IdStatus::kOldCopy:
    case IdStatus::kNotYetGiven:
    case IdStatus::kGapUnknown: return DecisionKind::kUnknown;
    case IdStatus::kGapCommitted: return DecisionKind::kCommit;
    case IdStatus::kGapAborted: return DecisionKind::kAbort;
    default: break;
  }
  // Settled by hand: whatever it was, the coordinator's decision must not be applied over it.
  if (known.acts.contains(branch)) return DecisionKind::kUnknown;
  switch (status) {
    case IdStatus::kLive: return decision_of_live(known, branch);
    case IdStatus::kRemembered: return decision_of_list(known, branch);
    case IdStatus::kBitOnly: return DecisionKind::kUnknown;
    default: return DecisionKind::kAbort;  // kAborted, kBeforeHorizon
  }
}

}  // namespace troth::recovery
