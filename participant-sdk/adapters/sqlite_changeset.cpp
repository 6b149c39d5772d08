// The session interface is declared only for programs that ask for it.
#define SQLITE_ENABLE_SESSION 1
#define SQLITE_ENABLE_PREUPDATE_HOOK 1

#include "participant-sdk/adapters/sqlite_changeset.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "participant-sdk/adapters/sqlite_guard.h"

namespace troth::sqlite {
namespace {

int record_table(void*, const char* table) {
  return std::string_view(table).substr(0, kOwnPrefix.size()) != kOwnPrefix ? 1 : 0;
}

[[noreturn]] void fail_code(int code, const char* doing) {
  throw SqliteError(code, std::string(doing) + ": " + sqlite3_errstr(code));
}

struct CloseIterator {
  void operator()(sqlite3_changeset_iter* iterator) const { sqlite3changeset_finalize(iterator); }
};
using Iterator = std::unique_ptr<sqlite3_changeset_iter, CloseIterator>;

Iterator iterate(std::string_view changeset) {
  sqlite3_changeset_iter* raw = nullptr;
  // The interface takes a pointer to non-const and does not write through it.
  auto* bytes = const_cast<char*>(changeset.data());
  const int code = sqlite3changeset_start(&raw, static_cast<int>(changeset.size()), bytes);
  Iterator iterator(raw);
  if (code != SQLITE_OK) fail_code(code, "read a changeset");
  return iterator;
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "x'";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out + "'";
}

/// 1 and 1.0 are the same key to SQLite, so they get the same name. Every whole double in the range of integers is one.
std::string real_name(double value) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (value >= -kTwoTo63 && value < kTwoTo63 && value == std::trunc(value)) {
    return std::to_string(static_cast<std::int64_t>(value));
  }
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

std::string value_name(sqlite3_value* value) {
  const auto bytes = [value] {
    const auto* data = static_cast<const char*>(sqlite3_value_blob(value));
    return std::string_view(data, static_cast<std::size_t>(data == nullptr ? 0 : sqlite3_value_bytes(value)));
  };
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: return std::to_string(sqlite3_value_int64(value));
    case SQLITE_FLOAT: return real_name(sqlite3_value_double(value));
    case SQLITE_TEXT: return quoted(bytes());
    case SQLITE_BLOB: return hex(bytes());
    default: return "NULL";
  }
}

std::string row_name(sqlite3_changeset_iter* iterator) {
  const char* table = nullptr;
  int columns = 0;
  int operation = 0;
  int indirect = 0;
  unsigned char* in_key = nullptr;
  sqlite3changeset_op(iterator, &table, &columns, &operation, &indirect);
  sqlite3changeset_pk(iterator, &in_key, &columns);
  std::string name = std::string(table) + "(";
  for (int i = 0; i < columns; ++i) {
    if (in_key[i] == 0) continue;
    sqlite3_value* value = nullptr;
    const int code = operation == SQLITE_INSERT ? sqlite3changeset_new(iterator, i, &value)
                                                : sqlite3changeset_old(iterator, i, &value);
    if (code != SQLITE_OK) fail_code(code, "read a changeset");
    if (name.back() != '(') name += ',';
    name += value == nullptr ? "NULL" : value_name(value);
  }
  return name + ")";
}

struct Applying {
  std::string conflict;
};

int on_conflict(void* context, int kind, sqlite3_changeset_iter* iterator) {
  auto& applying = *static_cast<Applying*>(context);
  const char* what = kind == SQLITE_CHANGESET_DATA         ? " has other values than the branch saw"
                     : kind == SQLITE_CHANGESET_NOTFOUND   ? " is gone"
                     : kind == SQLITE_CHANGESET_CONFLICT   ? " is there already"
                     : kind == SQLITE_CHANGESET_CONSTRAINT ? " breaks a constraint"
                                                           : " breaks a foreign key";
  applying.conflict = (kind == SQLITE_CHANGESET_FOREIGN_KEY ? std::string("the change") : row_name(iterator)) + what;
  return SQLITE_CHANGESET_ABORT;
}

template <class Visit>
void for_each_change(std::string_view changeset, Visit visit) {
  const Iterator iterator = iterate(changeset);
  int code = SQLITE_OK;
  while ((code = sqlite3changeset_next(iterator.get())) == SQLITE_ROW) visit(iterator.get());
  if (code != SQLITE_DONE) fail_code(code, "read a changeset");
}

std::int64_t count_changes(std::string_view changeset) {
  std::int64_t count = 0;
  for_each_change(changeset, [&count](sqlite3_changeset_iter*) { ++count; });
  return count;
}

}  // namespace

