#include "participant-sdk/adapters/sqlite_store.h"

namespace troth::sqlite {
namespace {

constexpr const char* kTables = R"sql(
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS troth_meta(version INTEGER NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;
INSERT INTO troth_meta SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM troth_meta);
CREATE TABLE IF NOT EXISTS troth_branch(
  key BLOB NOT NULL PRIMARY KEY, state INTEGER NOT NULL, branch TEXT NOT NULL, lsn INTEGER NOT NULL, changeset BLOB,
  note TEXT
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS troth_lock(
  "row" TEXT NOT NULL PRIMARY KEY, branch TEXT NOT NULL
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS troth_seen(
  log INTEGER NOT NULL PRIMARY KEY, epoch INTEGER NOT NULL, nonce INTEGER NOT NULL, lsn INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS troth_horizon(
  stream BLOB NOT NULL PRIMARY KEY, horizon BLOB NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS troth_prepared ON troth_branch(key) WHERE state = 1;
COMMIT;
)sql";
constexpr std::int64_t kVersion = 1;

constexpr std::size_t kStreamBytes = 10;  // log and shard
constexpr std::size_t kNumberBytes = 4;

const Connection& with_tables(const Connection& db) {
  db.run(kTables);
  const Statement statement(db.get(), "SELECT version FROM troth_meta");
  Use use(statement);
  if (!use.row() || use.integer(0) != kVersion) {
    throw SqliteError(SQLITE_ERROR, "the troth_ tables are of another version; start a newer program on this database");
  }
  return db;
}

}  // namespace

std::string stream_of(const TransactionId& id) {
  return to_bytes(id).substr(0, kStreamBytes);
}

std::string key_of(const BranchId& id) {
  std::string key = to_bytes(id.transaction);
  for (int shift = 24; shift >= 0; shift -= 8) key.push_back(static_cast<char>(id.n >> shift & 0xff));
  return key;
}

std::optional<BranchId> branch_of(std::string_view key) {
  if (key.size() != kTransactionIdBytes + kNumberBytes) return std::nullopt;
  const auto transaction = transaction_id_from_bytes(key.substr(0, kTransactionIdBytes));
  if (!transaction) return std::nullopt;
  std::uint32_t n = 0;
  for (const char c : key.substr(kTransactionIdBytes)) n = n << 8 | static_cast<unsigned char>(c);
  return BranchId{*transaction, n};
}

Store::Store(const Connection& db)
    : db_(with_tables(db)),
      find_(db.get(), "SELECT state, changeset FROM troth_branch WHERE key = ?1"),
      put_(db.get(),
           "INSERT INTO troth_branch(key, state, branch, lsn, changeset, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
           "ON CONFLICT(key) DO UPDATE SET state = ?2, lsn = ?4, changeset = ?5, note = ?6"),
      drop_marker_(db.get(), "DELETE FROM troth_branch WHERE key = ?1 AND state = 2"),
      prepared_(db.get(), "SELECT key FROM troth_branch WHERE state = 1 ORDER BY key"),
      holder_(db.get(), "SELECT branch FROM troth_lock WHERE \"row\" = ?1"),
      lock_(db.get(), "INSERT INTO troth_lock(\"row\", branch) VALUES (?1, ?2)"),
      unlock_(db.get(), "DELETE FROM troth_lock WHERE \"row\" = ?1"),
      seen_(db.get(), "SELECT log, epoch, nonce, lsn FROM troth_seen"),
      remember_(db.get(),
                "INSERT INTO troth_seen(log, epoch, nonce, lsn) VALUES (?1, ?2, ?3, ?4) ON CONFLICT(log) DO UPDATE SET "
                "nonce = iif(?2 > epoch, ?3, nonce), epoch = max(epoch, ?2), lsn = max(lsn, ?4)"),
      remember_lsn_(db.get(), "UPDATE troth_seen SET lsn = ?2 WHERE log = ?1 AND lsn < ?2"),
      horizon_(db.get(), "SELECT 1 FROM troth_horizon WHERE stream = ?1 AND horizon > ?2"),
      set_horizon_(db.get(),
                   "INSERT INTO troth_horizon(stream, horizon) VALUES (?1, ?2) "
                   "ON CONFLICT(stream) DO UPDATE SET horizon = ?2 WHERE horizon < ?2"),
      sweep_(db.get(),
             "DELETE FROM troth_branch WHERE key IN "
             "(SELECT key FROM troth_branch WHERE key >= ?1 AND key < ?2 AND state <> 1 LIMIT ?3)") {}

std::optional<Row> Store::find(const BranchId& id) {
  Use use(find_);
  use.blob(key_of(id));
  if (!use.row()) return std::nullopt;
  return Row{static_cast<State>(use.integer(0)), use.bytes(1)};
}

void Store::put(const BranchId& id, State state, Lsn lsn, std::string_view data) {
  Use use(put_);
  use.blob(key_of(id)).bind(static_cast<std::int64_t>(state)).text(to_text(id)).bind(static_cast<std::int64_t>(lsn));
  if (state == State::kPrepared) {
    use.blob(data).null();
  } else {
    data.empty() ? use.null().null() : use.null().text(data);
  }
  use.run();
}

void Store::drop_marker(const BranchId& id) {
  Use use(drop_marker_);
  use.blob(key_of(id)).run();
}

std::vector<BranchId> Store::prepared() {
  std::vector<BranchId> branches;
  Use use(prepared_);
  while (use.row()) {
    const auto id = branch_of(use.bytes(0));
    if (!id) throw SqliteError(SQLITE_CORRUPT, "troth_branch holds a key that is no branch");
    branches.push_back(*id);
  }
  return branches;
}

std::optional<BranchId> Store::holder_of(const std::string& row) {
  Use use(holder_);
  if (!use.text(row).row()) return std::nullopt;
  const auto id = parse_branch_id(use.bytes(0));
  if (!id) throw SqliteError(SQLITE_CORRUPT, "troth_lock names a holder that is no branch");
  return id;
}

void Store::lock(const std::string& row, const BranchId& holder) {
  Use use(lock_);
  use.text(row).text(to_text(holder)).run();
}

void Store::unlock(const std::string& row) {
  Use use(unlock_);
  use.text(row).run();
}

std::vector<Seen> Store::seen() {
  std::vector<Seen> all;
  Use use(seen_);
  while (use.row()) {
    Seen one;
    one.log = LogId{static_cast<std::uint64_t>(use.integer(0))};
    one.epoch = static_cast<std::uint32_t>(use.integer(1));
    one.nonce = static_cast<std::uint32_t>(use.integer(2));
    one.lsn = static_cast<Lsn>(use.integer(3));
    all.push_back(one);
  }
  return all;
}

void Store::remember(const Seen& seen) {
  Use use(remember_);
  use.bind(static_cast<std::int64_t>(seen.log.value)).bind(seen.epoch).bind(seen.nonce);
  use.bind(static_cast<std::int64_t>(seen.lsn)).run();
}

void Store::remember_lsn(LogId log, Lsn lsn) {
  Use use(remember_lsn_);
  use.bind(static_cast<std::int64_t>(log.value)).bind(static_cast<std::int64_t>(lsn)).run();
}

bool Store::below_horizon(const TransactionId& id) {
  Use use(horizon_);
  return use.blob(stream_of(id)).blob(to_bytes(id)).row();
}

void Store::set_horizon(const TransactionId& horizon) {
  Use use(set_horizon_);
  use.blob(stream_of(horizon)).blob(to_bytes(horizon)).run();
}

int Store::sweep(const TransactionId& horizon, int most) {
  Use use(sweep_);
  const std::int64_t before = sqlite3_total_changes64(db_.get());
  use.blob(stream_of(horizon)).blob(to_bytes(horizon)).bind(most).run();
  return static_cast<int>(sqlite3_total_changes64(db_.get()) - before);
}

}  // namespace troth::sqlite
