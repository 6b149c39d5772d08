#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "wal/file_system.h"
#include "wal/sqlite_log.h"

namespace troth::wal {
namespace {

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

/// An open file descriptor, closed when it goes.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

struct Remote {
  std::uint32_t magic;
  const char* name;
};
/// File systems that answer a sync or a lock for somebody else's disk (statfs(2)). Overlay is not among them: it hands
/// both to the file system below.
constexpr std::array<Remote, 9> kRemote{{{0x6969, "NFS"},
                                         {0x517B, "SMB"},
                                         {0xFF534D42, "CIFS"},
                                         {0xFE534D42, "SMB2"},
                                         {0x65735546, "FUSE"},
                                         {0x00C36400, "Ceph"},
                                         {0x5346414F, "AFS"},
                                         {0x73757245, "Coda"},
                                         {0x01021997, "9P"}}};

void refuse_remote(const std::string& path, int fd) {
  struct statfs info {};
  if (::fstatfs(fd, &info) != 0) throw FileError(path, "statfs", errno);
  const auto magic = static_cast<std::uint32_t>(info.f_type);
  const auto* const found =
      std::find_if(kRemote.begin(), kRemote.end(), [&](const Remote& r) { return r.magic == magic; });
  if (found == kRemote.end()) return;
  throw OpenError{kExitNoDirectory, path + ": the data directory lies on " + found->name +
                                        ", where syncs and locks cannot be trusted; use a directory on a local disk"};
}

class PosixFile : public File {
 public:
  PosixFile(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string read(std::uint64_t offset, std::size_t size) const override {
    std::string bytes(size, '\0');
    const ssize_t got = ::pread(fd_.get(), bytes.data(), size, static_cast<off_t>(offset));
    if (got < 0) throw FileError(path_, "read", errno);
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
  }

  void write(std::uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t wrote = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) throw FileError(path_, "write", wrote < 0 ? errno : ENOSPC);
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
      offset += static_cast<std::uint64_t>(wrote);
    }
  }

  void sync() override {
    if (::fsync(fd_.get()) != 0) throw FileError(path_, "sync", errno);
  }
  void sync_data() override {
    if (::fdatasync(fd_.get()) != 0) throw FileError(path_, "sync", errno);
  }
  bool reserve(std::uint64_t size) override { return ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(size)) == 0; }

 private:
  const std::string path_;
  const Fd fd_;
};

int flags_of(OpenFor use) {
  switch (use) {
    case OpenFor::kReading: return O_RDONLY;
    case OpenFor::kWriting: return O_RDWR;
    case OpenFor::kCreating: return O_WRONLY | O_CREAT | O_EXCL;
    case OpenFor::kReplacing: return O_WRONLY | O_CREAT | O_TRUNC;
  }
  return O_RDONLY;
}

class PosixFolder : public Folder {
 public:
  PosixFolder(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  bool lock() override {
    if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK) throw FileError(path_, "lock", errno);
    return false;
  }

  std::vector<std::string> names() const override {
    const int fd = ::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(fd < 0 ? nullptr : ::fdopendir(fd), ::closedir);
    if (!listing) throw FileError(path_, "list", errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(listing.get())) names.emplace_back(entry->d_name);
    if (errno != 0) throw FileError(path_, "list", errno);
    std::sort(names.begin(), names.end());
    return names;
  }

  bool has(const std::string& name) const override {
    if (::faccessat(fd_.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return true;
    if (errno != ENOENT) throw FileError(path_of(name), "look at", errno);
    return false;
  }

  std::uint64_t size_of(const std::string& name) const override {
    struct stat info {};
    if (::fstatat(fd_.get(), name.c_str(), &info, 0) == 0) return static_cast<std::uint64_t>(info.st_size);
    if (errno != ENOENT) throw FileError(path_of(name), "look at", errno);
    return 0;
  }

  std::unique_ptr<File> open(const std::string& name, OpenFor use) const override {
    Fd fd(::openat(fd_.get(), name.c_str(), flags_of(use) | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (fd.get() < 0) throw FileError(path_of(name), "open", errno);
    return std::make_unique<PosixFile>(path_of(name), std::move(fd));
  }

  void rename(const std::string& from, const std::string& to) const override {
    if (::renameat(fd_.get(), from.c_str(), fd_.get(), to.c_str()) != 0) {
      throw FileError(path_of(from), "rename to " + to, errno);
    }
  }

  void remove(const std::string& name) const override {
    if (::unlinkat(fd_.get(), name.c_str(), 0) != 0 && errno != ENOENT) throw FileError(path_of(name), "delete", errno);
  }

  void sync() const override {
    if (::fsync(fd_.get()) != 0) throw FileError(path_, "sync", errno);
  }

  bool still_in_place() const override {
    struct stat held {};
    struct stat found {};
    if (::fstat(fd_.get(), &held) != 0 || ::stat(path_.c_str(), &found) != 0) return false;
    return held.st_dev == found.st_dev && held.st_ino == found.st_ino;
  }

  std::uint64_t free_bytes() const override {
    struct statvfs info {};
    if (::fstatvfs(fd_.get(), &info) != 0) throw FileError(path_, "ask for free space", errno);
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }

  const std::string& path() const override { return path_; }

 private:
  std::string path_of(const std::string& name) const { return path_ + "/" + name; }
  const std::string path_;
  const Fd fd_;
};

class PosixFileSystem : public FileSystem {
 public:
  std::unique_ptr<Folder> open(const std::string& path) const override {
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0) {
      throw OpenError{kExitNoDirectory,
                      path + ": the data directory cannot be opened: " + reason_of(errno) +
                          "; make it, owned by the user that runs this, or name another with --data-dir"};
    }
    if (::faccessat(fd.get(), ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
      throw OpenError{kExitNoDirectory, path + ": the data directory is not writable: " + reason_of(errno) +
                                            "; give it to the user that runs this, or name another with --data-dir"};
    }
    refuse_remote(path, fd.get());
    return std::make_unique<PosixFolder>(std::filesystem::absolute(path).string(), std::move(fd));
  }
  std::unique_ptr<Folder> open_any(const std::string& path) const override {
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0) throw OpenError{kExitNoDirectory, path + ": it cannot be opened: " + reason_of(errno)};
    return std::make_unique<PosixFolder>(std::filesystem::absolute(path).string(), std::move(fd));
  }
  const char* sqlite_vfs() const override { return nullptr; }
};

}  // namespace

FileError::FileError(const std::string& file, const std::string& act, int error)
    : std::runtime_error(file + ": cannot " + act + ": " + reason_of(error)), error_(error) {}

const FileSystem& posix_file_system() {
  static const PosixFileSystem kPosix;
  return kPosix;
}

}  // namespace troth::wal
