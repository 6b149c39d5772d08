// tests/vfs/fault_vfs.h: the operating system's files under SQLite, with faults on the way there.
#pragma once

#include <functional>
#include <memory>

#include "tests/vfs/faults.h"

namespace troth::vfs {

/// A VFS of SQLite round the default one, registered under "troth-fault" while this object lives. Operations are
/// counted over all files of all its connections, which must be of one thread and closed before. A failed sync did not
/// sync, but what was written stays in the real page cache; kNoSpace and kWriteFails leave half of a write.
class FaultVfs {
 public:
  struct Options {
    bool is_default = false;    // SQLite uses it when no VFS is named
    bool tears_writes = true;   // a write that is struck by a crash is half done; else it does not begin
    std::function<void()> die;  // what a crash does; must not return
  };
  FaultVfs(Faults& faults, Options options);
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

 private:
  struct Registered;
  std::unique_ptr<Registered> registered_;
};

}  // namespace troth::vfs
