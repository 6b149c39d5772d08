#include "tests/sim/database.h"

#include <algorithm>

#include "tests/mutants/mutant.h"
#include "tests/sim/oracle.h"
#include "tests/sim/trace.h"

namespace troth::sim {
namespace {

const char* text_of(Database::State state) {
  switch (state) {
    case Database::State::kPrepared: return "prepared";
    case Database::State::kCommitted: return "committed";
    case Database::State::kCommittedOnePhase: return "committed in one phase";
    case Database::State::kAborted: return "aborted";
    case Database::State::kNoPart: return "without a part";
  }
  return "?";
}

bool is_commit(Database::State state) {
  return state == Database::State::kCommitted || state == Database::State::kCommittedOnePhase;
}

}  // namespace

Database::Database(std::string participant, const Plan& plan, Rng& rng, Oracle& oracle, Trace& trace)
    : participant_(std::move(participant)), plan_(plan), rng_(rng), oracle_(oracle), trace_(trace) {}

void Database::set(const BranchId& branch, State state, bool alone) {
  trace_.line(participant_, ": ", name_of(branch), " is ", text_of(state), alone ? " (by itself)" : "", " on disk");
  rows_[branch] = {state, alone, false};
  oracle_.belongs(branch, participant_);
  if (state == State::kPrepared) oracle_.prepared(branch);
  if (is_commit(state)) oracle_.committed(branch, alone, state == State::kCommittedOnePhase);
  if (state == State::kAborted) oracle_.aborted(branch, alone);
}

bool Database::is_below_horizon(const BranchId& branch) const {
  return branch.transaction.log == horizon_.log && branch.transaction < horizon_;
}

Vote Database::decide_vote(const Branch& branch, bool has_work) {
  if (is_below_horizon(branch.id)) return {Vote::kAbort, "older than the horizon"};
  if (!has_work) return {Vote::kAbort, "the work is not here"};
  if (!branch.joined) {
    const bool repeats = mutant::on(mutant::Id::kPayloadTwice);
    if (branch.attempt > 1 && !repeats) return {Vote::kAbort, "asked again, and no trace of it is here"};
    oracle_.executed(branch.id);
  }
  if (rng_.chance(plan_.vote_abort)) return {Vote::kAbort, "does not want to"};
  return rng_.chance(plan_.vote_read_only) ? Vote::kReadOnly : Vote::kCommit;
}

Vote Database::prepare(const Branch& branch, bool has_work) {
  if (const auto known = rows_.find(branch.id); known != rows_.end()) {
    const bool aborted = known->second.state == State::kAborted || known->second.state == State::kNoPart;
    if (!aborted) return Vote::kCommit;
    if (!mutant::on(mutant::Id::kPrepareAfterTombstone)) return {Vote::kAbort, "aborted before"};
  }
  const Vote vote = decide_vote(branch, has_work);
  if (vote.kind() == Vote::kReadOnly) oracle_.read_only(branch.id);
  if (vote.kind() == Vote::kCommit) set(branch.id, State::kPrepared);
  return vote;
}

Ack Database::commit(const Branch& branch) {
  const auto known = rows_.find(branch.id);
  if (known == rows_.end() || known->second.state == State::kNoPart) return Ack::kUnknownBranch;
  if (known->second.mixed) return Ack::kHeuristicMixed;
  if (is_commit(known->second.state)) return known->second.alone ? Ack::kHeuristicCommit : Ack::kCommitted;
  for (Seen& one : seen_) {  // in the same local transaction as the marker
    if (one.log == branch.id.transaction.log) one.lsn = std::max(one.lsn, branch.lsn);
  }
  if (known->second.state == State::kAborted) return Ack::kHeuristicAbort;
  set(branch.id, State::kCommitted);
  return Ack::kCommitted;
}

Ack Database::abort(const Branch& branch) {
  const auto known = rows_.find(branch.id);
  if (known != rows_.end() && known->second.mixed) return Ack::kHeuristicMixed;
  if (known != rows_.end() && is_commit(known->second.state)) return Ack::kHeuristicCommit;
  if (known == rows_.end() && is_below_horizon(branch.id)) return Ack::kAborted;
  const bool is_unknown = known == rows_.end();
  if (is_unknown || known->second.state == State::kPrepared) set(branch.id, State::kAborted);
  return is_unknown && rng_.chance(5'000) ? Ack::kUnknownBranch : Ack::kAborted;
}

Ack Database::commit_one_phase(const Branch& branch, bool has_work) {
  if (const auto known = rows_.find(branch.id); known != rows_.end()) {
    if (known->second.state == State::kPrepared) return commit(branch);
    if (known->second.mixed) return Ack::kHeuristicMixed;
    return is_commit(known->second.state) ? Ack::kCommitted : Ack::kAborted;
  }
  const Vote vote = decide_vote(branch, has_work);
  if (is_below_horizon(branch.id)) return Ack::kAborted;  // a late repeat: what it did is over, its marker gone
  if (vote.kind() != Vote::kAbort && rng_.chance(plan_.own_decision)) {  // it did a part of it, and cannot go back
    set(branch.id, State::kCommittedOnePhase, true);
    rows_[branch.id].mixed = true;
    return Ack::kHeuristicMixed;
  }
  set(branch.id, vote.kind() == Vote::kAbort ? State::kAborted : State::kCommittedOnePhase);
  return vote.kind() == Vote::kAbort ? Ack::kAborted : Ack::kCommitted;
}

std::vector<BranchId> Database::in_doubt() const {
  std::vector<BranchId> found;
  for (const auto& [id, row] : rows_) {
    if (row.state == State::kPrepared) found.push_back(id);
  }
  return found;
}

void Database::forget(const std::vector<BranchId>& branches, const TransactionId& horizon) {
  if (horizon.log.value != 0 && horizon_ < horizon) horizon_ = horizon;
  for (const BranchId& id : branches) {
    const auto known = rows_.find(id);
    if (known != rows_.end() && known->second.state == State::kCommitted) rows_.erase(known);
  }
  swept_ += std::erase_if(
      rows_, [&](const auto& row) { return row.second.state != State::kPrepared && is_below_horizon(row.first); });
}

void Database::remember(const Seen& seen) {
  const auto same_log = [&](const Seen& known) { return known.log == seen.log; };
  const auto at = std::find_if(seen_.begin(), seen_.end(), same_log);
  if (at == seen_.end()) return seen_.push_back(seen);
  const Lsn lsn = std::max(at->lsn, seen.lsn);
  if (seen.epoch > at->epoch) *at = seen;
  at->lsn = lsn;
}

void Database::decide_alone(const BranchId& branch, bool commit, bool mixed) {
  const auto known = rows_.find(branch);
  if (known == rows_.end() || known->second.state != State::kPrepared) return;
  set(branch, commit ? State::kCommitted : State::kAborted, true);
  rows_[branch].mixed = mixed;
}

void Database::lose(const BranchId& branch) {
  const auto known = rows_.find(branch);
  if (known == rows_.end() || known->second.state != State::kPrepared) return;
  trace_.line(participant_, ": ", name_of(branch), " is LOST from the disk");
  rows_.erase(known);
  oracle_.lost(branch);
}

bool Database::holds_prepared(const BranchId& branch) const {
  const auto known = rows_.find(branch);
  return known != rows_.end() && known->second.state == State::kPrepared;
}

bool Database::holds_prepared() const {
  return std::any_of(rows_.begin(), rows_.end(), [](const auto& row) { return row.second.state == State::kPrepared; });
}

}  // namespace troth::sim
