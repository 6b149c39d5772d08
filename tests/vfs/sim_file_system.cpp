#include "tests/vfs/sim_file_system.h"

#include <cerrno>

#include "wal/sqlite_log.h"

namespace troth::vfs {
namespace {

void check(int error, const std::string& file, const std::string& act) {
  if (error != 0) throw wal::FileError(file, act, error);
}

class OpenSimFile : public wal::File {
 public:
  OpenSimFile(SimDisk& disk, std::string path, SimHandle handle)
      : disk_(disk), path_(std::move(path)), handle_(std::move(handle)) {}

  std::string read(std::uint64_t offset, std::size_t size) const override {
    std::string bytes;
    check(disk_.read(handle_, offset, size, bytes), path_, "read");
    return bytes;
  }
  void write(std::uint64_t offset, std::string_view bytes) override {
    check(disk_.write(handle_, offset, bytes), path_, "write");
  }
  void sync() override { check(disk_.sync(handle_), path_, "sync"); }
  void sync_data() override { sync(); }
  bool reserve(std::uint64_t size) override {
    const std::uint64_t now = handle_.node->content.size();
    return size <= now || disk_.write(handle_, now, std::string(size - now, '\0')) == 0;
  }

 private:
  SimDisk& disk_;
  const std::string path_;
  const SimHandle handle_;
};

class SimFolder : public wal::Folder {
 public:
  SimFolder(SimDisk& disk, std::string path) : disk_(disk), path_(std::move(path)), life_(disk.life()) {}
  ~SimFolder() override {
    if (is_alive()) disk_.unlock_directory(path_, this);
  }

  bool lock() override { return live().lock_directory(path_, this); }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, content] : live().contents(path_)) names.push_back(name);
    return names;
  }
  bool has(const std::string& name) const override { return live().find(path_of(name)) != nullptr; }
  std::uint64_t size_of(const std::string& name) const override {
    const auto node = live().find(path_of(name));
    return node == nullptr ? 0 : node->content.size();
  }
  std::unique_ptr<wal::File> open(const std::string& name, wal::OpenFor use) const override {
    SimDisk::Use how;
    how.create = use == wal::OpenFor::kCreating || use == wal::OpenFor::kReplacing;
    how.exclusive = use == wal::OpenFor::kCreating;
    how.empty = use == wal::OpenFor::kReplacing;
    SimHandle handle;
    check(live().open(path_of(name), how, handle), path_of(name), "open");
    return std::make_unique<OpenSimFile>(disk_, path_of(name), handle);
  }
  void rename(const std::string& from, const std::string& to) const override {
    check(live().rename(path_of(from), path_of(to)), path_of(from), "rename to " + to);
  }
  void remove(const std::string& name) const override {
    const int error = live().remove(path_of(name));
    if (error != ENOENT) check(error, path_of(name), "delete");
  }
  void sync() const override { check(live().sync_directory(path_), path_, "sync"); }
  bool still_in_place() const override { return live().has_directory(path_); }
  std::uint64_t free_bytes() const override { return live().free_bytes(); }
  const std::string& path() const override { return path_; }

 private:
  std::string path_of(const std::string& name) const { return path_ + "/" + name; }
  bool is_alive() const { return !disk_.is_dead() && disk_.life() == life_; }
  /// The disk, for a process that has not died.
  SimDisk& live() const {
    if (!is_alive()) throw wal::FileError(path_, "reach", EIO);
    return disk_;
  }

  SimDisk& disk_;
  const std::string path_;
  const std::uint64_t life_;
};

}  // namespace

std::unique_ptr<wal::Folder> SimFileSystem::open(const std::string& path) const {
  if (disk_.is_dead() || !disk_.has_directory(path)) {
    throw wal::OpenError{wal::kExitNoDirectory, path + ": the data directory cannot be opened"};
  }
  return std::make_unique<SimFolder>(disk_, path);
}

}  // namespace troth::vfs
