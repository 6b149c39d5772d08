// proto/transport/io_core.h: what the objects of this folder share of an Io. It may outlive the Io: then posting does
// nothing, so a handle that a user kept is harmless.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "proto/transport/io.h"

namespace troth::transport {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
// The concrete executor: every operation saves the indirection of any_io_executor.
using Executor = asio::io_context::executor_type;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

/// Something open on an Io. `shut` is called on the io thread: it lets go of sockets and timers at once and tells its
/// user; afterwards it is out of the registry and late completions find nothing to do.
class Closable {
 public:
  virtual ~Closable() = default;
  virtual void shut() = 0;
};

/// All that is open, each with its owner (a server owns its connections). Io thread only.
class Registry {
 public:
  void add(Closable* what, const void* owner = nullptr) { open_[what] = owner; }
  void remove(Closable* what) { open_.erase(what); }
  /// Shuts what `owner` owns; everything when it is null.
  void shut(const void* owner);

 private:
  std::unordered_map<Closable*, const void*> open_;
};

class IoCore {
 public:
  IoCore() : context_(std::make_unique<asio::io_context>(1)) {}

  /// Valid until the Io is destroyed; who may live longer uses `post`.
  asio::io_context& context() { return *context_; }
  Executor executor() { return context_->get_executor(); }

  /// False, and `work` is not kept, once the Io stops: then nothing will run it. Any thread.
  template <typename Work>
  bool post(Work&& work) {
    std::lock_guard lock(mutex_);
    if (stopping_) return false;
    asio::post(*context_, std::forward<Work>(work));
    return true;
  }
  /// Runs `work` on the io thread and waits for it; here, when this is that thread or there is none any more.
  void run_and_wait(const std::function<void()>& work);
  bool on_io_thread() const { return std::this_thread::get_id() == thread_id_; }

  Registry registry;

 private:
  friend struct Io::Impl;
  std::mutex mutex_;
  bool stopping_ = false;
  std::unique_ptr<asio::io_context> context_;
  std::thread::id thread_id_;
};

std::shared_ptr<IoCore> core_of(Io& io);

}  // namespace troth::transport
