// tests/e2e/chaos/chaos_files.h: points round everything the log does to its files: by itself, through `ChaosFiles`,
// and through SQLite, below which `register_vfs` puts a VFS of ours. Each act has two: `write.head` before,
// `written.head` after; `<phase>.` stands before them.
#pragma once

#include "tests/e2e/chaos/points.h"
#include "wal/file_system.h"

namespace troth::chaos {

/// The operating system's files.
class ChaosFiles final : public wal::FileSystem {
 public:
  /// At most one, for all of the process: SQLite knows it by name.
  explicit ChaosFiles(Points& points);
  std::unique_ptr<wal::Folder> open(const std::string& path) const override;
  const char* sqlite_vfs() const override { return "troth-chaos"; }

 private:
  Points& points_;
};

/// Registers "troth-chaos": SQLite's own VFS with points. Once, before any use.
void register_vfs(Points& points);

}  // namespace troth::chaos
