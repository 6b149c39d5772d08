// A connection and its statements with their lifetimes; errors are SqliteError. One thread at a time.
#pragma once

#include <sqlite3.h>
#include <troth/sqlite.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace troth::sqlite {

/// The last error of `db` as an exception. `doing` says what was attempted.
[[noreturn]] void fail(sqlite3* db, std::string_view doing);

class Connection {
 public:
  /// Opens or makes the file through that VFS of SQLite (null: its default); no other settings.
  explicit Connection(const std::string& path, const char* vfs = nullptr);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* get() const { return db_; }
  /// Runs statements without results. Throws SqliteError.
  void run(const char* sql) const;
  /// The first column of the first row as text; empty when there is none.
  std::string text(const char* sql) const;

  /// Between `begin` and `commit` nothing is committed: when SQLite has ended the transaction by itself, a statement
  /// that would now commit alone fails instead. Whoever wrote it, and whatever errors it ignored.
  void begin() const;
  void commit() const;
  /// Also when the transaction is gone already.
  void rollback() const;

  /// False when SQLite has rolled back the whole transaction by itself (INSERT OR ROLLBACK, disk full).
  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

 private:
  sqlite3* db_ = nullptr;
  mutable bool only_commit_commits_ = false;
};

/// A statement that is kept and used many times. One: SQL behind it is an error, for it would be dropped silently.
class Statement {
 public:
  Statement(sqlite3* db, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  sqlite3_stmt* get() const { return statement_; }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

/// One use of a statement: bind in order, read rows; leaves it reset and unbound.
class Use {
 public:
  explicit Use(const Statement& statement) : statement_(statement.get()) {}
  ~Use();
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  Use& bind(std::int64_t value);
  Use& text(std::string_view value);
  Use& blob(std::string_view value);
  Use& null();
  Use& value(const SqliteValue& value);
  /// Steps to the next row; false when there is none. Throws SqliteError.
  bool row();
  /// Steps to the end.
  void run();

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string bytes(int column) const;

 private:
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

}  // namespace troth::sqlite
