// coordinator/server/inbox.h: what waits for the engine, and its bell. The io thread pushes batches, the log's writer
// rings, the engine thread takes everything at once.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

#include "coordinator/engine/engine.h"

namespace troth::server {

class Inbox {
 public:
  /// Any thread. A system call only if the engine sleeps.
  void push(engine::Command command);
  void push(std::vector<engine::Command>& batch);  // empties it
  /// There may be something to do (the log has become durable). Any thread; does not block.
  void ring();
  /// `take` returns at once from now on, with `stopped`. Any thread.
  void stop();

  enum class Woken : std::uint8_t { kWork, kStopped };
  /// Waits for a command, a ring, `stop`, or `wait_ms`; then swaps everything that waits into `into` (which is empty).
  Woken take(std::vector<engine::Command>& into, Millis wait_ms);

  /// Commands that wait. Any thread.
  std::size_t backlog() const;

 private:
  void wake(std::unique_lock<std::mutex>& lock);

  mutable std::mutex mutex_;
  std::condition_variable bell_;
  std::vector<engine::Command> commands_;
  bool rung_ = false;
  bool sleeping_ = false;
  bool stopped_ = false;
};

}  // namespace troth::server
