#include "tests/vfs/sim_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>

namespace troth::vfs {
namespace {

SimDisk& disk_of(sqlite3_vfs* vfs) {
  return *static_cast<SimDisk*>(vfs->pAppData);
}

struct State {
  SimDisk* disk;
  SimHandle handle;
  std::string path;  // empty: nameless
  int lock = SQLITE_LOCK_NONE;
  bool sync_directory = false;  // a journal that was just made: its first sync makes its name durable, as on unix
  bool delete_on_close = false;
  std::shared_ptr<SimShm> shm;  // from the first use to the unmapping

  bool is_nameless() const { return path.empty(); }
};

struct File {
  sqlite3_file base;
  State* state;
};

State& state_of(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file)->state;
}

int code_of(int error, int io_error) {
  if (error == 0) return SQLITE_OK;
  return error == ENOSPC ? SQLITE_FULL : io_error;
}

int read(sqlite3_file* file, void* data, int size, sqlite3_int64 at) {
  State& state = state_of(file);
  const auto wanted = static_cast<std::size_t>(size);
  std::string bytes;
  if (state.is_nameless()) {
    const std::string& image = state.handle.node->content.current();
    if (static_cast<std::uint64_t>(at) < image.size()) bytes = image.substr(static_cast<std::size_t>(at), wanted);
  } else if (state.disk->read(state.handle, static_cast<std::uint64_t>(at), wanted, bytes) != 0) {
    return SQLITE_IOERR_READ;
  }
  std::memcpy(data, bytes.data(), bytes.size());
  if (bytes.size() == wanted) return SQLITE_OK;
  std::memset(static_cast<char*>(data) + bytes.size(), 0, wanted - bytes.size());
  return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
  State& state = state_of(file);
  const std::string_view bytes(static_cast<const char*>(data), static_cast<std::size_t>(size));
  const auto offset = static_cast<std::uint64_t>(at);
  if (!state.is_nameless()) return code_of(state.disk->write(state.handle, offset, bytes), SQLITE_IOERR_WRITE);
  state.handle.node->content.write(offset, bytes);
  return SQLITE_OK;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  State& state = state_of(file);
  const auto bytes = static_cast<std::uint64_t>(size);
  if (!state.is_nameless()) return code_of(state.disk->truncate(state.handle, bytes), SQLITE_IOERR_TRUNCATE);
  state.handle.node->content.truncate(bytes);
  return SQLITE_OK;
}

int sync(sqlite3_file* file, int) {
  State& state = state_of(file);
  if (state.is_nameless()) return SQLITE_OK;
  if (state.disk->sync(state.handle) != 0) return SQLITE_IOERR_FSYNC;
  if (!state.sync_directory) return SQLITE_OK;
  if (state.disk->sync_directory(state.path.substr(0, state.path.rfind('/'))) != 0) return SQLITE_IOERR_DIR_FSYNC;
  state.sync_directory = false;
  return SQLITE_OK;
}

int size_of(sqlite3_file* file, sqlite3_int64* size) {
  State& state = state_of(file);
  if (state.disk->is_gone(state.handle)) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(state.handle.node->content.size());
  return SQLITE_OK;
}

int unlock(sqlite3_file* file, int level) {
  State& state = state_of(file);
  state.lock = std::min(state.lock, level);
  if (state.disk->is_gone(state.handle)) return SQLITE_OK;  // its locks went with the process
  if (state.lock == SQLITE_LOCK_NONE) {
    state.handle.node->locks.erase(&state);
  } else {
    state.handle.node->locks[&state] = state.lock;
  }
  return SQLITE_OK;
}

int highest_other_lock(const State& state) {
  int highest = SQLITE_LOCK_NONE;
  for (const auto& [holder, level] : state.handle.node->locks) {
    if (holder != &state) highest = std::max(highest, level);
  }
  return highest;
}

int lock(sqlite3_file* file, int level) {
  State& state = state_of(file);
  if (state.disk->is_gone(state.handle)) return SQLITE_IOERR_LOCK;
  if (level <= state.lock) return SQLITE_OK;
  const int other = highest_other_lock(state);
  const bool refused = level == SQLITE_LOCK_SHARED     ? other >= SQLITE_LOCK_PENDING
                       : level == SQLITE_LOCK_RESERVED ? other >= SQLITE_LOCK_RESERVED
                                                       : other >= SQLITE_LOCK_SHARED;
  if (refused) return SQLITE_BUSY;
  state.lock = level;
  state.handle.node->locks[&state] = level;
  return SQLITE_OK;
}

int check_lock(sqlite3_file* file, int* reserved) {
  const State& state = state_of(file);
  *reserved = state.lock >= SQLITE_LOCK_RESERVED || highest_other_lock(state) >= SQLITE_LOCK_RESERVED ? 1 : 0;
  return SQLITE_OK;
}

int control(sqlite3_file* file, int operation, void* argument) {
  State& state = state_of(file);
  if (operation == SQLITE_FCNTL_MMAP_SIZE) {
    *static_cast<sqlite3_int64*>(argument) = 0;  // what is mapped now: never anything
    return SQLITE_OK;
  }
  if (operation != SQLITE_FCNTL_HAS_MOVED) return SQLITE_NOTFOUND;
  *static_cast<int*>(argument) = !state.is_nameless() && state.disk->find(state.path) != state.handle.node ? 1 : 0;
  return SQLITE_OK;
}

int sector_size(sqlite3_file* file) {
  return static_cast<int>(state_of(file).disk->medium().sector);
}

int characteristics(sqlite3_file* file) {
  return state_of(file).disk->medium().powersafe_overwrite ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

int shm_map(sqlite3_file* file, int number, int size, int extend, void volatile** out) {
  State& state = state_of(file);
  *out = nullptr;
  if (state.disk->is_gone(state.handle)) return SQLITE_IOERR_SHMMAP;
  if (!state.shm) state.shm = state.handle.node->shm.lock();
  if (!state.shm) {
    state.shm = std::make_shared<SimShm>();
    state.handle.node->shm = state.shm;
  }
  *out = state.shm->region(number, static_cast<std::size_t>(size), extend != 0);
  return SQLITE_OK;
}

int shm_lock(sqlite3_file* file, int first, int count, int flags) {
  State& state = state_of(file);
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    if (state.shm) state.shm->unlock(&state, first, count);
    return SQLITE_OK;
  }
  if (!state.shm || state.disk->is_gone(state.handle)) return SQLITE_IOERR_SHMLOCK;
  const bool taken = (flags & SQLITE_SHM_EXCLUSIVE) != 0 ? state.shm->lock_exclusive(&state, first, count)
                                                         : state.shm->lock_shared(&state, first, count);
  return taken ? SQLITE_OK : SQLITE_BUSY;
}

void shm_barrier(sqlite3_file*) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

int shm_unmap(sqlite3_file* file, int) {
  State& state = state_of(file);
  if (state.shm) state.shm->unlock(&state, 0, SimShm::kLocks);
  state.shm.reset();
  return SQLITE_OK;
}

int close(sqlite3_file* file) {
  unlock(file, SQLITE_LOCK_NONE);
  const std::unique_ptr<State> state(&state_of(file));
  if (state->delete_on_close && !state->is_nameless()) state->disk->remove(state->path);
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {
    2,         close,      read,    write,       truncate,        sync,    size_of,  lock,
    unlock,    check_lock, control, sector_size, characteristics, shm_map, shm_lock, shm_barrier,
    shm_unmap, nullptr,    nullptr};

int open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  SimDisk& disk = disk_of(vfs);
  file->pMethods = nullptr;
  if (disk.is_dead()) return SQLITE_CANTOPEN;
  auto state = std::make_unique<State>();
  state->disk = &disk;
  state->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  if (name == nullptr) {
    state->handle = disk.open_nameless();
  } else {
    state->path = name;
    const bool create = (flags & SQLITE_OPEN_CREATE) != 0;
    if (disk.open(name, {create, (flags & SQLITE_OPEN_EXCLUSIVE) != 0, false}, state->handle) != 0) {
      return SQLITE_CANTOPEN;
    }
    constexpr int kJournals = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
    state->sync_directory = create && (flags & kJournals) != 0;
  }
  reinterpret_cast<File*>(file)->state = state.release();
  file->pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  SimDisk& disk = disk_of(vfs);
  const int error = disk.remove(name);
  if (error == ENOENT) return SQLITE_IOERR_DELETE_NOENT;
  if (error != 0) return SQLITE_IOERR_DELETE;
  const std::string path(name);
  if (sync_directory != 0 && disk.sync_directory(path.substr(0, path.rfind('/'))) != 0) return SQLITE_IOERR_DIR_FSYNC;
  return SQLITE_OK;
}

int access(sqlite3_vfs* vfs, const char* name, int what, int* out) {
  if (disk_of(vfs).is_dead()) return SQLITE_IOERR_ACCESS;
  const auto node = disk_of(vfs).find(name);
  // An empty file counts as none, as on unix.
  *out = node != nullptr && (what != SQLITE_ACCESS_EXISTS || node->content.size() != 0) ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
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
  return "troth-sim-" + std::to_string(++made);
}

}  // namespace

struct SimVfs::Registered {
  sqlite3_vfs vfs{};
};

SimVfs::SimVfs(SimDisk& disk) : name_(next_name()), registered_(std::make_unique<Registered>()) {
  sqlite3_vfs& vfs = registered_->vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(File);
  vfs.mxPathname = 512;
  vfs.zName = name_.c_str();
  vfs.pAppData = &disk;
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

SimVfs::~SimVfs() {
  sqlite3_vfs_unregister(&registered_->vfs);
}

void seed_sqlite(std::uint32_t seed) {
  const int nonzero = static_cast<int>(seed & 0x7fffffffU) | 1;
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, nonzero, nullptr);
}

}  // namespace troth::vfs
