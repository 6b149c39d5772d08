// troth/sqlite.h: an application's SQLite database as a Resource. std types only; link troth::sqlite.
//
// You write the SQL of a branch as a function. The adapter runs it under a session, keeps what it changed (a changeset)
// with locks on the rows it touched, and rolls it back: until commit nobody reads it. Commit applies the changeset and
// writes the branch's marker in one transaction of this same database, so they cannot come apart.
#pragma once

#include <troth/participant.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

struct sqlite3;

namespace troth::sqlite {
class Files;
}

namespace troth {

/// Why SQL could not do what was asked, in words for people. Thrown out of a branch's work it is a vote to abort.
class TROTH_API SqliteError : public std::runtime_error {
 public:
  SqliteError(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  int code() const { return code_; }  // SQLite's extended result code

 private:
  int code_;
};

using SqliteValue = std::variant<std::nullptr_t, std::int64_t, double, std::string>;

/// Runs one statement with `values` bound to ?1, ?2, … and returns how many rows it changed. Throws SqliteError.
TROTH_API std::int64_t sqlite_execute(sqlite3* db, const std::string& sql, const std::vector<SqliteValue>& values = {});
/// The first column of the first row, null when there is no row. Throws SqliteError.
TROTH_API SqliteValue sqlite_value(sqlite3* db, const std::string& sql, const std::vector<SqliteValue>& values = {});

struct SqliteOptions {
  /// Run at every start before anything else (CREATE TABLE IF NOT EXISTS …), in one transaction. When it changes rows
  /// or tables such that a branch in doubt could not be committed any more, the database is not opened.
  std::string schema;
  /// How long a branch waits for a row that another branch holds before it votes abort. A branch of a younger
  /// transaction waits an eighth of it for an older one: of two that wait for each other at two participants one gives
  /// up soon.
  std::chrono::milliseconds lock_wait{1'000};
  /// How many branches may wait at the same time; more vote abort at once. Each waiting branch holds a thread of the
  /// pool, so keep it at no more than half of Options::threads: the commit that frees the row needs a thread too.
  unsigned max_waiting = 2;
  /// A branch that changes more than this votes abort.
  std::size_t max_changeset_bytes = std::size_t{16} << 20;
  /// A sync or a write failed at a commit, so nobody knows what is on disk, and this process must end: only its next
  /// start can find out, after it has rebuilt the file. Called once, from the resource's thread, before anybody is
  /// answered; if it returns, every call throws from then on. Empty: one line on stderr and _exit(70).
  std::function<void(const std::string& why)> on_broken;
  /// The disk that the files lie on, which must outlive the resource; null, which is what services want: the operating
  /// system's. The adapter's own tests hand in one that fails on purpose.
  const sqlite::Files* files = nullptr;
};

/// Calls may come from any thread; all SQL runs on one thread of this object over one connection, and what many
/// branches do at once shares one sync of the disk. Every answer is given after what it says is durable (WAL,
/// synchronous=EXTRA). When a sync fails nobody knows what is on disk: SqliteOptions::on_broken is called, and the file
/// is marked (`<file>.troth-unsure`). The next start copies what it can read to a new file, syncs it and puts it in the
/// place of the old one before it answers anybody; it needs the room for that, and no other process may have the file
/// open then.
///
/// Refused, as a vote to abort with the reason: a row locked by another branch; a failed CHECK or NOT NULL; tables
/// that are neither keyed by INTEGER PRIMARY KEY nor WITHOUT ROWID; tables with triggers, foreign keys (either end), a
/// UNIQUE key beside the primary key, a primary key not compared as BINARY, generated columns; virtual and temporary
/// tables; DDL, PRAGMA, ATTACH, BEGIN, SAVEPOINT; this adapter's own tables (`troth_…`). All writes to tables that
/// branches change must go through branches; other connections may read.
///
/// Not isolation: rows a branch only reads are not locked. A read-modify-write in one UPDATE is safe, because the row
/// it changes is locked; a decision that rests on another row must change that row too, to another value: an UPDATE
/// that leaves a row as it was locks nothing. Keys that SQLite gives (INSERT without the INTEGER PRIMARY KEY) collide
/// when branches insert at the same time, for none sees the others' rows, and one waits: give keys of your own.
class TROTH_API SqliteResource : public Resource {
 public:
  /// The SQL of a branch. It sees committed state only. It may run more than once (after waiting for a lock), and what
  /// it does outside this database is not undone. `db` is valid within the call. An exception is a vote to abort, and
  /// so is any refused statement, also when its error was ignored.
  using Work = std::function<Vote(sqlite3* db, const Branch& branch)>;

  /// Opens or makes the database at `path`. Throws SqliteError when that fails, also when another process has it open
  /// as a SqliteResource. `work` runs a branch that was not joined from its payload.
  SqliteResource(const std::string& path, Work work, SqliteOptions options = {});
  ~SqliteResource() override;
  SqliteResource(const SqliteResource&) = delete;
  SqliteResource& operator=(const SqliteResource&) = delete;

  /// Does work as part of an accepted enlistment, before prepare; may be called several times for one branch, and each
  /// call sees what the earlier ones did. kAbort: nothing of this call stands, the reason says why. The rows changed
  /// are locked at once. Kept in memory: lost in a crash (then the branch votes abort) and dropped when
  /// `enlisted.deadline_in` has passed.
  Vote run(const Enlistment& enlisted, const Work& work);

  Vote prepare(const Branch& branch) override;
  Ack commit(const Branch& branch) override;
  Ack abort(const Branch& branch) override;
  std::vector<BranchId> in_doubt() override;
  bool keeps_seen() const override { return true; }
  std::vector<Seen> seen() override;
  void remember(const Seen& seen) override;
  /// Returns at once; done together with the next work, within a second.
  void forget(const std::vector<BranchId>& branches, const TransactionId& horizon) override;
  bool has_one_phase() const override { return true; }
  Ack commit_one_phase(const Branch& branch) override;

 private:
  struct Held;
  struct Impl;
  static std::unique_ptr<Held> hold(const std::string& path, Work work, SqliteOptions options);
  std::unique_ptr<Held> held_;
  Impl* impl_;
};

}  // namespace troth
