#include "participant-sdk/adapters/sqlite_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace troth::sqlite {
namespace {

constexpr int kBusyMs = 5'000;

[[noreturn]] void fail_file(const std::string& path, const char* doing) {
  throw SqliteError(SQLITE_IOERR, path + ": " + doing + ": " + std::strerror(errno));
}

std::string mark_of(const std::string& database) {
  return database + ".troth-unsure";
}

/// Whole and synced. While it is there it is the database, and the old files are not.
std::string rebuilt_of(const std::string& database) {
  return database + ".troth-rebuilt";
}

void sync(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (fd < 0) fail_file(path, "open");
  const int code = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  errno = error;
  if (code != 0) fail_file(path, "sync");
}

void sync_directory_of(const std::string& path) {
  sync(std::filesystem::path(path).parent_path().string(), O_RDONLY | O_DIRECTORY);
}

bool is_there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

void remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail_file(path, "remove");
}

void rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail_file(from, "rename");
  sync_directory_of(to);
}

void leave_wal(sqlite3* db, bool leave) {
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, leave ? 1 : 0, nullptr);
}

/// Everything is written anew, for a page whose sync failed is taken for clean and never written again by itself.
void copy_to(const std::string& aside, const std::string& database) {
  const Connection old(database);
  leave_wal(old.get(), true);
  sqlite3_busy_timeout(old.get(), kBusyMs);
  // With the file in exclusive use nobody goes on reading what is put aside.
  old.run("PRAGMA locking_mode = EXCLUSIVE");
  old.run("BEGIN EXCLUSIVE; ROLLBACK");
  const Statement copy(old.get(), "VACUUM INTO ?1");
  Use(copy).text(aside).run();
}

void rebuild(const std::string& database) {
  const std::string aside = database + ".troth-rebuilding";
  for (const char* suffix : {"", "-journal"}) remove(aside + suffix);
  copy_to(aside, database);
  std::filesystem::permissions(aside, std::filesystem::status(database).permissions());
  sync(aside, O_RDWR);
  rename(aside, rebuilt_of(database));
}

/// The old WAL goes first: a new file under its name would be given the old pages. From `rebuilt_of` this can be done
/// again at any time.
void put_in_place(const std::string& database) {
  for (const char* suffix : {"-wal", "-shm", "-journal"}) remove(database + suffix);
  sync_directory_of(database);
  rename(rebuilt_of(database), database);
  remove(mark_of(database));
  sync_directory_of(database);
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

std::string real_path(const std::string& path) {
  if (path.empty() || path[0] == ':') throw SqliteError(SQLITE_MISUSE, "a participant's database is a file: " + path);
  std::error_code error;
  const auto real = std::filesystem::weakly_canonical(std::filesystem::absolute(path), error);
  if (error) throw SqliteError(SQLITE_CANTOPEN, path + ": " + error.message());
  return real.string();
}

OnlyOne::OnlyOne(const std::string& database)
    : fd_(::open((database + ".troth-lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (fd_ < 0) throw SqliteError(SQLITE_CANTOPEN, database + ".troth-lock: " + std::strerror(errno));
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(fd_);
  throw SqliteError(SQLITE_BUSY, database + ": another SqliteResource has this database open");
}

OnlyOne::~OnlyOne() {
  ::close(fd_);
}

Database::Database(const std::string& path) : Connection(path) {
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

std::string mark_unsure(const std::string& database) {
  try {
    sync(mark_of(database), O_WRONLY | O_CREAT);
    sync_directory_of(database);
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

void rebuild_if_unsure(const std::string& database) {
  if (!is_there(rebuilt_of(database))) {
    if (!is_there(mark_of(database))) return;
    rebuild(database);
  }
  put_in_place(database);
}

}  // namespace troth::sqlite