Recording::Recording(const Connection& db) : db_(db) {
  int code = sqlite3session_create(db.get(), "main", &session_);
  if (code != SQLITE_OK) fail_code(code, "start a session");
  sqlite3session_table_filter(session_, record_table, nullptr);
  code = sqlite3session_attach(session_, nullptr);
  if (code == SQLITE_OK) return;
  sqlite3session_delete(session_);
  fail_code(code, "start a session");
}

Recording::~Recording() {
  sqlite3session_delete(session_);
}

std::string Recording::changeset() {
  int size = 0;
  void* bytes = nullptr;
  const int code = sqlite3session_changeset(session_, &size, &bytes);
  const std::unique_ptr<void, void (*)(void*)> owner(bytes, sqlite3_free);
  if (code != SQLITE_OK) fail_code(code, "take the changes of a branch");
  return size == 0 ? std::string() : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

std::string apply_changeset(const Connection& db, std::string_view changeset) {
  if (changeset.empty()) return {};
  Applying applying;
  const std::int64_t before = sqlite3_total_changes64(db.get());
  Savepoint savepoint(db);
  auto* bytes = const_cast<char*>(changeset.data());
  const int code =
      sqlite3changeset_apply(db.get(), static_cast<int>(changeset.size()), bytes, nullptr, on_conflict, &applying);
  if (!applying.conflict.empty()) return applying.conflict;
  if (code != SQLITE_OK) fail(db.get(), "apply a changeset");
  // A table that is gone or has another shape is skipped without an error.
  if (sqlite3_total_changes64(db.get()) - before != count_changes(changeset)) {
    return "a table the branch changed has another shape now";
  }
  savepoint.keep();
  return {};
}

std::vector<std::string> rows_of(std::string_view changeset) {
  std::vector<std::string> rows;
  if (changeset.empty()) return rows;
  for_each_change(changeset, [&rows](sqlite3_changeset_iter* iterator) { rows.push_back(row_name(iterator)); });
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

std::vector<std::string> tables_of(std::string_view changeset) {
  std::vector<std::string> tables;
  if (changeset.empty()) return tables;
  for_each_change(changeset, [&tables](sqlite3_changeset_iter* iterator) {
    const char* table = nullptr;
    int columns = 0;
    int operation = 0;
    int indirect = 0;
    sqlite3changeset_op(iterator, &table, &columns, &operation, &indirect);
    if (tables.empty() || tables.back() != table) tables.emplace_back(table);
  });
  return tables;
}

Savepoint::Savepoint(const Connection& db) : db_(db) {
  db_.run("SAVEPOINT troth_place");
}

Savepoint::~Savepoint() {
  // SQLite may have ended the whole transaction by itself; then there is no place to go back to.
  if (!open_ || !db_.in_transaction()) return;
  const char* back = "ROLLBACK TO troth_place; RELEASE troth_place";
  // When that fails, nobody knows what of it still stands: then nothing of the whole transaction may.
  if (sqlite3_exec(db_.get(), back, nullptr, nullptr, nullptr) != SQLITE_OK) db_.rollback();
}

void Savepoint::keep() {
  open_ = false;
  db_.run("RELEASE troth_place");
}

}  // namespace troth::sqlite
