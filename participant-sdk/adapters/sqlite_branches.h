// What happens to one branch: its work is drafted, prepared, committed, aborted. On the writer's thread only, each call
// inside a transaction of the writer's.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "participant-sdk/adapters/sqlite_guard.h"
#include "participant-sdk/adapters/sqlite_store.h"
#include "participant-sdk/adapters/sqlite_writer.h"

namespace troth::sqlite {

/// The work of a branch ended the whole transaction (INSERT OR ROLLBACK, a full disk): nothing of it can stand.
class TransactionEnded : public SqliteError {
 public:
  using SqliteError::SqliteError;
};

class Branches {
 public:
  using Work = SqliteResource::Work;

  /// Makes the adapter's tables and runs the application's schema. Throws when that breaks a branch in doubt; then
  /// nothing of the schema stands.
  Branches(const Connection& db, Work work, const SqliteOptions& options);

  std::optional<Blocked> run(const Enlistment& enlisted, const Work& work, Batch& batch, bool may_wait, Vote& answer);
  std::optional<Blocked> prepare(const Branch& branch, Batch& batch, bool may_wait, Vote& answer);
  std::optional<Blocked> commit_one_phase(const Branch& branch, Batch& batch, bool may_wait, Ack& answer);
  Ack commit(const Branch& branch, Batch& batch);
  Ack abort(const Branch& branch, Batch& batch);
  /// What is remembered of joined work lost before `horizon` may go: nothing can come for it any more.
  void forget_lost(const TransactionId& horizon);
  Store& store() { return store_; }

 private:
  /// Work of a joined branch before its prepare: in memory only. Past its deadline it is lost: others may have its
  /// rows, and what is done for the branch later would be half of its work.
  struct Live {
    std::string changeset;
    std::vector<std::string> rows;
    Clock::time_point expires;
    bool lost = false;
  };
  /// What a branch would change, tried out and rolled back. Good when the vote is not abort and nobody blocks it.
  struct Draft {
    Vote vote = Vote::kAbort;
    std::string changeset;
    std::vector<std::string> rows;
    std::optional<Blocked> blocked;
  };

  void take_schema();
  std::map<BranchId, std::string> broken_in_doubt();
  std::string why_broken(const std::string& changeset);
  Draft draft(const Branch& branch, Batch& batch, bool may_wait);
  Draft draft_joined(const Branch& branch);
  Draft draft_work(const Work& work, const Branch& branch, const std::string& before);
  void take_locks(Draft& draft, const BranchId& id, Batch& batch, bool may_wait);
  std::optional<BranchId> holder_of(const std::string& row, const BranchId& self, Batch& batch);
  void try_out(Draft& draft);
  bool expired(const BranchId& id, Batch& batch);
  void set_live(const BranchId& id, std::optional<Live> live);
  void drop_live(const BranchId& id, Batch& batch);
  void settle(const BranchId& id, const std::string& changeset, Batch& batch);

  const Connection& db_;
  const Work work_;
  const SqliteOptions options_;
  Guard guard_;
  Store store_;
  std::unordered_map<BranchId, Live, IdHash> live_;
  std::map<std::string, BranchId> live_rows_;
};

}  // namespace troth::sqlite
