#include "wal/sqlite.h"

#include <sqlite3.h>

namespace troth::wal {
namespace {

std::string words_of(sqlite3* db, int code) {
  std::string words = sqlite3_errstr(code);
  if (db != nullptr && sqlite3_extended_errcode(db) == code && words != sqlite3_errmsg(db)) {
    words += std::string(", ") + sqlite3_errmsg(db);
  }
  return words;
}

int note_wal_pages(void* pages, sqlite3*, const char*, int now) {
  *static_cast<int*>(pages) = now;
  return SQLITE_OK;
}

}  // namespace

SqliteError::SqliteError(sqlite3* db, const std::string& file, int code)
    : std::runtime_error(file + ": " + words_of(db, code) + " (SQLite " + std::to_string(code) + ")"), code_(code) {}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Statement::check(int code) {
  if (code == SQLITE_OK) return;
  const SqliteError error(sqlite3_db_handle(statement_.get()), file_, code);
  sqlite3_reset(statement_.get());
  throw error;
}

void Statement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), parameter, value));
}
void Statement::bind_blob(int parameter, std::string_view value) {
  const char* const data = value.empty() ? "" : value.data();  // a null pointer would bind NULL
  check(sqlite3_bind_blob64(statement_.get(), parameter, data, value.size(), SQLITE_STATIC));
}
void Statement::bind_text(int parameter, std::string_view value) {
  const char* const data = value.empty() ? "" : value.data();
  check(sqlite3_bind_text64(statement_.get(), parameter, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}
void Statement::bind_null(int parameter) {
  check(sqlite3_bind_null(statement_.get(), parameter));
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  check(code == SQLITE_DONE ? SQLITE_OK : code);
  return false;
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
std::string_view Statement::blob(int column) const {
  const void* const data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}
std::string Statement::text(int column) const {
  return std::string(blob(column));
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* db) const {
  sqlite3_close_v2(db);
}

Database::Database(const std::string& path, const char* vfs) : file_(path), wal_pages_(std::make_unique<int>(0)) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs);
  db_.reset(db);
  check(code);
  sqlite3_extended_result_codes(db, 1);
  check(sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr));
}

void Database::check(int code) const {
  if (code != SQLITE_OK) throw SqliteError(db_.get(), file_, code);
}

Statement Database::prepare(std::string_view sql) const {
  Statement statement;
  sqlite3_stmt* raw = nullptr;
  check(sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw,
                           nullptr));
  statement.statement_.reset(raw);
  statement.file_ = file_;
  return statement;
}

void Database::run(const std::string& sql) const {
  check(sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

std::string Database::ask(const std::string& sql) const {
  Statement statement = prepare(sql);
  return statement.step() ? statement.text(0) : std::string();
}

void Database::count_wal_pages() const {
  sqlite3_wal_hook(db_.get(), note_wal_pages, wal_pages_.get());
}

bool Database::read_only() const {
  return sqlite3_db_readonly(db_.get(), "main") == 1;
}

bool Database::moved() const {
  int moved = 0;
  check(sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved));
  return moved != 0;
}

bool Database::checkpoint_some() const {
  const int code = sqlite3_wal_checkpoint_v2(db_.get(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if ((code & 0xff) == SQLITE_FULL) return false;
  check(code);
  return true;
}

void PageCopy::Finish::operator()(sqlite3_backup* copy) const {
  sqlite3_backup_finish(copy);
}

PageCopy::PageCopy(const Database& from, const Database& into)
    : into_(into), copy_(sqlite3_backup_init(into.db_.get(), "main", from.db_.get(), "main")) {
  if (copy_ == nullptr) throw SqliteError(into.db_.get(), into.file(), sqlite3_extended_errcode(into.db_.get()));
}

bool PageCopy::step(int pages) {
  const int code = sqlite3_backup_step(copy_.get(), pages);
  if (code == SQLITE_OK) return true;
  if (code == SQLITE_DONE) return false;
  throw SqliteError(into_.db_.get(), into_.file(), code);
}

void Database::checkpoint_all() const {
  check(sqlite3_wal_checkpoint_v2(db_.get(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr));
  check(sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr));
}

}  // namespace troth::wal
