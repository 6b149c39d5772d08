#include "wal/files.h"

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
#include <memory>
#include <system_error>
#include <utility>

#include "wal/sqlite_log.h"

namespace troth::wal {
namespace {

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

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

}  // namespace

FileError::FileError(const std::string& file, const std::string& act, int error)
    : std::runtime_error(file + ": cannot " + act + ": " + reason_of(error)), error_(error) {}

Fd::Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Fd& Fd::operator=(Fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Directory Directory::open(const std::string& path) {
  if (path.empty()) throw OpenError{kExitNoDirectory, "no data directory was named; name one with --data-dir"};
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
  return {std::filesystem::absolute(path).string(), std::move(fd)};
}

void Directory::lock() {
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) throw FileError(path_, "lock", errno);
  throw OpenError{kExitInUse, path_ +
                                  ": the data directory is in use by another process; stop that one first, or name "
                                  "another directory with --data-dir"};
}

std::string Directory::path_of(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

std::vector<std::string> Directory::names() const {
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

bool Directory::has(const std::string& name) const {
  if (::faccessat(fd_.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return true;
  if (errno != ENOENT) throw FileError(path_of(name), "look at", errno);
  return false;
}

std::uint64_t Directory::size_of(const std::string& name) const {
  struct stat info {};
  if (::fstatat(fd_.get(), name.c_str(), &info, 0) == 0) return static_cast<std::uint64_t>(info.st_size);
  if (errno != ENOENT) throw FileError(path_of(name), "look at", errno);
  return 0;
}

std::string Directory::read(const std::string& name) const {
  const Fd fd = open_in(*this, name, O_RDONLY);
  std::string content(4096, '\0');
  const ssize_t got = ::pread(fd.get(), content.data(), content.size(), 0);
  if (got < 0) throw FileError(path_of(name), "read", errno);
  content.resize(static_cast<std::size_t>(got));
  return content;
}

void Directory::create(const std::string& name) const {
  open_in(*this, name, O_WRONLY | O_CREAT | O_EXCL);
}

void Directory::replace(const std::string& name, std::string_view content) const {
  const std::string aside = name + ".tmp";
  {
    const Fd fd = open_in(*this, aside, O_WRONLY | O_CREAT | O_TRUNC);
    write_all(fd, content, 0, path_of(aside));
    if (::fsync(fd.get()) != 0) throw FileError(path_of(aside), "sync", errno);
  }
  if (::renameat(fd_.get(), aside.c_str(), fd_.get(), name.c_str()) != 0) {
    throw FileError(path_of(aside), "rename to " + name, errno);
  }
  sync();
}

void Directory::remove(const std::string& name) const {
  if (::unlinkat(fd_.get(), name.c_str(), 0) != 0 && errno != ENOENT) throw FileError(path_of(name), "delete", errno);
}

void Directory::sync_file(const std::string& name) const {
  const Fd fd = open_in(*this, name, O_RDWR);
  if (::fsync(fd.get()) != 0) throw FileError(path_of(name), "sync", errno);
}

void Directory::sync() const {
  if (::fsync(fd_.get()) != 0) throw FileError(path_, "sync", errno);
}

bool Directory::still_in_place() const {
  struct stat held {};
  struct stat found {};
  if (::fstat(fd_.get(), &held) != 0 || ::stat(path_.c_str(), &found) != 0) return false;
  return held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

std::uint64_t Directory::free_bytes() const {
  struct statvfs info {};
  if (::fstatvfs(fd_.get(), &info) != 0) throw FileError(path_, "ask for free space", errno);
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

Fd open_in(const Directory& directory, const std::string& name, int flags) {
  Fd fd(::openat(directory.descriptor(), name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd.get() < 0) throw FileError(directory.path_of(name), "open", errno);
  return fd;
}

void write_all(const Fd& fd, std::string_view bytes, std::uint64_t offset, const std::string& file) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) throw FileError(file, "write", wrote < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
    offset += static_cast<std::uint64_t>(wrote);
  }
}

}  // namespace troth::wal
