// tests/sdk/fake_coordinator.h: a scripted coordinator on a real socket. The test thread sends frames and waits for
// what comes; nothing is decided here.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "proto/codec/client_codec.h"
#include "proto/codec/session_codec.h"
#include "proto/transport/http_server.h"

namespace troth::sdk {

inline constexpr std::chrono::seconds kPatience{20};

/// One accepted connection.
class FakePeer final : public transport::WebSocketPeer {
 public:
  void on_open(std::shared_ptr<transport::WebSocket> socket) override {
    const std::lock_guard lock(mutex_);
    socket_ = std::move(socket);
  }
  void on_message(std::string_view bytes) override {
    const std::lock_guard lock(mutex_);
    received_.emplace_back(bytes);
    changed_.notify_all();
  }
  std::string next_frame() override {
    const std::lock_guard lock(mutex_);
    if (to_send_.empty()) return {};
    auto frame = std::move(to_send_.front());
    to_send_.pop_front();
    return frame;
  }
  void on_close(int code, std::string) override {
    const std::lock_guard lock(mutex_);
    closed_ = code;
    changed_.notify_all();
  }

  void send(std::string frame) {
    std::shared_ptr<transport::WebSocket> socket;
    {
      const std::lock_guard lock(mutex_);
      to_send_.push_back(std::move(frame));
      socket = socket_;
    }
    if (socket) socket->wake();
  }
  void close(int code, const std::string& reason) {
    std::unique_lock lock(mutex_);
    auto socket = socket_;
    lock.unlock();
    if (socket) socket->close(code, reason);
  }
  /// The next frame that came; empty when none came in time or the connection is gone.
  std::string receive() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return !received_.empty() || closed_; });
    if (received_.empty()) return {};
    auto frame = std::move(received_.front());
    received_.pop_front();
    return frame;
  }
  /// The code with which the connection ended, -1 when it did not in time.
  int closed() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return closed_.has_value(); });
    return closed_.value_or(-1);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<transport::WebSocket> socket_;
  std::deque<std::string> received_;
  std::deque<std::string> to_send_;
  std::optional<int> closed_;
};

class FakeCoordinator final : public transport::HttpService {
 public:
  explicit FakeCoordinator(std::string subprotocol) : subprotocol_(std::move(subprotocol)) {
    auto bound = transport::HttpServer::bind(io_, "127.0.0.1", 0, {}, *this);
    server_ = std::move(std::get<std::unique_ptr<transport::HttpServer>>(bound));
    server_->start();
  }
  ~FakeCoordinator() override { io_.stop(); }

  std::string url() const { return "ws://127.0.0.1:" + std::to_string(server_->port()); }
  /// The next connection that was made; null when none came in time.
  std::shared_ptr<FakePeer> accept() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return !peers_.empty(); });
    if (peers_.empty()) return nullptr;
    auto peer = std::move(peers_.front());
    peers_.pop_front();
    return peer;
  }
  std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return peers_.size();
  }

  std::variant<std::uint64_t, transport::HttpResponse> admit(const transport::HttpHead&) override {
    return std::uint64_t{0};
  }
  std::function<void()> serve(transport::HttpRequest, transport::Respond respond) override {
    respond({});
    return {};
  }
  std::variant<Upgrade, transport::HttpResponse> upgrade(const transport::HttpHead&) override {
    auto peer = std::make_shared<FakePeer>();
    const std::lock_guard lock(mutex_);
    peers_.push_back(peer);
    changed_.notify_all();
    return Upgrade{peer, subprotocol_, {}};
  }
  transport::HttpResponse refuse(const Problem&, std::string_view) override {
    transport::HttpResponse response;
    response.status = 400;
    return response;
  }

 private:
  std::string subprotocol_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<FakePeer>> peers_;
  transport::Io io_;
  std::unique_ptr<transport::HttpServer> server_;
};

/// One participant's connection, as the coordinator speaks on it.
class FakeSession {
 public:
  FakeSession() = default;
  explicit FakeSession(std::shared_ptr<FakePeer> peer) : peer_(std::move(peer)) {}

  void welcome(EpochId epoch, LogId log = LogId{7}) {
    log_ = log;
    epoch_ = epoch.epoch;
    session::Welcome message;
    message.log = log;
    message.epoch = epoch;
    message.horizon = {log, 0, {1, 0}, 1};
    message.window = 16;
    message.max_frame_bytes = 1 << 20;
    message.max_messages = 1'000;
    message.max_payload_bytes = 65'536;
    send(message);
  }
  void send(session::Message message) { send_as(epoch_, std::move(message)); }
  void send_as(std::uint32_t epoch, session::Message message) {
    session::Frame frame{log_, epoch, {}};
    frame.messages.push_back(std::move(message));
    peer_->send(codec::encode(frame));
  }
  /// The next message of kind M; those of other kinds before it are skipped.
  template <class M>
  std::optional<M> next() {
    for (;;) {
      for (; !pending_.empty();) {
        auto message = std::move(pending_.front());
        pending_.pop_front();
        if (auto* wanted = std::get_if<M>(&message)) return std::move(*wanted);
        skipped_.push_back(std::move(message));
      }
      const auto bytes = peer_->receive();
      if (bytes.empty()) return std::nullopt;
      auto decoded = codec::decode_frame(bytes, 10'000, 1 << 20);
      auto* frame = std::get_if<session::Frame>(&decoded);
      if (!frame) return std::nullopt;
      for (auto& message : frame->messages) pending_.push_back(std::move(message));
    }
  }
  FakePeer& peer() { return *peer_; }
  explicit operator bool() const { return peer_ != nullptr; }

 private:
  std::shared_ptr<FakePeer> peer_;
  LogId log_;
  std::uint32_t epoch_ = 0;
  std::deque<session::Message> pending_;
  std::vector<session::Message> skipped_;
};

}  // namespace troth::sdk
