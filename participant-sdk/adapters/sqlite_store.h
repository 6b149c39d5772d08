// The adapter's own tables (troth_…) in the application's database: what is known of branches, which rows are locked,
// what was seen of logs, up to where branches are forgotten. Every call is part of the running transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "participant-sdk/adapters/sqlite_db.h"

namespace troth::sqlite {

/// What is known of a branch. One row holds it, so a branch can never be two of these.
enum class State {
  kPrepared = 1,
  kCommitted = 2,          // marker
  kAborted = 3,            // tombstone
  kCommittedOnePhase = 4,  // marker that only goes below the horizon
  kHeuristicAbort = 5,     // was to be committed and could not be: nothing of it was applied
};

struct Row {
  State state = State::kPrepared;
  std::string changeset;  // of a prepared branch
};

/// The stream of an id, its log and shard: ids of one stream are comparable.
std::string stream_of(const TransactionId& id);
/// A branch as a database key: ordered as ids are, so that everything below a horizon is one range.
std::string key_of(const BranchId& id);
std::optional<BranchId> branch_of(std::string_view key);

class Store {
 public:
  /// Makes the tables when they are not there. Throws SqliteError when they are of a newer version.
  explicit Store(const Connection& db);

  std::optional<Row> find(const BranchId& id);
  /// Writes what is known of the branch from now on; `data` is the changeset of a prepared one, else a note for people.
  void put(const BranchId& id, State state, Lsn lsn, std::string_view data = {});
  /// Deletes the marker of a branch committed in two phases; anything else stays.
  void drop_marker(const BranchId& id);
  std::vector<BranchId> prepared();

  std::optional<BranchId> holder_of(const std::string& row);
  void lock(const std::string& row, const BranchId& holder);
  void unlock(const std::string& row);

  std::vector<Seen> seen();
  /// Never goes back to a lower epoch or LSN.
  void remember(const Seen& seen);
  void remember_lsn(LogId log, Lsn lsn);

  bool below_horizon(const TransactionId& id);
  /// Moves the horizon of its log forward, never back.
  void set_horizon(const TransactionId& horizon);
  /// Deletes up to `most` markers and tombstones below `horizon`; says how many.
  int sweep(const TransactionId& horizon, int most);

 private:
  const Connection& db_;
  Statement find_, put_, drop_marker_, prepared_;
  Statement holder_, lock_, unlock_;
  Statement seen_, remember_, remember_lsn_;
  Statement horizon_, set_horizon_, sweep_;
};

}  // namespace troth::sqlite
