#include "participant-sdk/adapters/sqlite_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "participant-sdk/adapters/sqlite_db.h"

namespace troth::sqlite {
namespace {

[[noreturn]] void fail_file(const std::string& path, const char* doing) {
  throw SqliteError(SQLITE_IOERR, path + ": " + doing + ": " + std::strerror(errno));
}

void sync_opened(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (fd < 0) fail_file(path, "open");
  const int code = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  errno = error;
  if (code != 0) fail_file(path, "sync");
}

struct Descriptor {
  explicit Descriptor(int opened) : fd(opened) {}
  ~Descriptor() { ::close(fd); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int fd;
};

class SystemFiles : public Files {
 public:
  const char* sqlite_vfs() const override { return nullptr; }

  std::string real_path(const std::string& path) const override {
    std::error_code error;
    const auto real = std::filesystem::weakly_canonical(std::filesystem::absolute(path), error);
    if (error) throw SqliteError(SQLITE_CANTOPEN, path + ": " + error.message());
    return real.string();
  }

  std::shared_ptr<void> lock(const std::string& path) const override {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) throw SqliteError(SQLITE_CANTOPEN, path + ": " + std::strerror(errno));
    const auto held = std::make_shared<Descriptor>(fd);
    return ::flock(fd, LOCK_EX | LOCK_NB) == 0 ? held : nullptr;
  }

  bool has(const std::string& path) const override { return ::access(path.c_str(), F_OK) == 0; }
  void make(const std::string& path) const override { sync_opened(path, O_WRONLY | O_CREAT); }
  void sync(const std::string& path) const override { sync_opened(path, O_RDWR); }
  void remove(const std::string& path) const override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail_file(path, "remove");
  }
  void rename(const std::string& from, const std::string& to) const override {
    if (::rename(from.c_str(), to.c_str()) != 0) fail_file(from, "rename");
  }
  void copy_permissions(const std::string& from, const std::string& to) const override {
    std::error_code error;
    const auto permissions = std::filesystem::status(from, error).permissions();
    if (!error) std::filesystem::permissions(to, permissions, error);
    if (error) throw SqliteError(SQLITE_IOERR, to + ": " + error.message());
  }
  void sync_directory_of(const std::string& path) const override {
    sync_opened(std::filesystem::path(path).parent_path().string(), O_RDONLY | O_DIRECTORY);
  }
};

}  // namespace

const Files& system_files() {
  static const SystemFiles files;
  return files;
}

}  // namespace troth::sqlite
