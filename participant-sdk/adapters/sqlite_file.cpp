#include "participant-sdk/adapters/sqlite_file.h"

namespace troth::sqlite {
namespace {

constexpr int kBusyMs = 5'000;

std::string mark_of(const std::string& database) {
  return database + ".troth-unsure";
}

/// Whole and synced. While it is there it is the database, and the old files are not.
std::string rebuilt_of(const std::string& database) {
  return database + ".troth-rebuilt";
}

void rename(const Files& files, const std::string& from, const std::string& to) {
  files.rename(from, to);
  files.sync_directory_of(to);
}

void leave_wal(sqlite3* db, bool leave) {
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, leave ? 1 : 0, nullptr);
}

/// Everything is written anew, for a page whose sync failed is taken for clean and never written again by itself.
void copy_to(const std::string& aside, const std::string& database, const char* vfs) {
  const Connection old(database, vfs);
  leave_wal(old.get(), true);
  sqlite3_busy_timeout(old.get(), kBusyMs);
  // With the file in exclusive use nobody goes on reading what is put aside.
  old.run("PRAGMA locking_mode = EXCLUSIVE");
  old.run("BEGIN EXCLUSIVE; ROLLBACK");
  const Statement copy(old.get(), "VACUUM INTO ?1");
  Use(copy).text(aside).run();
}

void rebuild(const Files& files, const std::string& database) {
  const std::string aside = database + ".troth-rebuilding";
  for (const char* suffix : {"", "-journal"}) files.remove(aside + suffix);
  copy_to(aside, database, files.sqlite_vfs());
  files.copy_permissions(database, aside);
  files.sync(aside);
  rename(files, aside, rebuilt_of(database));
}

/// The old WAL goes first: a new file under its name would be given the old pages. From `rebuilt_of` this can be done
/// again at any time.
void put_in_place(const Files& files, const std::string& database) {
  for (const char* suffix : {"-wal", "-shm", "-journal"}) files.remove(database + suffix);
  files.sync_directory_of(database);
  rename(files, rebuilt_of(database), database);
  files.remove(mark_of(database));
  files.sync_directory_of(database);
}

void require(const Connection& db, const char* set, const char* read, const std::string& expected) {
  db.run(set);
  const std::string got = db.text(read);
  if (got != expected) throw SqliteError(SQLITE_ERROR, std::string(set) + ": is " + got + ", not " + expected);
}

void checkpoint(const Connection& db) {
  const Statement statement(db.get(), "PRAGMA wal_checkpoint(TRUNCATE)");
  Use use(statement);
  const bool done = use.row() && (use.integer(0) == 0 || use.integer(1) == use.integer(2));
  if (!done) throw SqliteError(SQLITE_BUSY, "another connection reads the database, so it cannot be checkpointed");
}

}  // namespace

std::string real_path(const Files& files, const std::string& path) {
  if (path.empty() || path[0] == ':') throw SqliteError(SQLITE_MISUSE, "a participant's database is a file: " + path);
  return files.real_path(path);
}

std::shared_ptr<void> only_one(const Files& files, const std::string& database) {
  auto held = files.lock(database + ".troth-lock");
  if (!held) throw SqliteError(SQLITE_BUSY, database + ": another SqliteResource has this database open");
  return held;
}

Database::Database(const Files& files, const std::string& path) : Connection(path, files.sqlite_vfs()) {
  may_close_in_order(false);
  sqlite3_busy_timeout(get(), kBusyMs);
  require(*this, "PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal");
  require(*this, "PRAGMA synchronous = EXTRA", "PRAGMA synchronous", "3");
  require(*this, "PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys", "0");
  run("PRAGMA cell_size_check = ON");
  checkpoint(*this);
}

void Database::may_close_in_order(bool yes) const {
  leave_wal(get(), !yes);
}

std::string mark_unsure(const Files& files, const std::string& database) {
  try {
    files.make(mark_of(database));
    files.sync_directory_of(database);
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

void rebuild_if_unsure(const Files& files, const std::string& database) {
  if (!files.has(rebuilt_of(database))) {
    if (!files.has(mark_of(database))) return;
    rebuild(files, database);
  }
  put_in_place(files, database);
}

}  // namespace troth::sqlite
