#include "tests/sdk/adapters/sim_files.h"

#include <sqlite3.h>
#include <troth/sqlite.h>

#include <cerrno>
#include <cstring>

namespace troth::testing {
namespace {

void check(int error, const std::string& path, const char* doing) {
  if (error != 0) throw SqliteError(SQLITE_IOERR, path + ": " + doing + ": " + std::strerror(error));
}

/// What a lock file's lock is: gone with its holder or with the process.
class Lock {
 public:
  explicit Lock(vfs::SimHandle handle) : handle_(std::move(handle)) {
    handle_.node->locks[this] = SQLITE_LOCK_EXCLUSIVE;
  }
  ~Lock() { handle_.node->locks.erase(this); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  const vfs::SimHandle handle_;
};

}  // namespace

std::shared_ptr<void> SimFiles::lock(const std::string& path) const {
  vfs::SimHandle handle;
  check(disk_.open(path, {true, false, false}, handle), path, "open");
  return handle.node->locks.empty() ? std::make_shared<Lock>(handle) : nullptr;
}

bool SimFiles::has(const std::string& path) const {
  return disk_.find(path) != nullptr;
}

void SimFiles::make(const std::string& path) const {
  vfs::SimHandle handle;
  check(disk_.open(path, {true, false, false}, handle), path, "open");
  check(disk_.sync(handle), path, "sync");
}

void SimFiles::sync(const std::string& path) const {
  vfs::SimHandle handle;
  check(disk_.open(path, {}, handle), path, "open");
  check(disk_.sync(handle), path, "sync");
}

void SimFiles::remove(const std::string& path) const {
  const int error = disk_.remove(path);
  if (error != ENOENT) check(error, path, "remove");
}

void SimFiles::rename(const std::string& from, const std::string& to) const {
  check(disk_.rename(from, to), from, "rename");
}

void SimFiles::sync_directory_of(const std::string& path) const {
  check(disk_.sync_directory(path.substr(0, path.rfind('/'))), path, "sync the directory");
}

}  // namespace troth::testing
