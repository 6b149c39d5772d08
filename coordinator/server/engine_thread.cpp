#include "coordinator/server/engine_thread.h"

#include <algorithm>
#include <chrono>

#include "coordinator/server/clock.h"

namespace troth::server {
namespace {

constexpr Millis kPublishMs = 100;
/// The longest sleep: the condition variable's clock stands still while the machine is suspended, ours does not.
constexpr Millis kLongestSleepMs = 1'000;

}  // namespace

EngineThread::EngineThread(Inbox& inbox, std::unique_ptr<engine::Engine> engine, engine::Outbox& outbox,
                           std::function<void()> on_old_copy, BeforeTurn before_turn)
    : inbox_(inbox),
      engine_(std::move(engine)),
      outbox_(outbox),
      on_old_copy_(std::move(on_old_copy)),
      before_turn_(std::move(before_turn)) {
  snapshot_ = {engine_->stats(), engine_->is_old_copy()};
  thread_ = std::thread([this] { run(); });
}

EngineThread::~EngineThread() {
  stop();
}

void EngineThread::stop() {
  inbox_.stop();
  if (thread_.joinable()) thread_.join();
}

Snapshot EngineThread::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

bool EngineThread::drain(Millis wait_ms) {
  std::unique_lock lock(mutex_);
  inbox_.push(engine::DrainStarted{});
  draining_ = true;
  return quiet_changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), [this] { return quiet_; });
}

void EngineThread::run() {
  std::vector<engine::Command> commands;
  Millis published_due = 0;
  bool stale = true;
  bool look_again = false;
  bool old_copy = engine_->is_old_copy();
  Inbox::Woken woken = Inbox::Woken::kWork;
  while (woken == Inbox::Woken::kWork) {
    Millis due = engine_->wake_due();
    if (stale) due = std::min(due, published_due + kPublishMs);
    const Millis sleep = look_again ? 0 : due - std::min(due, now().due);
    bool draining = false;
    {
      // Read before the inbox is taken: when it is set, the engine hears DrainStarted in this turn or heard it before.
      const std::lock_guard lock(mutex_);
      draining = draining_;
    }
    woken = inbox_.take(commands, std::clamp<Millis>(sleep, 0, kLongestSleepMs));
    if (before_turn_ && !commands.empty()) before_turn_(commands);
    const core::Now time = now();
    engine_->turn(commands, time, outbox_);
    if (!old_copy && engine_->is_old_copy()) {
      old_copy = true;
      on_old_copy_();
    }
    stale = true;
    if (draining || time.due >= published_due + kPublishMs) {
      publish();
      published_due = time.due;
      stale = false;
    }
    const bool quiet = engine_->is_quiet();
    const std::lock_guard lock(mutex_);
    look_again = draining_ && !draining;  // asked for while this turn was on its way
    if (draining && quiet && !quiet_) {
      quiet_ = true;
      quiet_changed_.notify_all();
    }
  }
  publish();
}

void EngineThread::publish() {
  const std::lock_guard lock(mutex_);
  snapshot_ = {engine_->stats(), engine_->is_old_copy()};
}

}  // namespace troth::server
