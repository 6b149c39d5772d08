#include "participant-sdk/adapters/sqlite_branches.h"

#include <utility>

#include "participant-sdk/adapters/sqlite_changeset.h"

namespace troth::sqlite {
namespace {

constexpr int kYoungerWaitsLess = 8;

Vote refuse(std::string why) {
  return {Vote::kAbort, std::move(why)};
}

/// A branch never runs with statements of another still open.
void reset_statements(sqlite3* db) {
  for (sqlite3_stmt* statement = nullptr; (statement = sqlite3_next_stmt(db, statement)) != nullptr;) {
    if (sqlite3_stmt_busy(statement) != 0) sqlite3_reset(statement);
  }
}

Vote too_late() {
  return refuse("the work of the joined branch has passed its deadline");
}

Vote call(const SqliteResource::Work& work, sqlite3* db, const Branch& branch) {
  try {
    return work(db, branch);
  } catch (const std::exception& error) {
    return refuse(error.what());
  } catch (...) {
    return refuse("the work of the branch threw something unknown");
  }
}

}  // namespace

Branches::Branches(const Connection& db, Work work, const SqliteOptions& options)
    : db_(db), work_(std::move(work)), options_(options), guard_(db), store_(db) {
  take_schema();
}

void Branches::take_schema() {
  db_.begin();
  const auto broken_before = broken_in_doubt();  // not the schema's doing: they are told at their commit
  db_.run(options_.schema.c_str());
  for (const auto& [id, why] : broken_in_doubt()) {
    if (broken_before.count(id) != 0) continue;
    throw SqliteError(SQLITE_SCHEMA, "branch " + to_text(id) + " is in doubt and this schema change would break it (" +
                                         why + "); start the old program until it is settled");
  }
  db_.commit();
}

/// Why branches in doubt could not be committed as things are now.
std::map<BranchId, std::string> Branches::broken_in_doubt() {
  std::map<BranchId, std::string> broken;
  guard_.look();
  for (const BranchId& id : store_.prepared()) {
    const auto known = store_.find(id);
    std::string why = known ? why_broken(known->changeset) : std::string();
    if (!why.empty()) broken.emplace(id, std::move(why));
  }
  return broken;
}

std::string Branches::why_broken(const std::string& changeset) {
  for (const std::string& table : tables_of(changeset)) {
    if (std::string why = guard_.why_not_write(table); !why.empty()) return why;
  }
  const Savepoint savepoint(db_);
  return apply_changeset(db_, changeset);
}

std::optional<Blocked> Branches::run(const Enlistment& enlisted, const Work& work, Batch& batch, bool may_wait,
                                     Vote& answer) {
  const BranchId& id = enlisted.id;
  if (store_.find(id) || store_.below_horizon(id.transaction)) {
    answer = refuse("the branch is prepared or ended already");
    return std::nullopt;
  }
  Branch branch;
  branch.id = id;
  branch.joined = true;
  if (expired(id, batch)) {
    answer = too_late();
    return std::nullopt;
  }
  std::optional<Live> earlier;
  if (const auto found = live_.find(id); found != live_.end()) earlier = found->second;
  Draft draft = draft_work(work, branch, earlier ? earlier->changeset : std::string());
  if (draft.vote.kind() != Vote::kAbort) take_locks(draft, id, batch, may_wait);
  answer = draft.vote;
  if (draft.blocked || answer.kind() == Vote::kAbort) return draft.blocked;
  const auto expires = earlier ? earlier->expires : Clock::now() + enlisted.deadline_in;
  set_live(id, Live{std::move(draft.changeset), std::move(draft.rows), expires});
  batch.when_lost.push_back([this, id, earlier] { set_live(id, earlier); });
  answer = Vote::kCommit;
  return std::nullopt;
}

std::optional<Blocked> Branches::prepare(const Branch& branch, Batch& batch, bool may_wait, Vote& answer) {
  if (const auto known = store_.find(branch.id)) {
    const bool aborted = known->state == State::kAborted || known->state == State::kHeuristicAbort;
    answer = aborted ? refuse("the branch was aborted before") : Vote(Vote::kCommit);
    return std::nullopt;
  }
  Draft draft = this->draft(branch, batch, may_wait);
  answer = draft.vote;
  if (draft.blocked) return draft.blocked;
  if (answer.kind() == Vote::kCommit) {
    store_.put(branch.id, State::kPrepared, 0, draft.changeset);
    for (const std::string& row : draft.rows) store_.lock(row, branch.id);
    // The durable locks stand now; whoever waits for the branch goes on waiting.
    batch.when_durable.push_back([this, id = branch.id] { set_live(id, std::nullopt); });
  } else {
    drop_live(branch.id, batch);
  }
  return std::nullopt;
}

std::optional<Blocked> Branches::commit_one_phase(const Branch& branch, Batch& batch, bool may_wait, Ack& answer) {
  const auto known = store_.find(branch.id);
  if (known && known->state != State::kPrepared) {
    const bool committed = known->state == State::kCommitted || known->state == State::kCommittedOnePhase;
    answer = committed ? Ack::kCommitted : Ack::kAborted;
    return std::nullopt;
  }
  if (known) {
    answer = commit(branch, batch);
    return std::nullopt;
  }
  Draft draft = this->draft(branch, batch, may_wait);
  if (draft.blocked) return draft.blocked;
  const bool commits = draft.vote.kind() != Vote::kAbort && apply_changeset(db_, draft.changeset).empty();
  store_.put(branch.id, commits ? State::kCommittedOnePhase : State::kAborted, branch.lsn, draft.vote.reason());
  store_.remember_lsn(branch.id.transaction.log, branch.lsn);
  drop_live(branch.id, batch);
  answer = commits ? Ack::kCommitted : Ack::kAborted;
  return std::nullopt;
}

Ack Branches::commit(const Branch& branch, Batch& batch) {
  const auto known = store_.find(branch.id);
  if (!known) return Ack::kUnknownBranch;
  store_.remember_lsn(branch.id.transaction.log, branch.lsn);
  switch (known->state) {
    case State::kCommitted:
    case State::kCommittedOnePhase: return Ack::kCommitted;
    case State::kAborted:
    case State::kHeuristicAbort: return Ack::kHeuristicAbort;
    case State::kPrepared: break;
  }
  const std::string conflict = apply_changeset(db_, known->changeset);
  store_.put(branch.id, conflict.empty() ? State::kCommitted : State::kHeuristicAbort, branch.lsn, conflict);
  settle(branch.id, known->changeset, batch);
  return conflict.empty() ? Ack::kCommitted : Ack::kHeuristicAbort;
}

Ack Branches::abort(const Branch& branch, Batch& batch) {
  const auto known = store_.find(branch.id);
  if (known && known->state != State::kPrepared) {
    const bool committed = known->state == State::kCommitted || known->state == State::kCommittedOnePhase;
    return committed ? Ack::kHeuristicCommit : Ack::kAborted;
  }
  // Below the horizon a late prepare is refused without a tombstone.
  if (known || !store_.below_horizon(branch.id.transaction)) store_.put(branch.id, State::kAborted, branch.lsn);
  settle(branch.id, known ? known->changeset : std::string(), batch);
  drop_live(branch.id, batch);
  return Ack::kAborted;
}

Branches::Draft Branches::draft(const Branch& branch, Batch& batch, bool may_wait) {
  Draft draft;
  if (store_.below_horizon(branch.id.transaction)) {
    draft.vote = refuse("the transaction is older than the horizon");
  } else if (branch.joined && expired(branch.id, batch)) {
    draft.vote = too_late();
  } else if (branch.joined) {
    draft = draft_joined(branch);
  } else if (branch.attempt > 1) {
    draft.vote = refuse("asked again, and no trace of the branch is here: its work does not run twice");
  } else {
    draft = draft_work(work_, branch, {});
  }
  if (draft.vote.kind() != Vote::kAbort) take_locks(draft, branch.id, batch, may_wait);
  if (draft.vote.kind() != Vote::kAbort && !draft.blocked) try_out(draft);
  return draft;
}

Branches::Draft Branches::draft_joined(const Branch& branch) {
  Draft draft;
  const auto found = live_.find(branch.id);
  if (found == live_.end()) {
    draft.vote =
        refuse("the work of the joined branch is not here: this process was started again since, or it was late");
  } else {
    draft.vote = Vote::kCommit;
    draft.changeset = found->second.changeset;
  }
  return draft;
}

/// Runs `work` on top of `before`, takes what both changed, and goes back.
Branches::Draft Branches::draft_work(const Work& work, const Branch& branch, const std::string& before) {
  Draft draft;
  const Savepoint savepoint(db_);
  Recording recording(db_);
  if (const std::string why = apply_changeset(db_, before); !why.empty()) {
    draft.vote = refuse(why);
    return draft;
  }
  guard_.enter();
  draft.vote = call(work, db_.get(), branch);
  const std::string refusal = guard_.leave();
  reset_statements(db_.get());
  if (!db_.in_transaction()) {
    const bool quiet = draft.vote.reason().empty();
    throw TransactionEnded(SQLITE_ABORT, quiet ? "the branch's SQL ended the transaction" : draft.vote.reason());
  }
  if (!refusal.empty()) draft.vote = refuse(refusal);
  if (draft.vote.kind() == Vote::kAbort) return draft;
  draft.changeset = recording.changeset();
  if (draft.vote.kind() == Vote::kReadOnly && !draft.changeset.empty()) {
    draft.vote = refuse("the work said it only read, and changed rows");
  } else if (draft.changeset.size() > options_.max_changeset_bytes) {
    draft.vote = refuse("the branch changes more than " + std::to_string(options_.max_changeset_bytes) + " bytes");
  }
  return draft;
}

/// Finds out whether another branch holds a row of the draft: then it is blocked, or refused when it may not wait.
void Branches::take_locks(Draft& draft, const BranchId& id, Batch& batch, bool may_wait) {
  draft.rows = rows_of(draft.changeset);
  for (const std::string& row : draft.rows) {
    const auto holder = holder_of(row, id, batch);
    if (!holder) continue;
    // A branch of the same transaction lets go only when the transaction ends, and that waits for this branch.
    if (!may_wait || holder->transaction == id.transaction) {
      draft.vote = refuse(row + " is locked by branch " + to_text(*holder));
      return;
    }
    const bool younger = holder->transaction.log == id.transaction.log && holder->transaction < id.transaction;
    draft.blocked = Blocked{*holder, younger ? options_.lock_wait / kYoungerWaitsLess : options_.lock_wait};
    return;
  }
}

std::optional<BranchId> Branches::holder_of(const std::string& row, const BranchId& self, Batch& batch) {
  if (const auto found = live_rows_.find(row); found != live_rows_.end() && found->second != self) {
    const BranchId holder = found->second;
    if (!expired(holder, batch)) return holder;
  }
  const auto holder = store_.holder_of(row);
  return holder && *holder != self ? holder : std::nullopt;
}

void Branches::try_out(Draft& draft) {
  if (draft.changeset.empty()) {
    draft.vote = Vote::kReadOnly;
    return;
  }
  const Savepoint savepoint(db_);
  if (const std::string why = apply_changeset(db_, draft.changeset); !why.empty()) draft.vote = refuse(why);
}

/// Whether joined work of the branch is past its deadline. Then its rows are free.
bool Branches::expired(const BranchId& id, Batch& batch) {
  const auto found = live_.find(id);
  if (found == live_.end()) return false;
  if (!found->second.lost && found->second.expires <= Clock::now()) {
    Live lost;
    lost.lost = true;
    set_live(id, std::move(lost));
    batch.released.push_back(id);
  }
  return live_.at(id).lost;
}

void Branches::forget_lost(const TransactionId& horizon) {
  const auto gone = [&horizon](const BranchId& id) {
    const TransactionId& of = id.transaction;
    return of.log == horizon.log && of.shard == horizon.shard && of < horizon;
  };
  for (auto it = live_.begin(); it != live_.end();) {
    it = it->second.lost && gone(it->first) ? live_.erase(it) : std::next(it);
  }
}

/// Replaces what is in memory of a joined branch, and the locks that go with it.
void Branches::set_live(const BranchId& id, std::optional<Live> live) {
  if (const auto found = live_.find(id); found != live_.end()) {
    for (const std::string& row : found->second.rows) live_rows_.erase(row);
    live_.erase(found);
  }
  if (!live) return;
  for (const std::string& row : live->rows) live_rows_[row] = id;
  live_.emplace(id, std::move(*live));
}

void Branches::drop_live(const BranchId& id, Batch& batch) {
  if (live_.find(id) == live_.end()) return;
  batch.released.push_back(id);
  batch.when_durable.push_back([this, id] { set_live(id, std::nullopt); });
}

void Branches::settle(const BranchId& id, const std::string& changeset, Batch& batch) {
  for (const std::string& row : rows_of(changeset)) store_.unlock(row);
  batch.released.push_back(id);
}

}  // namespace troth::sqlite
