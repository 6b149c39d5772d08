#include "coordinator/server/inbox.h"

#include <chrono>
#include <iterator>

namespace troth::server {

void Inbox::wake(std::unique_lock<std::mutex>& lock) {
  const bool asleep = sleeping_;
  lock.unlock();
  if (asleep) bell_.notify_one();
}

void Inbox::push(engine::Command command) {
  std::unique_lock lock(mutex_);
  commands_.push_back(std::move(command));
  wake(lock);
}

void Inbox::push(std::vector<engine::Command>& batch) {
  if (batch.empty()) return;
  std::unique_lock lock(mutex_);
  commands_.insert(commands_.end(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
  wake(lock);
  batch.clear();
}

void Inbox::ring() {
  std::unique_lock lock(mutex_);
  rung_ = true;
  wake(lock);
}

void Inbox::stop() {
  std::unique_lock lock(mutex_);
  stopped_ = true;
  wake(lock);
}

Inbox::Woken Inbox::take(std::vector<engine::Command>& into, Millis wait_ms) {
  std::unique_lock lock(mutex_);
  sleeping_ = true;
  bell_.wait_for(lock, std::chrono::milliseconds(wait_ms), [this] { return rung_ || stopped_ || !commands_.empty(); });
  sleeping_ = false;
  rung_ = false;
  into.swap(commands_);
  return stopped_ ? Woken::kStopped : Woken::kWork;
}

std::size_t Inbox::backlog() const {
  const std::lock_guard lock(mutex_);
  return commands_.size();
}

}  // namespace troth::server
