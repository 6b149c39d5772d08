#include "wal/reading.h"

#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <exception>

namespace troth::wal {
namespace {

/// An open file; none when a -wal was asked for that is not there.
struct State {
  std::unique_ptr<File> file;
  std::uint64_t size = 0;
};

struct Handle {
  sqlite3_file base;
  State* state;
};

State& state_of(sqlite3_file* file) {
  return *reinterpret_cast<Handle*>(file)->state;
}

const Directory& directory_of(sqlite3_vfs* vfs) {
  return *static_cast<const Directory*>(vfs->pAppData);
}

/// The name in the directory that a path means, empty when it means none.
std::string name_of(sqlite3_vfs* vfs, const char* path) {
  const std::string folder = directory_of(vfs).path_of("");
  return path != nullptr && std::string_view(path).starts_with(folder) ? path + folder.size() : "";
}

int close(sqlite3_file* file) {
  delete &state_of(file);
  return SQLITE_OK;
}

int read(sqlite3_file* file, void* data, int size, sqlite3_int64 at) {
  const State& state = state_of(file);
  const auto wanted = static_cast<std::size_t>(size);
  std::string bytes;
  try {
    if (state.file != nullptr) bytes = state.file->read(static_cast<std::uint64_t>(at), wanted);
  } catch (const std::exception&) {
    return SQLITE_IOERR_READ;
  }
  std::memcpy(data, bytes.data(), bytes.size());
  if (bytes.size() == wanted) return SQLITE_OK;
  std::memset(static_cast<char*>(data) + bytes.size(), 0, wanted - bytes.size());
  return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file*, const void*, int, sqlite3_int64) {
  return SQLITE_READONLY;
}
int truncate(sqlite3_file*, sqlite3_int64) {
  return SQLITE_READONLY;
}
int sync(sqlite3_file*, int) {
  return SQLITE_OK;
}
int size_of(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(state_of(file).size);
  return SQLITE_OK;
}
int lock(sqlite3_file*, int) {
  return SQLITE_OK;
}
int check_lock(sqlite3_file*, int* reserved) {
  *reserved = 0;
  return SQLITE_OK;
}
int control(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}
int sector_size(sqlite3_file*) {
  return 0;
}
int characteristics(sqlite3_file*) {
  return 0;
}

const sqlite3_io_methods kMethods = {
    1,           close,           read,    write,   truncate, sync,    size_of, lock,   lock, check_lock, control,
    sector_size, characteristics, nullptr, nullptr, nullptr,  nullptr, nullptr, nullptr};

int open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  auto state = std::make_unique<State>();
  try {
    const Directory& directory = directory_of(vfs);
    const std::string name = name_of(vfs, path);
    const bool is_there = !name.empty() && directory.has(name);
    if (!is_there && (flags & SQLITE_OPEN_WAL) == 0) return SQLITE_CANTOPEN;
    if (is_there) {
      state->file = directory.open(name, OpenFor::kReading);
      state->size = directory.size_of(name);
    }
  } catch (const std::exception&) {
    return SQLITE_CANTOPEN;
  }
  reinterpret_cast<Handle*>(file)->state = state.release();
  file->pMethods = &kMethods;
  constexpr int kWays = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (out_flags != nullptr) *out_flags = (flags & ~kWays) | SQLITE_OPEN_READONLY;
  return SQLITE_OK;
}

int remove(sqlite3_vfs*, const char*, int) {
  return SQLITE_IOERR_DELETE;
}

int access(sqlite3_vfs* vfs, const char* path, int, int* found) {
  try {
    const std::string name = name_of(vfs, path);
    *found = !name.empty() && directory_of(vfs).size_of(name) != 0 ? 1 : 0;  // an empty file counts as none
  } catch (const std::exception&) {
    return SQLITE_IOERR_ACCESS;
  }
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* path, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", path);
  return SQLITE_OK;
}
int randomness(sqlite3_vfs*, int size, char* out) {
  std::memset(out, 0, static_cast<std::size_t>(size));
  return size;
}
int sleep(sqlite3_vfs*, int microseconds) {
  return microseconds;
}
int current_time(sqlite3_vfs*, double* days) {
  *days = 2460000.5;
  return SQLITE_OK;
}
int last_error(sqlite3_vfs*, int, char*) {
  return 0;
}

std::string next_name() {
  static std::atomic<int> made{0};
  return "troth-reading-" + std::to_string(++made);
}

}  // namespace

struct ReadingVfs::Registered {
  sqlite3_vfs vfs{};
};

ReadingVfs::ReadingVfs(const Directory& directory) : name_(next_name()), registered_(std::make_unique<Registered>()) {
  sqlite3_vfs& vfs = registered_->vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(Handle);
  vfs.mxPathname = 4096;
  vfs.zName = name_.c_str();
  vfs.pAppData = const_cast<Directory*>(&directory);
  vfs.xOpen = open;
  vfs.xDelete = remove;
  vfs.xAccess = access;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = randomness;
  vfs.xSleep = sleep;
  vfs.xCurrentTime = current_time;
  vfs.xGetLastError = last_error;
  sqlite3_vfs_register(&vfs, 0);
}

ReadingVfs::~ReadingVfs() {
  sqlite3_vfs_unregister(&registered_->vfs);
}

}  // namespace troth::wal
