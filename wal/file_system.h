// wal/file_system.h: what the log asks of the file system below it, so that tests can put a disk of their own there.
// Everything goes through one of these but SQLite, which reaches the same files through its VFS.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace troth::wal {

/// A system call on a file failed; the text names file, act and reason.
class FileError : public std::runtime_error {
 public:
  FileError(const std::string& file, const std::string& act, int error);
  int error() const { return error_; }

 private:
  int error_;
};

/// An open file, closed when it goes; a close makes nothing durable. Calls throw FileError. After a failed sync nobody
/// knows what is on disk.
class File {
 public:
  virtual ~File() = default;
  /// Up to `size` bytes: fewer when the file ends before.
  virtual std::string read(std::uint64_t offset, std::size_t size) const = 0;
  /// All of it, or throws: then any part may be there.
  virtual void write(std::uint64_t offset, std::string_view bytes) = 0;
  virtual void sync() = 0;
  /// As `sync`, for a file whose size did not change: may leave out its times.
  virtual void sync_data() = 0;
  /// Sets aside space for the first `size` bytes, zeros where there were none; false when that cannot be done.
  virtual bool reserve(std::uint64_t size) = 0;
};

enum class OpenFor {
  kReading,
  kWriting,    // reads and writes a file that is there
  kCreating,   // it must not be there
  kReplacing,  // made, or emptied when it is there
};

/// The data directory, held open: every name is one in it, also when its path leads elsewhere by now. A name is made,
/// changed or gone for good after `sync`; until then a power cut may undo it. Calls throw FileError.
class Folder {
 public:
  virtual ~Folder() = default;
  /// False when another process holds the lock; it goes with this object or the process.
  virtual bool lock() = 0;
  virtual std::vector<std::string> names() const = 0;
  virtual bool has(const std::string& name) const = 0;
  virtual std::uint64_t size_of(const std::string& name) const = 0;  // 0 when it is not there
  virtual std::unique_ptr<File> open(const std::string& name, OpenFor use) const = 0;
  /// In one step, over what `to` names.
  virtual void rename(const std::string& from, const std::string& to) const = 0;
  /// No error when it is not there.
  virtual void remove(const std::string& name) const = 0;
  virtual void sync() const = 0;
  /// False when the path no longer leads to this directory.
  virtual bool still_in_place() const = 0;
  virtual std::uint64_t free_bytes() const = 0;
  /// The absolute path it was opened by.
  virtual const std::string& path() const = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// Throws OpenError (71): missing, not a directory, not writable, or on a file system whose syncs and locks are not
  /// its own.
  virtual std::unique_ptr<Folder> open(const std::string& path) const = 0;
  /// For files of no running log: the directory may be read-only, or on another machine's disk.
  virtual std::unique_ptr<Folder> open_any(const std::string& path) const { return open(path); }
  /// The name of SQLite's VFS for the same files; null: SQLite's own.
  virtual const char* sqlite_vfs() const = 0;
};

/// The one of the operating system.
const FileSystem& posix_file_system();

}  // namespace troth::wal
