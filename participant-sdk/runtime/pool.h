// participant-sdk/runtime/pool.h: the threads that call the resource.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace troth::sdk {

/// kSettle (commit, abort, look-ups) goes before kPrepare, and prepares never take the last thread of several: a
/// prepare may wait for a lock that only the commit of another branch releases.
enum class Lane { kPrepare, kSettle };

class Pool {
 public:
  explicit Pool(unsigned threads);
  ~Pool();  // as stop()
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// `job` must not throw. Dropped after stop(). Any thread.
  void run(Lane lane, std::function<void()> job);
  /// Drops what has not begun and waits for what has. Not from a job.
  void stop();
  /// Whether the caller is one of the threads.
  bool on_thread() const;

 private:
  void work();
  bool prepare_may_start() const;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> prepares_;
  std::deque<std::function<void()>> settles_;
  unsigned running_prepares_ = 0;
  const unsigned max_prepares_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace troth::sdk
