// coordinator/server/engine_thread.h: the thread that owns the engine, and the window through which others see it.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "coordinator/engine/engine.h"
#include "coordinator/server/inbox.h"

namespace troth::server {

/// What the engine looked like a moment ago (at most 100 ms).
struct Snapshot {
  engine::Stats stats;
  bool old_copy = false;
};

class EngineThread {
 public:
  using BeforeTurn = std::function<void(const std::vector<engine::Command>&)>;

  /// Starts turning at once. `on_old_copy` is called once, on the engine's thread, if the engine finds that it runs on
  /// an old copy of its log; `before_turn` (may be empty) before each turn with what came in, on that thread too.
  EngineThread(Inbox& inbox, std::unique_ptr<engine::Engine> engine, engine::Outbox& outbox,
               std::function<void()> on_old_copy, BeforeTurn before_turn);
  ~EngineThread();  // stops and joins
  EngineThread(const EngineThread&) = delete;
  EngineThread& operator=(const EngineThread&) = delete;

  /// Any thread.
  Snapshot snapshot() const;
  /// Refuses new transactions from now on and waits until the engine is quiet, at most `wait_ms`. True: it is.
  bool drain(Millis wait_ms);
  /// Ends after the turn that runs. What is in the inbox is not done: its senders were not answered.
  void stop();

 private:
  void run();
  void publish();

  Inbox& inbox_;
  std::unique_ptr<engine::Engine> engine_;
  engine::Outbox& outbox_;
  std::function<void()> on_old_copy_;
  const BeforeTurn before_turn_;

  mutable std::mutex mutex_;
  std::condition_variable quiet_changed_;
  Snapshot snapshot_;
  bool draining_ = false;  // asked for
  bool quiet_ = false;     // seen after the engine heard of it
  std::thread thread_;
};

}  // namespace troth::server
