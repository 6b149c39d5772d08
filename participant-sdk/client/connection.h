// participant-sdk/client/connection.h: the client's WebSocket: dial, hello, send what the window lets go, and again
// after a loss.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>

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
  /// Any thread. `done` is called on the io thread, once.
  void call(client_session::RequestBody body, Done done);
  /// After the io thread has ended: answers what is open.
  void give_up_all();

 private:
  class Peer;

  void connect();
  void opened(Peer& peer, std::shared_ptr<transport::WebSocket> socket);
  void received(std::string_view bytes);
  void welcomed(const client_session::ClientWelcome& welcome);
  std::string next_frame();
  void closed(int code, const std::string& reason);
  void sweep();
  void report(const std::string& state);
  static Millis now();

  transport::Io& io_;
  ConnectionOptions options_;
  const std::string session_;

  // On the io thread only.
  std::shared_ptr<Peer> peer_;
  bool hello_due_ = false;
  bool welcome_seen_ = false;
  std::uint32_t attempts_ = 0;
  std::string last_report_;
  std::mt19937_64 random_{std::random_device{}()};

  std::mutex mutex_;  // over what callers touch
  Window window_;
  std::shared_ptr<transport::WebSocket> socket_;
};

}  // namespace troth::sdk
