#include "tests/vfs/sim_disk.h"

#include <algorithm>
#include <cerrno>
#include <set>

namespace troth::vfs {
namespace {

constexpr std::uint64_t kWriteUnit = 512;  // a write that fails or is cut off ends at a multiple of it

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

}  // namespace

void SimDisk::crash_at(std::uint64_t operation, Ending ending, std::uint64_t salt) {
  faults_.plan({FaultKind::kCrash, operation, false});
  ending_ = ending;
  salt_ = salt;
}

void SimDisk::crash(Ending ending, std::uint64_t salt) {
  dead_ = true;
  ++life_;
  for (auto& [path, holder] : directories_) holder = nullptr;
  for (Names* names : {&names_, &durable_names_}) {
    for (auto& [path, node] : *names) {
      node->locks.clear();
      node->shm.reset();
    }
  }
  if (ending == Ending::kKill) return;
  Random random(options_.seed * 0x9E3779B97F4A7C15U + salt);
  for (const NameChange& change : unsynced_) {
    const bool kept = ending == Ending::kAllKept || (ending == Ending::kRandom && random.one_in(2));
    if (kept) apply(change, durable_names_);
  }
  unsynced_.clear();
  names_ = durable_names_;
  std::set<SimNode*> cut;  // a file may have two names after a rename of which half was kept
  for (const auto& [path, node] : names_) {
    if (cut.insert(node.get()).second) node->content.cut_power(ending, options_.medium, random);
  }
}

void SimDisk::apply(const NameChange& change, Names& names) {
  if (!change.removed.empty()) names.erase(change.removed);
  if (!change.made.empty()) names[change.made] = change.node;
}

void SimDisk::change_names(NameChange change) {
  apply(change, names_);
  unsynced_.push_back(std::move(change));
}

template <class Act>
int SimDisk::perform(Operation operation, const Act& act) {
  if (dead_) return EIO;
  const auto strike = faults_.next(operation);
  if (!strike) {
    act();
    return 0;
  }
  if (strike->kind == FaultKind::kNoSpace) return ENOSPC;
  if (strike->kind == FaultKind::kCrash) {
    // A power cut decides later whether what was begun counts; a kill comes before or after it.
    if (ending_ != Ending::kKill || random_.one_in(2)) act();
    crash(ending_, salt_);
  }
  return EIO;
}

int SimDisk::open(const std::string& path, const Use& use, SimHandle& handle) {
  if (dead_) return EIO;
  const auto found = names_.find(path);
  if (found != names_.end()) {
    if (use.create && use.exclusive) return EEXIST;
    handle = {found->second, life_};
    return use.empty && found->second->content.size() != 0 ? truncate(handle, 0) : 0;
  }
  if (!use.create || !has_directory(directory_of(path))) return ENOENT;
  const auto node = std::make_shared<SimNode>();
  handle = {node, life_};
  return perform(Operation::kCreate, [&] { change_names({"", path, node}); });
}

int SimDisk::read(const SimHandle& handle, std::uint64_t offset, std::size_t size, std::string& bytes) {
  if (is_gone(handle)) return EIO;
  const auto strike = faults_.next(Operation::kRead);
  const std::string& image = handle.node->content.current();
  bytes = offset < image.size() ? image.substr(offset, size) : "";
  if (!strike) return 0;
  if (strike->kind == FaultKind::kReadFails) return EIO;
  if (strike->kind == FaultKind::kShortRead) bytes.resize(bytes.size() / 2);
  if (strike->kind == FaultKind::kBitFlip && !bytes.empty()) {
    const std::uint64_t bit = random_.below(bytes.size() * 8);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    if (strike->sticky) handle.node->content.flip_bit(offset * 8 + bit);
  }
  return 0;
}

int SimDisk::write(const SimHandle& handle, std::uint64_t offset, std::string_view bytes) {
  if (is_gone(handle)) return EIO;
  const auto strike = faults_.next(Operation::kWrite);
  if (strike) {
    const bool cut = strike->kind == FaultKind::kCrash;
    if (cut && ending_ != Ending::kKill) {
      handle.node->content.write(offset, bytes);
    } else {
      write_part(handle, offset, bytes);
    }
    if (cut) crash(ending_, salt_);
    return strike->kind == FaultKind::kNoSpace ? ENOSPC : EIO;
  }
  const std::uint64_t size = handle.node->content.size();
  const std::uint64_t end = offset + bytes.size();
  if (end > size && end - size > free_bytes()) {
    write_part(handle, offset, bytes.substr(0, bytes.size() - std::min<std::uint64_t>(bytes.size(), end - size)));
    return ENOSPC;
  }
  handle.node->content.write(offset, bytes);
  return 0;
}

void SimDisk::write_part(const SimHandle& handle, std::uint64_t offset, std::string_view bytes) {
  const std::uint64_t units = random_.below(bytes.size() / kWriteUnit + 1);
  if (units != 0) handle.node->content.write(offset, bytes.substr(0, units * kWriteUnit));
}

int SimDisk::truncate(const SimHandle& handle, std::uint64_t size) {
  if (is_gone(handle)) return EIO;
  return perform(Operation::kTruncate, [&] { handle.node->content.truncate(size); });
}

bool SimDisk::is_ignored(const SimHandle& handle) const {
  return !ignored_.empty() && std::any_of(names_.begin(), names_.end(), [&](const auto& named) {
    return named.second == handle.node && named.first.ends_with(ignored_);
  });
}

int SimDisk::sync(const SimHandle& handle) {
  if (is_gone(handle)) return EIO;
  const auto strike = faults_.next(Operation::kSync);
  if (!strike && is_ignored(handle)) return 0;
  if (!strike) {
    handle.node->content.sync();
    return 0;
  }
  if (strike->kind == FaultKind::kCrash) {
    crash(ending_, salt_);
  } else {
    handle.node->content.fail_sync();
  }
  return strike->kind == FaultKind::kSyncLies ? 0 : EIO;
}

int SimDisk::remove(const std::string& path) {
  if (dead_) return EIO;
  if (!names_.contains(path)) return ENOENT;
  return perform(Operation::kDelete, [&] { change_names({path, "", nullptr}); });
}

int SimDisk::rename(const std::string& from, const std::string& to) {
  if (dead_) return EIO;
  const auto node = find(from);
  if (!node) return ENOENT;
  return perform(Operation::kRename, [&] { change_names({from, to, node}); });
}

int SimDisk::sync_directory(const std::string& path) {
  if (dead_) return EIO;
  const auto strike = faults_.next(Operation::kSyncDirectory);
  if (strike) {
    if (strike->kind == FaultKind::kCrash) crash(ending_, salt_);
    return strike->kind == FaultKind::kSyncLies ? 0 : EIO;
  }
  std::vector<NameChange> others;
  for (NameChange& change : unsynced_) {
    if (directory_of(change.made.empty() ? change.removed : change.made) == path) {
      apply(change, durable_names_);
    } else {
      others.push_back(std::move(change));
    }
  }
  unsynced_ = std::move(others);
  return 0;
}

std::shared_ptr<SimNode> SimDisk::find(const std::string& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : found->second;
}

std::uint64_t SimDisk::free_bytes() const {
  std::uint64_t used = 0;
  for (const auto& [path, node] : names_) used += node->content.size();
  return used < options_.capacity ? options_.capacity - used : 0;
}

bool SimDisk::lock_directory(const std::string& path, const void* holder) {
  const void*& held = directories_[path];
  if (held != nullptr && held != holder) return false;
  held = holder;
  return true;
}

void SimDisk::unlock_directory(const std::string& path, const void* holder) {
  if (directories_[path] == holder) directories_[path] = nullptr;
}

void SimDisk::put(const std::string& path, std::string_view content) {
  const auto node = std::make_shared<SimNode>();
  node->content.write(0, content);
  node->content.sync();
  names_[path] = node;
  durable_names_[path] = node;
}

void SimDisk::erase(const std::string& path) {
  names_.erase(path);
  durable_names_.erase(path);
}

void SimDisk::copy_directory(const SimDisk& from, const std::string& from_path, const std::string& to_path) {
  make_directory(to_path);
  for (const auto& [name, content] : contents(to_path)) erase(to_path + "/" + name);
  for (const auto& [name, content] : from.contents(from_path)) put(to_path + "/" + name, content);
}

void SimDisk::copy_state(const SimDisk& other) {
  std::map<SimNode*, std::shared_ptr<SimNode>> copies;  // by original: a file stays one under all its names
  const auto copy_of = [&](const std::shared_ptr<SimNode>& node) {
    std::shared_ptr<SimNode>& copy = copies[node.get()];
    if (node && !copy) copy = std::make_shared<SimNode>(SimNode{node->content, {}, {}});
    return copy;
  };
  names_.clear();
  durable_names_.clear();
  unsynced_.clear();
  directories_.clear();
  for (const auto& [path, holder] : other.directories_) directories_[path] = nullptr;
  for (const auto& [path, node] : other.names_) names_[path] = copy_of(node);
  for (const auto& [path, node] : other.durable_names_) durable_names_[path] = copy_of(node);
  for (const auto& [removed, made, node] : other.unsynced_) unsynced_.push_back({removed, made, copy_of(node)});
}

std::map<std::string, std::string> SimDisk::contents(const std::string& directory) const {
  std::map<std::string, std::string> found;
  for (const auto& [path, node] : names_) {
    if (directory_of(path) == directory) found[path.substr(directory.size() + 1)] = node->content.current();
  }
  return found;
}

bool SimDisk::flip_bit(const std::string& path, std::uint64_t bit) {
  const auto node = find(path);
  if (!node || bit / 8 >= node->content.size()) return false;
  node->content.flip_bit(bit);
  return true;
}

}  // namespace troth::vfs
