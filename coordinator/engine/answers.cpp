// What is answered about an id that is not live: the table of api.md, through recovery's classification and the details
// still kept. Such answers rest on the last forced record, because an outcome may be decided but not yet synced.
#include <algorithm>

#include "coordinator/engine/impl.h"

namespace troth::engine {

using recovery::IdStatus;

void Engine::Impl::refuse(ReplyTo to, Slug slug, std::string detail, std::string pointer) {
  reply(0, to, answer::Refused{{slug, std::move(detail), std::move(pointer)}, std::nullopt});
}

/// Committed: 200 with the transaction, or 409 for who wanted an abort. Aborted: the other way round.
answer::Answer Engine::Impl::told(TransactionView view, Outcome outcome, bool wants_abort) {
  const bool welcome = (outcome == Outcome::kAborted) == wants_abort;
  if (welcome) return answer::Transaction{200, std::move(view)};
  if (outcome == Outcome::kCommitted) {
    return answer::Refused{{Slug::kCommitted, "The transaction has committed; that cannot be undone.", {}}, view};
  }
  return answer::Refused{{Slug::kAborted, "The transaction aborted; begin a new one to try again.", {}}, view};
}

/// It grows once more when the timeline goes.
std::uint64_t Engine::Impl::outcome_revision(const TransactionId& id) const {
  const auto reported = reported_revisions_.find(id);
  const std::uint64_t revision = reported == reported_revisions_.end() ? high_revision(epoch_) : reported->second;
  return revision + (finished_timelines_.find(id) ? 0 : 1);
}

TransactionView Engine::Impl::outcome_view(const TransactionId& id, Outcome outcome) const {
  TransactionView view = outcome_only(id, outcome);
  view.revision = outcome_revision(id);
  return view;
}

answer::Answer Engine::Impl::about(const TransactionId& id, bool wants_abort) {
  const auto remembered = [&](Outcome outcome) {
    auto details = this->remembered(id);
    return told(details ? std::move(*details) : outcome_view(id, outcome), outcome, wants_abort);
  };
  const auto refused = [](Slug slug, const char* detail) -> answer::Answer {
    return answer::Refused{{slug, detail, {}}, std::nullopt};
  };
  const IdStatus status = recovery::classify(known_, epoch_, last_sequence_, id);
  const bool presumed = status == IdStatus::kAborted || status == IdStatus::kBeforeHorizon;
  if (old_copy_ && presumed && id.epoch != epoch_) {  // what this start began, nobody else decides
    return refused(Slug::kAskOperator, "This coordinator runs on an old copy of its log and presumes nothing.");
  }
  switch (status) {
    case IdStatus::kForeign:
      return refused(Slug::kForeignLog, "This id was made by another log; ask the coordinator that owns it.");
    case IdStatus::kOldCopy:
    case IdStatus::kGapUnknown:
      return refused(Slug::kAskOperator, "The log does not know this id; only an operator can settle it.");
    case IdStatus::kNotYetGiven: return refused(Slug::kUnknownTransaction, "No transaction has this id.");
    case IdStatus::kBeforeHorizon:
      return refused(Slug::kExpired, "The outcome of this transaction is no longer remembered.");
    case IdStatus::kGapCommitted:
    case IdStatus::kLive:
    case IdStatus::kRemembered:
    case IdStatus::kBitOnly: return remembered(Outcome::kCommitted);
    case IdStatus::kGapAborted:
    case IdStatus::kAborted: return remembered(Outcome::kAborted);
  }
  return refused(Slug::kUnknownTransaction, "No transaction has this id.");
}

DecisionKind Engine::Impl::decision_about(const BranchId& branch) {
  if (known_.acts.count(branch) != 0) return DecisionKind::kUnknown;
  if (const Live* live = live_.find(branch.transaction)) return core::decision_for(live->transaction, branch.n);
  if (const auto fact = history_.find(branch.transaction)) {
    const auto* decided = std::get_if<fact::CommitDecided>(&*fact);
    if (!decided) {
      const bool presumed = std::get<fact::AbortTold>(*fact).reason == AbortReason::kRestart;
      const bool is_ours = branch.transaction.epoch == epoch_;
      return old_copy_ && presumed && !is_ours ? DecisionKind::kUnknown : DecisionKind::kAbort;
    }
    for (const auto& row : decided->branches) {
      if (row.n == branch.n && !row.read_only) return DecisionKind::kCommit;
    }
    return DecisionKind::kAbort;
  }
  const DecisionKind decision = recovery::decision_about(known_, epoch_, last_sequence_, branch);
  const bool presumed = decision == DecisionKind::kAbort && branch.transaction.epoch != epoch_;
  return old_copy_ && presumed ? DecisionKind::kUnknown : decision;
}

Lsn Engine::Impl::decision_rests_on(const BranchId& branch) {
  const Live* live = live_.find(branch.transaction);
  return live ? live->rests_on : last_forced_;
}

}  // namespace troth::engine
