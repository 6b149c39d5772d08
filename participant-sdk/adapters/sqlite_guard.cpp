#include "participant-sdk/adapters/sqlite_guard.h"

#include <utility>

namespace troth::sqlite {
namespace {

constexpr int kHiddenVirtualColumn = 2;  // of PRAGMA table_xinfo
constexpr int kHiddenStoredColumn = 3;

bool is_own(std::string_view table) {
  return table.substr(0, kOwnPrefix.size()) == kOwnPrefix;
}

struct Columns {
  bool any_key = false;
  bool key_not_binary = false;
  bool generated = false;
};

/// A changeset finds its row by `column = value`, whatever way the index of the key compares.
bool compares_otherwise(const Connection& db, const std::string& table, const std::string& column) {
  const char* collation = nullptr;
  const int code = sqlite3_table_column_metadata(db.get(), "main", table.c_str(), column.c_str(), nullptr, &collation,
                                                 nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(db.get(), "look at table " + table);
  return sqlite3_stricmp(collation, "BINARY") != 0;
}

Columns columns_of(const Connection& db, const std::string& table) {
  const Statement statement(db.get(), "SELECT name, pk, hidden FROM pragma_table_xinfo(?1, 'main')");
  Use use(statement);
  use.text(table);
  Columns columns;
  while (use.row()) {
    const bool in_key = use.integer(1) > 0;
    columns.any_key |= in_key;
    columns.key_not_binary |= in_key && compares_otherwise(db, table, use.bytes(0));
    columns.generated |= use.integer(2) == kHiddenVirtualColumn || use.integer(2) == kHiddenStoredColumn;
  }
  return columns;
}

struct Indexes {
  bool unique_beside_key = false;
  bool has_key_index = false;  // without one, the key is the rowid
  bool key_not_binary = false;
};

bool index_compares_otherwise(const Connection& db, const std::string& index) {
  const Statement statement(db.get(),
                            "SELECT 1 FROM pragma_index_xinfo(?1, 'main') WHERE key = 1 AND upper(coll) <> 'BINARY'");
  Use use(statement);
  use.text(index);
  return use.row();
}

Indexes indexes_of(const Connection& db, const std::string& table) {
  const Statement statement(db.get(), "SELECT name, \"unique\", origin FROM pragma_index_list(?1, 'main')");
  Use use(statement);
  use.text(table);
  Indexes indexes;
  while (use.row()) {
    if (use.bytes(2) == "pk") {
      indexes.has_key_index = true;
      indexes.key_not_binary |= index_compares_otherwise(db, use.bytes(0));
    } else if (use.integer(1) != 0) {
      indexes.unique_beside_key = true;
    }
  }
  return indexes;
}

bool has_rows(const Connection& db, const char* sql, const std::string& table) {
  const Statement statement(db.get(), sql);
  Use use(statement);
  use.text(table);
  return use.row();
}

std::string why_unsafe(const Connection& db, const std::string& table, bool without_rowid) {
  const Columns columns = columns_of(db, table);
  const Indexes indexes = indexes_of(db, table);
  if (!columns.any_key) return "has no primary key";
  // A changeset does not carry rowids: a hidden one would be another at commit than the branch saw.
  if (indexes.has_key_index && !without_rowid) return "has a rowid beside its key: make it WITHOUT ROWID";
  if (columns.key_not_binary || indexes.key_not_binary) return "has a primary key that is not compared as BINARY";
  if (indexes.unique_beside_key) return "has a UNIQUE key beside its primary key";
  if (columns.generated) return "has generated columns";
  if (has_rows(db,
               "SELECT 1 FROM (SELECT * FROM sqlite_schema UNION ALL SELECT * FROM sqlite_temp_schema) "
               "WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE",
               table)) {
    return "has a trigger";
  }
  if (has_rows(db, "SELECT 1 FROM pragma_foreign_key_list(?1, 'main')", table)) return "has a foreign key";
  if (has_rows(db,
               "SELECT 1 FROM pragma_table_list t, pragma_foreign_key_list(t.name, 'main') f "
               "WHERE t.schema = 'main' AND t.type = 'table' AND f.\"table\" = ?1 COLLATE NOCASE",
               table)) {
    return "is referenced by a foreign key";
  }
  return {};
}

}  // namespace

Guard::Guard(const Connection& db) : db_(db), schema_version_(db.get(), "PRAGMA schema_version") {
  sqlite3_set_authorizer(db_.get(), &Guard::judge, this);
}

Guard::~Guard() {
  sqlite3_set_authorizer(db_.get(), nullptr, nullptr);
}

void Guard::look() {
  seen_version_ = -1;
  enter();
  leave();
}

void Guard::enter() {
  {
    Use use(schema_version_);
    const std::int64_t version = use.row() ? use.integer(0) : 0;
    if (version != seen_version_) {
      make_table_functions();
      look_at_tables();
      seen_version_ = version;
    }
  }
  refusal_.clear();
  judging_ = true;
}

std::string Guard::leave() {
  judging_ = false;
  return std::exchange(refusal_, {});
}

/// The first use of a table-valued function declares its table, which the authorizer cannot tell from DDL.
void Guard::make_table_functions() {
  sqlite3_exec(db_.get(), "SELECT 1 FROM json_each('[]'), json_tree('[]')", nullptr, nullptr, nullptr);
}

void Guard::look_at_tables() {
  tables_.clear();
  const Statement statement(db_.get(),
                            "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'");
  Use use(statement);
  while (use.row()) {
    const std::string table = use.bytes(0);
    if (table.rfind("sqlite_", 0) == 0) continue;
    tables_[table] = is_own(table) ? "belongs to the adapter" : why_unsafe(db_, table, use.integer(1) != 0);
  }
}

int Guard::judge(void* self, int action, const char* first, const char* second, const char* database, const char*) {
  auto& guard = *static_cast<Guard*>(self);
  if (!guard.judging_) return SQLITE_OK;
  if (!guard.db_.in_transaction()) return SQLITE_DENY;  // ended by an earlier statement: nothing can stand
  const auto view = [](const char* text) { return text == nullptr ? std::string_view() : std::string_view(text); };
  const std::string why = guard.why_not(action, view(first), view(second), view(database));
  if (why.empty()) return SQLITE_OK;
  if (guard.refusal_.empty()) guard.refusal_ = why;
  return SQLITE_DENY;
}

std::string Guard::why_not(int action, std::string_view first, std::string_view second,
                           std::string_view database) const {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE: return {};
    case SQLITE_FUNCTION: return second == "load_extension" ? "load_extension is refused in a branch" : "";
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE: return why_not_write(std::string(first), database);
    case SQLITE_PRAGMA:
      // The session asks for the columns of a table when it first sees a row of it.
      if (first == "table_info" || first == "table_xinfo") return {};
      return "PRAGMA " + std::string(first) + " is refused in a branch";
    case SQLITE_TRANSACTION: return std::string(first) + " is refused in a branch: the adapter owns the transaction";
    case SQLITE_SAVEPOINT: return "SAVEPOINT is refused in a branch: the adapter owns the transaction";
    case SQLITE_ATTACH:
    case SQLITE_DETACH: return "ATTACH and DETACH are refused in a branch";
    default: return "changing the schema is refused in a branch";
  }
}

std::string Guard::why_not_write(const std::string& table, std::string_view database) const {
  // DDL writes the schema table; the very action is asked about next, but the first answer is what people read.
  if (table == "sqlite_master" || table == "sqlite_temp_master") return "changing the schema is refused in a branch";
  if (database != "main") return "table " + table + " is not in the main database";
  const auto found = tables_.find(table);
  if (found == tables_.end()) return table + " is not an ordinary table";
  return found->second.empty() ? std::string() : "table " + table + " " + found->second;
}

}  // namespace troth::sqlite
