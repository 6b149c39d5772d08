// The adapter's way to a SimDisk.
#pragma once

#include "participant-sdk/adapters/sqlite_files.h"
#include "tests/vfs/sim_vfs.h"

namespace troth::testing {

/// The disk must outlive it, and it every resource on it. Permissions are not simulated; a lock ends with its process.
class SimFiles : public sqlite::Files {
 public:
  explicit SimFiles(vfs::SimDisk& disk) : disk_(disk), vfs_(disk) {}

  const char* sqlite_vfs() const override { return vfs_.name(); }
  std::string real_path(const std::string& path) const override { return path; }
  std::shared_ptr<void> lock(const std::string& path) const override;
  bool has(const std::string& path) const override;
  void make(const std::string& path) const override;
  void sync(const std::string& path) const override;
  void remove(const std::string& path) const override;
  void rename(const std::string& from, const std::string& to) const override;
  void copy_permissions(const std::string&, const std::string&) const override {}
  void sync_directory_of(const std::string& path) const override;

 private:
  vfs::SimDisk& disk_;
  const vfs::SimVfs vfs_;
};

}  // namespace troth::testing
