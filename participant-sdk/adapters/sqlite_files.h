// Where a database lies: SQLite's VFS for its own files, and what SQLite has no words for. Two disks implement it: the
// operating system's, and in the tests one that fails on purpose.
#pragma once

#include <memory>
#include <string>

namespace troth::sqlite {

/// Any thread, one at a time. What cannot be done is an SqliteError, SQLITE_IOERR if nothing better fits. Nothing but
/// what `sync` and `sync_directory_of` said is done needs to outlive a power cut.
class Files {
 public:
  virtual ~Files() = default;
  /// The name of SQLite's VFS; null: its default.
  virtual const char* sqlite_vfs() const = 0;
  /// The one name of the file at `path`, which need not be there, also through links.
  virtual std::string real_path(const std::string& path) const = 0;
  /// Locks the file, which is made when it is not there, until the answer dies or the process does. Null: it is locked.
  virtual std::shared_ptr<void> lock(const std::string& path) const = 0;
  virtual bool has(const std::string& path) const = 0;
  /// Makes an empty file unless there is one, and syncs it.
  virtual void make(const std::string& path) const = 0;
  /// All that was written to it, also by others.
  virtual void sync(const std::string& path) const = 0;
  /// Nothing when it is not there.
  virtual void remove(const std::string& path) const = 0;
  /// Replaces what has the name `to`.
  virtual void rename(const std::string& from, const std::string& to) const = 0;
  virtual void copy_permissions(const std::string& from, const std::string& to) const = 0;
  /// The names in the directory of `path`.
  virtual void sync_directory_of(const std::string& path) const = 0;
};

/// The operating system's.
const Files& system_files();

}  // namespace troth::sqlite
