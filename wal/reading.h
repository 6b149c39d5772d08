// wal/reading.h: SQLite over files that must not change: the tools that look at a log leave every byte, and every name,
// as it was, also where an ordinary open would make a -wal or move one into the file.
#pragma once

#include <memory>
#include <string>

#include "wal/files.h"

namespace troth::wal {

/// A VFS of SQLite that reads one directory and can write nothing: a -wal that is not there reads as an empty one. Who
/// uses it holds the directory's lock: what somebody else writes meanwhile would be read in any state.
class ReadingVfs {
 public:
  /// `directory` must outlive this, and this every Database on it.
  explicit ReadingVfs(const Directory& directory);
  ~ReadingVfs();
  ReadingVfs(const ReadingVfs&) = delete;
  ReadingVfs& operator=(const ReadingVfs&) = delete;
  const char* name() const { return name_.c_str(); }

 private:
  struct Registered;
  std::string name_;
  std::unique_ptr<Registered> registered_;
};

}  // namespace troth::wal
