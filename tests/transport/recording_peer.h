// tests/transport/recording_peer.h: a WebSocket user that notes what happens to it and sends what a test queues.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <vector>

#include "proto/transport/websocket.h"

namespace troth::test {

class RecordingPeer : public transport::WebSocketPeer {
 public:
  void on_open(std::shared_ptr<transport::WebSocket> socket) override {
    note([&] { socket_ = std::move(socket); });
  }
  void on_message(std::string_view bytes) override {
    if (bytes == "throw") throw std::runtime_error("thrown by a peer");
    note([&] { messages_.emplace_back(bytes); });
  }
  std::string next_frame() override {
    std::lock_guard lock(mutex_);
    ++pulls_;
    if (outgoing_.empty()) return "";
    std::string all;
    for (; !outgoing_.empty(); outgoing_.pop_front()) all += outgoing_.front();
    return all;
  }
  void on_close(int code, std::string reason) override {
    note([&] {
      socket_.reset();
      closes_.emplace_back(code, std::move(reason));
    });
  }

  /// Queues without waking.
  void queue(std::string bytes) {
    std::lock_guard lock(mutex_);
    outgoing_.push_back(std::move(bytes));
  }
  void send(std::string bytes) {
    queue(std::move(bytes));
    socket()->wake();
  }
  /// Waits for the connection; throws when it does not come.
  std::shared_ptr<transport::WebSocket> socket() {
    std::unique_lock lock(mutex_);
    if (!wait(lock, [&] { return socket_ != nullptr; })) throw std::runtime_error("not open");
    return socket_;
  }
  std::vector<std::string> messages(std::size_t at_least) {
    std::unique_lock lock(mutex_);
    wait(lock, [&] { return messages_.size() >= at_least; });
    return messages_;
  }
  /// The first close, waited for; {-1, ""} when none came.
  std::pair<int, std::string> closed() {
    std::unique_lock lock(mutex_);
    if (!wait(lock, [&] { return !closes_.empty(); })) return {-1, ""};
    return closes_.front();
  }
  std::size_t closes() {
    std::lock_guard lock(mutex_);
    return closes_.size();
  }
  int pulls() {
    std::lock_guard lock(mutex_);
    return pulls_;
  }

 private:
  template <typename Change>
  void note(const Change& change) {
    std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }
  template <typename Condition>
  bool wait(std::unique_lock<std::mutex>& lock, const Condition& holds) {
    return changed_.wait_for(lock, std::chrono::seconds(30), holds);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<transport::WebSocket> socket_;
  std::vector<std::string> messages_;
  std::deque<std::string> outgoing_;
  std::vector<std::pair<int, std::string>> closes_;
  int pulls_ = 0;
};

}  // namespace troth::test
