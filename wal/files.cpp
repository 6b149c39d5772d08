#include "wal/files.h"

#include "wal/sqlite_log.h"

namespace troth::wal {

Directory Directory::open(const std::string& path, const FileSystem& files) {
  if (path.empty()) throw OpenError{kExitNoDirectory, "no data directory was named; name one with --data-dir"};
  return {files.open(path), files.sqlite_vfs()};
}

Directory Directory::open_any(const std::string& path, const FileSystem& files) {
  return {files.open_any(path), files.sqlite_vfs()};
}

void Directory::lock() {
  if (folder_->lock()) return;
  throw OpenError{kExitInUse, folder_->path() +
                                  ": the data directory is in use by another process; stop that one first, or name "
                                  "another directory with --data-dir"};
}

std::string Directory::path_of(std::string_view name) const {
  return folder_->path() + "/" + std::string(name);
}

std::string Directory::read(const std::string& name) const {
  return open(name, OpenFor::kReading)->read(0, 4096);
}

void Directory::create(const std::string& name) const {
  open(name, OpenFor::kCreating);
}

void Directory::replace(const std::string& name, std::string_view content) const {
  const std::string aside = name + ".tmp";
  {
    const auto file = open(aside, OpenFor::kReplacing);
    file->write(0, content);
    file->sync();
  }
  folder_->rename(aside, name);
  sync();
}

void Directory::sync_file(const std::string& name) const {
  open(name, OpenFor::kWriting)->sync();
}

}  // namespace troth::wal
