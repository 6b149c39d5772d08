// wal/files.h: the data directory and its files: what must be synced, in which order a name becomes durable, and who
// holds the directory. Nothing here opens a database file while SQLite has it open: closing any second descriptor of a
// file drops SQLite's POSIX locks on it.
#pragma once

#include "wal/file_system.h"

namespace troth::wal {

/// The data directory, held open: a directory that is swapped under the process is never half used.
class Directory {
 public:
  /// Throws OpenError (71) as FileSystem::open does.
  static Directory open(const std::string& path, const FileSystem& files = posix_file_system());
  /// One in which no log will run: backups, logs to look at. Throws OpenError (71) when it cannot be opened.
  static Directory open_any(const std::string& path, const FileSystem& files = posix_file_system());
  /// Takes the lock that goes with the process, or throws OpenError (72).
  void lock();

  std::string path_of(std::string_view name) const;
  const char* sqlite_vfs() const { return sqlite_vfs_; }
  std::vector<std::string> names() const { return folder_->names(); }
  bool has(const std::string& name) const { return folder_->has(name); }
  std::uint64_t size_of(const std::string& name) const { return folder_->size_of(name); }
  std::unique_ptr<File> open(const std::string& name, OpenFor use) const { return folder_->open(name, use); }
  std::string read(const std::string& name) const;  // the first 4096 bytes

  /// Makes an empty file that did not exist, readable by the owner only. Not yet durable.
  void create(const std::string& name) const;
  /// Makes `name` hold `content`, durably: written aside, synced, renamed, directory synced.
  void replace(const std::string& name, std::string_view content) const;
  void rename(const std::string& from, const std::string& to) const { folder_->rename(from, to); }
  /// No error when it is not there. Durable after `sync`.
  void remove(const std::string& name) const { folder_->remove(name); }
  void sync_file(const std::string& name) const;
  void sync() const { folder_->sync(); }

  bool still_in_place() const { return folder_->still_in_place(); }
  std::uint64_t free_bytes() const { return folder_->free_bytes(); }

 private:
  Directory(std::unique_ptr<Folder> folder, const char* sqlite_vfs)
      : folder_(std::move(folder)), sqlite_vfs_(sqlite_vfs) {}
  std::unique_ptr<Folder> folder_;
  const char* sqlite_vfs_;
};

}  // namespace troth::wal
