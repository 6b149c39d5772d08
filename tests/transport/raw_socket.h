// tests/transport/raw_socket.h: a blocking TCP client and server side that send exactly the bytes a test says. Every
// wait has a deadline, so that a test that fails does not hang.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace troth::test {

struct RawResponse {
  int status = 0;                              // 0: no answer came
  std::map<std::string, std::string> headers;  // lower case
  std::string body;
  bool close = false;  // it said so
};

class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port);  // connects to loopback
  explicit RawSocket(int fd, bool) : fd_(fd) {}
  ~RawSocket();
  RawSocket(RawSocket&& other) noexcept;
  RawSocket(const RawSocket&) = delete;

  /// Sends all, or as much as the peer takes before it closes.
  void send(std::string_view bytes);
  /// Tells the peer that no more comes; still reads.
  void half_close();
  /// Ends the connection with a reset.
  void reset();
  /// Exactly `count` bytes, fewer at the end of the stream or the deadline.
  std::string read(std::size_t count);
  RawResponse read_response(bool is_head = false);
  /// Whether the peer sent something, or closed, within that time.
  bool readable_within(int timeout_ms);
  /// Reads until the peer closes; false when it did not within the deadline.
  bool closed_by_peer();
  /// What the peer sent until it closed.
  std::string read_all();

 private:
  bool fill();

  int fd_ = -1;
  std::string in_;
};

/// Listens on a free loopback port.
class RawListener {
 public:
  RawListener();
  ~RawListener();
  std::uint16_t port() const { return port_; }
  RawSocket accept();

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

/// Waits until `holds()`; false when it did not within half a minute.
template <typename Condition>
bool eventually(const Condition& holds);

}  // namespace troth::test

#include <thread>

template <typename Condition>
bool troth::test::eventually(const Condition& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}
