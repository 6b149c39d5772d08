// A VFS that is SQLite's own but for the few calls that change files. An open file keeps SQLite's own layout; only its
// table of methods is exchanged for a copy in which those calls are ours, so nothing else needs forwarding.
#include <sqlite3.h>

#include <map>
#include <mutex>
#include <string>

#include "tests/e2e/chaos/chaos_files.h"
#include "tests/e2e/chaos/names.h"

namespace troth::chaos {
namespace {

struct Open {
  const sqlite3_io_methods* real;
  std::string thing;
};

struct Registered {
  Points* points = nullptr;
  sqlite3_vfs* real = nullptr;
  sqlite3_vfs ours{};
  std::mutex mutex;
  std::map<sqlite3_file*, Open> open;
  std::map<const sqlite3_io_methods*, sqlite3_io_methods> tables;  // SQLite's → ours
};

Registered& registered() {
  static Registered one;
  return one;
}

Open open_of(sqlite3_file* file) {
  const std::lock_guard lock(registered().mutex);
  return registered().open.at(file);
}

template <class Act>
int between(const char* before, const char* after, const std::string& thing, const Act& act) {
  Points& points = *registered().points;
  points.pass_in_phase(std::string(before) + "." + thing);
  const int code = act();
  points.pass_in_phase(std::string(after) + "." + thing);
  return code;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
  const Open open = open_of(file);
  return between("write", "written", open.thing, [&] { return open.real->xWrite(file, data, size, at); });
}

int sync(sqlite3_file* file, int flags) {
  const Open open = open_of(file);
  return between("sync", "synced", open.thing, [&] { return open.real->xSync(file, flags); });
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  const Open open = open_of(file);
  return between("truncate", "truncated", open.thing, [&] { return open.real->xTruncate(file, size); });
}

int close(sqlite3_file* file) {
  const Open open = open_of(file);
  {
    const std::lock_guard lock(registered().mutex);
    registered().open.erase(file);
  }
  file->pMethods = open.real;
  return open.real->xClose(file);
}

int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  Registered& all = registered();
  const int code = all.real->xOpen(all.real, name, file, flags, out_flags);
  if (code != SQLITE_OK || file->pMethods == nullptr) return code;
  const std::lock_guard lock(all.mutex);
  const auto [table, is_new] = all.tables.try_emplace(file->pMethods, *file->pMethods);
  if (is_new) {
    table->second.xWrite = write;
    table->second.xSync = sync;
    table->second.xTruncate = truncate;
    table->second.xClose = close;
  }
  all.open[file] = {file->pMethods, std::string(name_of_file(name != nullptr ? name : "temporary"))};
  file->pMethods = &table->second;
  return code;
}

int remove(sqlite3_vfs*, const char* name, int sync_directory) {
  sqlite3_vfs* const real = registered().real;
  return between("remove", "removed", std::string(name_of_file(name)),
                 [&] { return real->xDelete(real, name, sync_directory); });
}

}  // namespace

void register_vfs(Points& points) {
  Registered& all = registered();
  all.points = &points;
  all.real = sqlite3_vfs_find(nullptr);
  all.ours = *all.real;
  all.ours.zName = "troth-chaos";
  all.ours.xOpen = open;
  all.ours.xDelete = remove;
  sqlite3_vfs_register(&all.ours, 0);
}

}  // namespace troth::chaos
