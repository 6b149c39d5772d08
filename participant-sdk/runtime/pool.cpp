#include "participant-sdk/runtime/pool.h"

#include <algorithm>

namespace troth::sdk {
namespace {

thread_local const Pool* pool_of_thread = nullptr;

}  // namespace

Pool::Pool(unsigned threads) : max_prepares_(std::max(1u, threads - 1)) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Pool::~Pool() {
  stop();
}

void Pool::run(Lane lane, std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    (lane == Lane::kPrepare ? prepares_ : settles_).push_back(std::move(job));
  }
  changed_.notify_one();
}

bool Pool::prepare_may_start() const {
  return !prepares_.empty() && running_prepares_ < max_prepares_;
}

void Pool::work() {
  pool_of_thread = this;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !settles_.empty() || prepare_may_start(); });
    if (stopping_) return;
    const bool settle = !settles_.empty();
    auto& queue = settle ? settles_ : prepares_;
    auto job = std::move(queue.front());
    queue.pop_front();
    if (!settle) ++running_prepares_;
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    if (settle) continue;
    --running_prepares_;
    changed_.notify_one();  // a prepare that had to wait may start
  }
}

bool Pool::on_thread() const {
  return pool_of_thread == this;
}

void Pool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    prepares_.clear();
    settles_.clear();
  }
  changed_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace troth::sdk
