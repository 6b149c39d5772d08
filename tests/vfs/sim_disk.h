// tests/vfs/sim_disk.h: a disk in memory that fails on purpose. Files and directory entries have a current state, which
// the process sees, and a durable one, which a power cut leaves; what happens between is decided by the seed alone.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/vfs/faults.h"
#include "tests/vfs/sim_file.h"
#include "tests/vfs/sim_shm.h"

namespace troth::vfs {

struct SimNode {
  SimFile content;
  std::map<const void*, int> locks;  // by holder: SQLite's lock levels
  std::weak_ptr<SimShm> shm;         // its connections own it; empty after a crash
};

/// An open file. It belongs to the process that opened it: after a crash it is good for nothing.
struct SimHandle {
  std::shared_ptr<SimNode> node;
  std::uint64_t life = 0;
};

/// One process at a time runs on it, one thread at a time calls it. Calls return 0 or an errno; between a crash and
/// `restart` each returns EIO. Paths are plain strings with one directory before the last slash.
class SimDisk {
 public:
  struct Options {
    Medium medium;
    std::uint64_t capacity = std::uint64_t{1} << 30;  // bytes in files; more is ENOSPC
    std::uint64_t seed = 1;
  };
  explicit SimDisk(const Options& options) : options_(options), random_(options.seed) {}
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;

  // --- what a test does to it
  Faults& faults() { return faults_; }
  const Medium& medium() const { return options_.medium; }
  /// The process dies in operation `operation`, which counts as begun: kKill leaves any part of it, a power cut may
  /// keep what it wrote or made.
  void crash_at(std::uint64_t operation, Ending ending, std::uint64_t salt = 0);
  /// The process dies now.
  void crash(Ending ending, std::uint64_t salt = 0);
  bool is_dead() const { return dead_; }
  /// A new process may begin. Faults that were planned and did not strike, and sticky ones, stay.
  void restart() { dead_ = false; }
  /// From here on, syncs of files whose name ends so do nothing and say that all is well.
  void ignore_syncs_of(std::string suffix) { ignored_ = std::move(suffix); }
  void set_capacity(std::uint64_t bytes) { options_.capacity = bytes; }

  void make_directory(const std::string& path) { directories_[path] = nullptr; }
  /// As an operator with `cp` and `rm`, and durable: no operation, no fault.
  void put(const std::string& path, std::string_view content);
  void erase(const std::string& path);
  /// Everything as on `other`, also what is not durable there; open files, locks and planned faults are not copied.
  void copy_state(const SimDisk& other);
  void copy_directory(const SimDisk& from, const std::string& from_path, const std::string& to_path);
  /// Every file of a directory as a process sees it, by name.
  std::map<std::string, std::string> contents(const std::string& directory) const;
  /// Flips one bit on the disk; false when the file is not that long.
  bool flip_bit(const std::string& path, std::uint64_t bit);

  // --- what a process does with it
  struct Use {
    bool create = false;
    bool exclusive = false;  // with create: it must not be there
    bool empty = false;
  };
  int open(const std::string& path, const Use& use, SimHandle& handle);
  /// A file without a name, as SQLite's temporary ones: not counted, no faults.
  SimHandle open_nameless() const { return {std::make_shared<SimNode>(), life_}; }
  int read(const SimHandle& handle, std::uint64_t offset, std::size_t size, std::string& bytes);
  int write(const SimHandle& handle, std::uint64_t offset, std::string_view bytes);
  int truncate(const SimHandle& handle, std::uint64_t size);
  int sync(const SimHandle& handle);
  int remove(const std::string& path);
  int rename(const std::string& from, const std::string& to);
  /// One that fails leaves the names undecided: they are kept in a journal, which forgets none of them by itself.
  int sync_directory(const std::string& path);

  /// True when a call with it must fail: its process died.
  bool is_ignored(const SimHandle& handle) const;
  bool is_gone(const SimHandle& handle) const { return dead_ || handle.life != life_; }
  std::uint64_t life() const { return life_; }
  /// Null when there is no such file.
  std::shared_ptr<SimNode> find(const std::string& path) const;
  bool has_directory(const std::string& path) const { return directories_.contains(path); }
  std::uint64_t free_bytes() const;
  /// The lock of a directory, which goes with its holder's process.
  bool lock_directory(const std::string& path, const void* holder);
  void unlock_directory(const std::string& path, const void* holder);

 private:
  using Names = std::map<std::string, std::shared_ptr<SimNode>>;
  /// A change of directory entries that no directory sync made durable yet; kept or lost as one.
  struct NameChange {
    std::string removed;
    std::string made;
    std::shared_ptr<SimNode> node;
  };
  static void apply(const NameChange& change, Names& names);
  void change_names(NameChange change);
  /// Counts the operation and does it, or what its fault leaves of it.
  template <class Act>
  int perform(Operation operation, const Act& act);
  void write_part(const SimHandle& handle, std::uint64_t offset, std::string_view bytes);

  Options options_;
  Random random_;
  Faults faults_;
  Ending ending_ = Ending::kKill;  // of the planned crash
  std::uint64_t salt_ = 0;
  std::string ignored_;
  bool dead_ = false;
  std::uint64_t life_ = 1;  // which process runs
  Names names_;
  Names durable_names_;
  std::vector<NameChange> unsynced_;                // in order
  std::map<std::string, const void*> directories_;  // and who holds the lock
};

}  // namespace troth::vfs
