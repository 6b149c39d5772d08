#include "participant-sdk/adapters/sqlite_db.h"

#include <type_traits>

namespace troth::sqlite {

void fail(sqlite3* db, std::string_view doing) {
  std::string what(doing);
  if (!what.empty()) what += ": ";
  throw SqliteError(sqlite3_extended_errcode(db), what + sqlite3_errmsg(db));
}

Connection::Connection(const std::string& path, const char* vfs) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
  if (sqlite3_open_v2(path.c_str(), &db_, flags, vfs) != SQLITE_OK) {
    const std::string why = db_ != nullptr ? sqlite3_errmsg(db_) : "out of memory";
    const int code = db_ != nullptr ? sqlite3_extended_errcode(db_) : SQLITE_NOMEM;
    sqlite3_close_v2(db_);
    throw SqliteError(code, path + ": " + why);
  }
  sqlite3_extended_result_codes(db_, 1);
  const auto veto = [](void* flag) { return *static_cast<const bool*>(flag) ? 1 : 0; };
  sqlite3_commit_hook(db_, veto, &only_commit_commits_);
}

Connection::~Connection() {
  sqlite3_close_v2(db_);
}

void Connection::run(const char* sql) const {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(db_, sql);
}

std::string Connection::text(const char* sql) const {
  const Statement statement(db_, sql);
  Use use(statement);
  return use.row() ? use.bytes(0) : std::string();
}

void Connection::begin() const {
  run("BEGIN IMMEDIATE");
  only_commit_commits_ = true;
}

void Connection::commit() const {
  only_commit_commits_ = false;
  run("COMMIT");
}

void Connection::rollback() const {
  only_commit_commits_ = false;
  if (in_transaction()) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

namespace {

/// Whether `sql` holds nothing to run: white space, comments and semicolons only.
bool is_blank(sqlite3* db, std::string_view sql) {
  while (!sql.empty()) {
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement, &rest);
    sqlite3_finalize(statement);
    // SQLite reads up to a NUL and no further: what is behind one would be dropped, too.
    if (code != SQLITE_OK || statement != nullptr || rest == sql.data()) return false;
    sql.remove_prefix(static_cast<std::size_t>(rest - sql.data()));
  }
  return true;
}

}  // namespace

Statement::Statement(sqlite3* db, std::string_view sql) {
  const int size = static_cast<int>(sql.size());
  const char* rest = nullptr;
  if (sqlite3_prepare_v3(db, sql.data(), size, SQLITE_PREPARE_PERSISTENT, &statement_, &rest) != SQLITE_OK) {
    fail(db, {});
  }
  if (statement_ == nullptr) throw SqliteError(SQLITE_MISUSE, "empty SQL statement");
  if (is_blank(db, sql.substr(static_cast<std::size_t>(rest - sql.data())))) return;
  sqlite3_finalize(statement_);
  throw SqliteError(SQLITE_MISUSE, "more than one SQL statement");
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Use::~Use() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Use& Use::bind(std::int64_t value) {
  if (sqlite3_bind_int64(statement_, ++bound_, value) != SQLITE_OK) fail(sqlite3_db_handle(statement_), "bind");
  return *this;
}

Use& Use::text(std::string_view value) {
  const int code = sqlite3_bind_text64(statement_, ++bound_, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement_), "bind");
  return *this;
}

Use& Use::blob(std::string_view value) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* data = value.empty() ? "" : value.data();
  const int code = sqlite3_bind_blob64(statement_, ++bound_, data, value.size(), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement_), "bind");
  return *this;
}

Use& Use::null() {
  if (sqlite3_bind_null(statement_, ++bound_) != SQLITE_OK) fail(sqlite3_db_handle(statement_), "bind");
  return *this;
}

Use& Use::value(const SqliteValue& value) {
  std::visit(
      [this](const auto& held) {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::nullptr_t>) {
          null();
        } else if constexpr (std::is_same_v<Held, std::string>) {
          text(held);
        } else if constexpr (std::is_same_v<Held, double>) {
          if (sqlite3_bind_double(statement_, ++bound_, held) != SQLITE_OK) fail(sqlite3_db_handle(statement_), "bind");
        } else {
          bind(held);
        }
      },
      value);
  return *this;
}

bool Use::row() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(sqlite3_db_handle(statement_), {});
  return false;
}

void Use::run() {
  while (row()) {
  }
}

std::string Use::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string() : std::string(data, static_cast<std::size_t>(size));
}

namespace {

SqliteValue column_value(sqlite3_stmt* statement) {
  switch (sqlite3_column_type(statement, 0)) {
    case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(statement, 0)};
    case SQLITE_FLOAT: return sqlite3_column_double(statement, 0);
    case SQLITE_NULL: return nullptr;
    default: {
      const auto* data = static_cast<const char*>(sqlite3_column_blob(statement, 0));
      return std::string(data == nullptr ? "" : data, static_cast<std::size_t>(sqlite3_column_bytes(statement, 0)));
    }
  }
}

}  // namespace
}  // namespace troth::sqlite

namespace troth {

std::int64_t sqlite_execute(sqlite3* db, const std::string& sql, const std::vector<SqliteValue>& values) {
  const sqlite::Statement statement(db, sql);
  sqlite::Use use(statement);
  for (const SqliteValue& value : values) use.value(value);
  const std::int64_t before = sqlite3_total_changes64(db);
  use.run();
  return sqlite3_total_changes64(db) - before;
}

SqliteValue sqlite_value(sqlite3* db, const std::string& sql, const std::vector<SqliteValue>& values) {
  const sqlite::Statement statement(db, sql);
  sqlite::Use use(statement);
  for (const SqliteValue& value : values) use.value(value);
  return use.row() ? sqlite::column_value(statement.get()) : SqliteValue(nullptr);
}

}  // namespace troth
