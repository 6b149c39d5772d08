// tests/vfs/sim_shm.h: the memory that SQLite's connections to one file share in WAL mode (the -shm file), and its
// locks. It ends with its last connection, and at a crash.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace troth::vfs {

/// Connections are told apart by their addresses. One thread at a time; what is in the regions is SQLite's to guard.
class SimShm {
 public:
  static constexpr int kLocks = 8;  // SQLITE_SHM_NLOCK

  /// Region `number` of `size` bytes, zeroed when it is new; null when it is not there and `make` is false. It stays at
  /// its place as long as this lives.
  void volatile* region(int number, std::size_t size, bool make);

  /// Takes or gives back the locks [first, first + count) for `who`. False: somebody else has one of them, and nothing
  /// was taken. Giving back what one does not have is nothing.
  bool lock_shared(const void* who, int first, int count);
  bool lock_exclusive(const void* who, int first, int count);
  void unlock(const void* who, int first, int count);

 private:
  struct Lock {
    std::vector<const void*> shared;
    const void* exclusive = nullptr;
  };
  bool is_free_of_writers(const void* who, int first, int count) const;

  std::vector<std::unique_ptr<char[]>> regions_;
  std::array<Lock, kLocks> locks_;
};

}  // namespace troth::vfs
