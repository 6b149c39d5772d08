// tests/vfs/sim_file_system.h: the log's way to a SimDisk: what is not SQLite's, and the name of the VFS for what is.
#pragma once

#include "tests/vfs/sim_vfs.h"
#include "wal/file_system.h"

namespace troth::vfs {

/// The disk must outlive it, and it every log opened on it.
class SimFileSystem : public wal::FileSystem {
 public:
  explicit SimFileSystem(SimDisk& disk) : disk_(disk), vfs_(disk) {}
  std::unique_ptr<wal::Folder> open(const std::string& path) const override;
  const char* sqlite_vfs() const override { return vfs_.name(); }

 private:
  SimDisk& disk_;
  SimVfs vfs_;
};

}  // namespace troth::vfs
