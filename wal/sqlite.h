// wal/sqlite.h: the little of SQLite's C interface that the log needs, owned by scopes.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_backup;
struct sqlite3_stmt;

namespace troth::wal {

/// SQLite refused; the text names the file and carries SQLite's words and extended code.
class SqliteError : public std::runtime_error {
 public:
  SqliteError(sqlite3* db, const std::string& file, int code);
  int code() const { return code_; }

 private:
  int code_;
};

/// A prepared statement. Blobs are bound by reference: they must live until `reset`.
class Statement {
 public:
  Statement() = default;
  void bind(int parameter, std::int64_t value);
  void bind_blob(int parameter, std::string_view value);
  void bind_text(int parameter, std::string_view value);
  void bind_null(int parameter);
  /// True: a row is there to be read; false: done.
  bool step();
  void reset();
  /// step to the end and reset: for statements without rows.
  void run();
  std::int64_t integer(int column) const;
  /// Valid until the next step or reset.
  std::string_view blob(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void check(int code);
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::string file_;
};

/// The one connection to a log file. Closing it leaves file and -wal as they are (what a crash would find) unless
/// `checkpoint_all` went before.
class Database {
 public:
  /// The file must exist (an empty one becomes a database). `vfs` is SQLite's name for the file system; null: its own.
  explicit Database(const std::string& path, const char* vfs = nullptr);

  Statement prepare(std::string_view sql) const;
  void run(const std::string& sql) const;
  /// The first column of the first row as text; empty when there is none.
  std::string ask(const std::string& sql) const;

  bool read_only() const;
  /// True when the path no longer leads to the open file.
  bool moved() const;
  /// From here on `wal_pages` is kept; after `PRAGMA wal_autocheckpoint`, which takes the hook away.
  void count_wal_pages() const;
  /// Pages in the -wal after the last commit.
  int wal_pages() const { return *wal_pages_; }
  /// Copies what it can from the -wal without blocking; false when there is no space for it. Throws on any other error.
  bool checkpoint_some() const;
  /// Moves everything from the -wal into the file, synced, and lets the close delete the -wal.
  void checkpoint_all() const;
  const std::string& file() const { return file_; }

 private:
  friend class PageCopy;
  struct Close {
    void operator()(sqlite3* db) const;
  };
  void check(int code) const;
  std::string file_;
  std::unique_ptr<int> wal_pages_;  // outlives the connection, whose hook writes it
  std::unique_ptr<sqlite3, Close> db_;
};

/// A copy of a database into another, a few pages at a time. What the source's connection writes between two steps is
/// in the copy too. Both connections must outlive it, and belong to the same thread.
class PageCopy {
 public:
  PageCopy(const Database& from, const Database& into);
  /// True: there are more. Throws what either of the two files refuses; the copy is then nothing.
  bool step(int pages);

 private:
  struct Finish {
    void operator()(sqlite3_backup* copy) const;
  };
  const Database& into_;
  std::unique_ptr<sqlite3_backup, Finish> copy_;
};

}  // namespace troth::wal
