#include "tests/e2e/chaos/chaos_files.h"

#include <utility>

#include "tests/e2e/chaos/names.h"

namespace troth::chaos {
namespace {

/// Passes `<phase>.<before>.<thing>`, acts, passes `<phase>.<after>.<thing>`.
template <class Act>
void between(Points& points, const char* before, const char* after, std::string_view thing, const Act& act) {
  points.pass_in_phase(before + ("." + std::string(thing)));
  act();
  points.pass_in_phase(after + ("." + std::string(thing)));
}

class ChaosFile final : public wal::File {
 public:
  ChaosFile(std::unique_ptr<wal::File> below, std::string_view name, Points& points)
      : below_(std::move(below)), name_(name), points_(points) {}

  std::string read(std::uint64_t offset, std::size_t size) const override { return below_->read(offset, size); }
  void write(std::uint64_t offset, std::string_view bytes) override {
    between(points_, "write", "written", name_, [&] { below_->write(offset, bytes); });
  }
  void sync() override {
    between(points_, "sync", "synced", name_, [&] { below_->sync(); });
  }
  void sync_data() override {
    between(points_, "sync", "synced", name_, [&] { below_->sync_data(); });
  }
  bool reserve(std::uint64_t size) override {
    bool reserved = false;
    between(points_, "reserve", "reserved", name_, [&] { reserved = below_->reserve(size); });
    return reserved;
  }

 private:
  const std::unique_ptr<wal::File> below_;
  const std::string name_;
  Points& points_;
};

class ChaosFolder final : public wal::Folder {
 public:
  ChaosFolder(std::unique_ptr<wal::Folder> below, Points& points) : below_(std::move(below)), points_(points) {}

  bool lock() override { return below_->lock(); }
  std::vector<std::string> names() const override { return below_->names(); }
  bool has(const std::string& name) const override { return below_->has(name); }
  std::uint64_t size_of(const std::string& name) const override { return below_->size_of(name); }
  std::unique_ptr<wal::File> open(const std::string& name, wal::OpenFor use) const override {
    std::unique_ptr<wal::File> file;
    const auto open_it = [&] { file = below_->open(name, use); };
    const bool makes = use == wal::OpenFor::kCreating || use == wal::OpenFor::kReplacing;
    if (makes) {
      between(points_, "create", "created", name_of_file(name), open_it);
    } else {
      open_it();
    }
    return std::make_unique<ChaosFile>(std::move(file), name_of_file(name), points_);
  }
  void rename(const std::string& from, const std::string& to) const override {
    between(points_, "rename", "renamed", name_of_file(to), [&] { below_->rename(from, to); });
  }
  void remove(const std::string& name) const override {
    between(points_, "remove", "removed", name_of_file(name), [&] { below_->remove(name); });
  }
  void sync() const override {
    between(points_, "sync", "synced", "directory", [&] { below_->sync(); });
  }
  bool still_in_place() const override { return below_->still_in_place(); }
  std::uint64_t free_bytes() const override { return below_->free_bytes(); }
  const std::string& path() const override { return below_->path(); }

 private:
  const std::unique_ptr<wal::Folder> below_;
  Points& points_;
};

}  // namespace

ChaosFiles::ChaosFiles(Points& points) : points_(points) {
  register_vfs(points);
}

std::unique_ptr<wal::Folder> ChaosFiles::open(const std::string& path) const {
  return std::make_unique<ChaosFolder>(wal::posix_file_system().open(path), points_);
}

}  // namespace troth::chaos
