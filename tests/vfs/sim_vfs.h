// tests/vfs/sim_vfs.h: SQLite's way to a SimDisk.
#pragma once

#include <memory>
#include <string>

#include "tests/vfs/sim_disk.h"

namespace troth::vfs {

/// A VFS of SQLite, registered under a name of its own while this object lives; the disk must outlive it, and every
/// connection must be closed before. Connections may be of several threads, one of which is at work at a time.
class SimVfs {
 public:
  explicit SimVfs(SimDisk& disk);
  ~SimVfs();
  SimVfs(const SimVfs&) = delete;
  SimVfs& operator=(const SimVfs&) = delete;
  const char* name() const { return name_.c_str(); }

 private:
  struct Registered;
  std::string name_;
  std::unique_ptr<Registered> registered_;
};

/// SQLite draws the salts of a WAL from one generator per process. From here on it gives the same numbers again.
void seed_sqlite(std::uint32_t seed);

}  // namespace troth::vfs
