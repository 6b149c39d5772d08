#include "tests/vfs/sim_shm.h"

#include <algorithm>

namespace troth::vfs {

void volatile* SimShm::region(int number, std::size_t size, bool make) {
  const auto wanted = static_cast<std::size_t>(number);
  while (make && regions_.size() <= wanted) regions_.push_back(std::make_unique<char[]>(size));
  return wanted < regions_.size() ? regions_[wanted].get() : nullptr;
}

bool SimShm::is_free_of_writers(const void* who, int first, int count) const {
  return std::all_of(locks_.begin() + first, locks_.begin() + first + count,
                     [who](const Lock& lock) { return lock.exclusive == nullptr || lock.exclusive == who; });
}

bool SimShm::lock_shared(const void* who, int first, int count) {
  if (!is_free_of_writers(who, first, count)) return false;
  for (int i = first; i < first + count; ++i) {
    auto& shared = locks_[static_cast<std::size_t>(i)].shared;
    if (std::find(shared.begin(), shared.end(), who) == shared.end()) shared.push_back(who);
  }
  return true;
}

bool SimShm::lock_exclusive(const void* who, int first, int count) {
  const bool unread = std::all_of(locks_.begin() + first, locks_.begin() + first + count, [who](const Lock& lock) {
    return std::all_of(lock.shared.begin(), lock.shared.end(), [who](const void* reader) { return reader == who; });
  });
  if (!unread || !is_free_of_writers(who, first, count)) return false;
  for (int i = first; i < first + count; ++i) locks_[static_cast<std::size_t>(i)].exclusive = who;
  return true;
}

void SimShm::unlock(const void* who, int first, int count) {
  for (int i = first; i < first + count; ++i) {
    Lock& lock = locks_[static_cast<std::size_t>(i)];
    if (lock.exclusive == who) lock.exclusive = nullptr;
    lock.shared.erase(std::remove(lock.shared.begin(), lock.shared.end(), who), lock.shared.end());
  }
}

}  // namespace troth::vfs
