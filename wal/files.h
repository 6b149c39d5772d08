// wal/files.h: the data directory and its files: what must be synced, in which order a name becomes durable, and who
// holds the directory. Nothing here opens a database file while SQLite has it open: closing any second descriptor of a
// file drops SQLite's POSIX locks on it.
#pragma once

#include <cstdint>
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

/// An open file descriptor, closed when it goes.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept;
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();
  int get() const { return fd_; }

 private:
  int fd_;
};

/// The data directory, held open: everything in it is reached through this descriptor, so a directory that is swapped
/// under the process is never half used.
class Directory {
 public:
  /// Throws OpenError (71): missing, not a directory, not writable, or on a file system whose syncs and locks are not
  /// its own.
  static Directory open(const std::string& path);
  /// Takes the lock that goes with the process, or throws OpenError (72).
  void lock();

  std::string path_of(std::string_view name) const;
  int descriptor() const { return fd_.get(); }
  std::vector<std::string> names() const;
  bool has(const std::string& name) const;
  std::uint64_t size_of(const std::string& name) const;  // 0 when it is not there
  std::string read(const std::string& name) const;       // the first 4096 bytes

  /// Makes an empty file that did not exist, readable by the owner only. Not yet durable.
  void create(const std::string& name) const;
  /// Makes `name` hold `content`, durably: written aside, synced, renamed, directory synced.
  void replace(const std::string& name, std::string_view content) const;
  /// No error when it is not there. Durable after `sync`.
  void remove(const std::string& name) const;
  void sync_file(const std::string& name) const;
  void sync() const;

  /// False when the path no longer leads to this directory.
  bool still_in_place() const;
  std::uint64_t free_bytes() const;

 private:
  Directory(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  Fd fd_;
};

Fd open_in(const Directory& directory, const std::string& name, int flags);
void write_all(const Fd& fd, std::string_view bytes, std::uint64_t offset, const std::string& file);

}  // namespace troth::wal
