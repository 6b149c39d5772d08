#include "coordinator/engine/live_table.h"

namespace troth::engine {

bool LiveTable::is_present(const TransactionId& id) const {
  return id.epoch == present_.epoch && id.log == present_.log && id.shard == present_.shard;
}

std::unique_ptr<Live>* LiveTable::slot(const TransactionId& id) {
  const bool inside = is_present(id) && id.sequence >= first_ && id.sequence - first_ < recent_.size();
  return inside ? &recent_[id.sequence - first_] : nullptr;
}

Live* LiveTable::find(const TransactionId& id) {
  if (const auto* place = slot(id)) return place->get();
  const auto found = old_.find(id);
  return found == old_.end() ? nullptr : found->second.get();
}

Live& LiveTable::add(const TransactionId& id) {
  ++size_;
  if (auto* place = slot(id)) return *(*place = std::make_unique<Live>());
  if (!is_present(id) || id.sequence <= highest_) return *(old_[id] = std::make_unique<Live>());
  highest_ = id.sequence;
  if (recent_.empty()) first_ = id.sequence;
  while (first_ + recent_.size() < id.sequence) recent_.emplace_back();
  return *recent_.emplace_back(std::make_unique<Live>());
}

void LiveTable::erase(const TransactionId& id) {
  if (auto* place = slot(id)) {
    place->reset();
  } else {
    old_.erase(id);
  }
  --size_;
  compact();
}

/// Keeps the deque as short as the live ones: an old stuck transaction moves to the map instead of holding a slot open
/// for every id after it.
void LiveTable::compact() {
  constexpr std::size_t kSlack = 1024;
  while (!recent_.empty() && (!recent_.front() || recent_.size() > 4 * size_ + kSlack)) {
    if (recent_.front()) {
      const TransactionId id = recent_.front()->transaction.id;
      old_[id] = std::move(recent_.front());
    }
    recent_.pop_front();
    ++first_;
  }
}

void LiveTable::walk(const TransactionId& after, const std::function<bool(Live&)>& visit) {
  for (auto it = old_.upper_bound(after); it != old_.end(); ++it) {
    if (!visit(*it->second)) return;
  }
  if (after.epoch > present_.epoch) return;
  const bool inside = after.epoch == present_.epoch && after.sequence >= first_;
  for (std::size_t slot = inside ? after.sequence + 1 - first_ : 0; slot < recent_.size(); ++slot) {
    if (recent_[slot] && !visit(*recent_[slot])) return;
  }
}

}  // namespace troth::engine
