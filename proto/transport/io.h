// proto/transport/io.h: the thread on which all sockets of a process live. Callbacks of HTTP and WebSocket run on it,
// one at a time, so code above transport needs no locks among them. std types only: no Asio above this folder.
#pragma once

#include <functional>
#include <memory>

#include "proto/values/ids.h"

namespace troth::transport {

class Io {
 public:
  Io();
  ~Io();  // stops and joins
  Io(const Io&) = delete;
  Io& operator=(const Io&) = delete;

  /// Runs `work` on the io thread, soon, in order of posting. Any thread.
  void post(std::function<void()> work);
  /// Runs `work` on the io thread after `delay_ms`. Any thread.
  void after(Millis delay_ms, std::function<void()> work);
  /// Calls `handler` once on the io thread for each of these signals (SIGTERM, SIGINT).
  void on_signal(std::function<void(int)> handler);
  /// Closes everything that was opened on this Io and joins the thread. Not from the io thread.
  void stop();

  struct Impl;  // Asio's io_context, known to this folder only
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace troth::transport
