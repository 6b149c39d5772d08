// participant-sdk/client/connection.h: the client's WebSocket: dial, hello, send what the window lets go, and again
// after a loss.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>

#include "participant-sdk/client/window.h"
#include "proto/transport/io.h"
#include "proto/transport/websocket.h"

namespace troth::sdk {

struct ConnectionOptions {
  std::string url;
  Millis patience = 60'000;
  Millis reconnect_min = 20;
  Millis reconnect_max = 2'000;
  std::function<void(std::string_view)> on_state;
};

class Connection {
 public:
  Connection(transport::Io& io, ConnectionOptions options);

  void start();
  /// Any thread. `done` is called on the io thread, once; during and after give_up_all on the thread that calls.
  void call(client_session::RequestBody body, Done done);
  /// After the io thread has ended: answers what is open.
  void give_up_all();
  bool on_io_thread() const { return std::this_thread::get_id() == io_thread_; }

 private:
  class Peer;

  void connect();
  void opened(Peer& peer, std::shared_ptr<transport::WebSocket> socket);
  void received(std::string_view bytes);
  void welcomed(const client_session::ClientWelcome& welcome);
  std::string next_frame();
  void closed(int code, const std::string& reason);
  Loss loss_of(int code, const std::string& reason);
  void sweep();
  void deliver_refused();
  void refuse_ended(Done done);
  void complete(Completions completions);
  void report(const std::string& state);
  static Millis now();

  transport::Io& io_;
  ConnectionOptions options_;
  const std::string session_;

  // On the io thread only.
  std::shared_ptr<Peer> peer_;
  bool hello_due_ = false;
  bool welcome_seen_ = false;
  bool unreadable_ = false;  // we closed this connection over what came
  std::uint32_t attempts_ = 0;
  std::string last_report_;
  std::mt19937_64 random_{std::random_device{}()};

  std::atomic<std::thread::id> io_thread_{};

  std::mutex mutex_;  // over what callers touch
  Window window_;
  Completions refused_;  // not taken; their callers hear it on the io thread
  bool ended_ = false;   // give_up_all has begun: nothing is taken
  std::shared_ptr<transport::WebSocket> socket_;
};

}  // namespace troth::sdk
