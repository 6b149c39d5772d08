#include "tests/vfs/fault_vfs.h"

#include <sqlite3.h>

#include <cstring>

namespace troth::vfs {

namespace {

/// What the functions need that SQLite calls.
struct Below {
  sqlite3_vfs* real;
  Faults* faults;
  FaultVfs::Options options;
};

struct File {
  sqlite3_file base;
  const Below* below;
};

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
}
const sqlite3_io_methods& methods(sqlite3_file* file) {
  return *real(file)->pMethods;
}

/// SQLITE_OK: nothing is wrong with this operation.
int strike(const Below& below, Operation operation, int io_error) {
  const auto strike = below.faults->next(operation);
  if (!strike) return SQLITE_OK;
  if (strike->kind == FaultKind::kCrash) below.options.die();
  return strike->kind == FaultKind::kNoSpace ? SQLITE_FULL : io_error;
}

int close_file(sqlite3_file* file) {
  return methods(file).xClose(real(file));
}

int read(sqlite3_file* file, void* data, int size, sqlite3_int64 at) {
  const auto strike = reinterpret_cast<File*>(file)->below->faults->next(Operation::kRead);
  if (strike && strike->kind == FaultKind::kReadFails) return SQLITE_IOERR_READ;
  const int code = methods(file).xRead(real(file), data, size, at);
  if (!strike || (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)) return code;
  auto* const bytes = static_cast<char*>(data);
  if (strike->kind == FaultKind::kShortRead) {
    std::memset(bytes + size / 2, 0, static_cast<std::size_t>(size - size / 2));
    return SQLITE_IOERR_SHORT_READ;
  }
  const int middle = size / 2;
  bytes[middle] = static_cast<char>(bytes[middle] ^ 0x10);
  if (strike->sticky && code == SQLITE_OK) methods(file).xWrite(real(file), bytes + middle, 1, at + middle);
  return code;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
  const Below& below = *reinterpret_cast<File*>(file)->below;
  const auto strike = below.faults->next(Operation::kWrite);
  if (!strike) return methods(file).xWrite(real(file), data, size, at);
  const bool crash = strike->kind == FaultKind::kCrash;
  if (!crash || below.options.tears_writes) methods(file).xWrite(real(file), data, size / 2, at);
  if (crash) below.options.die();
  return strike->kind == FaultKind::kNoSpace ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  const int code = strike(*reinterpret_cast<File*>(file)->below, Operation::kTruncate, SQLITE_IOERR_TRUNCATE);
  return code != SQLITE_OK ? code : methods(file).xTruncate(real(file), size);
}
int sync(sqlite3_file* file, int flags) {
  const Below& below = *reinterpret_cast<File*>(file)->below;
  const auto strike = below.faults->next(Operation::kSync);
  if (!strike) return methods(file).xSync(real(file), flags);
  if (strike->kind == FaultKind::kCrash) below.options.die();
  return strike->kind == FaultKind::kSyncLies ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}
int size_of(sqlite3_file* file, sqlite3_int64* size) {
  return methods(file).xFileSize(real(file), size);
}
int lock(sqlite3_file* file, int level) {
  return methods(file).xLock(real(file), level);
}
int unlock(sqlite3_file* file, int level) {
  return methods(file).xUnlock(real(file), level);
}
int check_lock(sqlite3_file* file, int* out) {
  return methods(file).xCheckReservedLock(real(file), out);
}
int control(sqlite3_file* file, int operation, void* argument) {
  return methods(file).xFileControl(real(file), operation, argument);
}
int sector_size(sqlite3_file* file) {
  return methods(file).xSectorSize(real(file));
}
int characteristics(sqlite3_file* file) {
  return methods(file).xDeviceCharacteristics(real(file));
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return methods(file).xShmMap(real(file), page, size, extend, out);
}
int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
  return methods(file).xShmLock(real(file), offset, n, flags);
}
void shm_barrier(sqlite3_file* file) {
  methods(file).xShmBarrier(real(file));
}
int shm_unmap(sqlite3_file* file, int remove) {
  return methods(file).xShmUnmap(real(file), remove);
}

// Version 2: without memory-mapped reads, which nothing could be injected into.
const sqlite3_io_methods kMethods = {
    2,         close_file, read,    write,       truncate,        sync,    size_of,  lock,
    unlock,    check_lock, control, sector_size, characteristics, shm_map, shm_lock, shm_barrier,
    shm_unmap, nullptr,    nullptr};

const Below& below_of(sqlite3_vfs* vfs) {
  return *static_cast<const Below*>(vfs->pAppData);
}

int open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  const Below& below = below_of(vfs);
  file->pMethods = nullptr;
  int exists = 1;
  if (name != nullptr && (flags & SQLITE_OPEN_CREATE) != 0) {
    below.real->xAccess(below.real, name, SQLITE_ACCESS_READ, &exists);
  }
  if (exists == 0 && strike(below, Operation::kCreate, SQLITE_CANTOPEN) != SQLITE_OK) return SQLITE_CANTOPEN;
  reinterpret_cast<File*>(file)->below = &below;
  const int code = below.real->xOpen(below.real, name, real(file), flags, out_flags);
  if (real(file)->pMethods != nullptr) file->pMethods = &kMethods;
  return code;
}

int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  const Below& below = below_of(vfs);
  const int code = strike(below, Operation::kDelete, SQLITE_IOERR_DELETE);
  return code != SQLITE_OK ? code : below.real->xDelete(below.real, name, sync_directory);
}

}  // namespace

struct FaultVfs::Registered {
  sqlite3_vfs vfs;
  Below below;
};

FaultVfs::FaultVfs(Faults& faults, Options options) : registered_(std::make_unique<Registered>()) {
  registered_->below = {sqlite3_vfs_find(nullptr), &faults, std::move(options)};
  sqlite3_vfs& vfs = registered_->vfs;
  vfs = *registered_->below.real;
  vfs.zName = "troth-fault";
  vfs.szOsFile = static_cast<int>(sizeof(File)) + registered_->below.real->szOsFile;
  vfs.pAppData = &registered_->below;
  vfs.xOpen = open;
  vfs.xDelete = remove;
  sqlite3_vfs_register(&vfs, registered_->below.options.is_default ? 1 : 0);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&registered_->vfs);
}

}  // namespace troth::vfs
