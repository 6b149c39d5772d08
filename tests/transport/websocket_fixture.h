// tests/transport/websocket_fixture.h: a server whose `/s` becomes a WebSocket, a client of ours, and raw frames.
#pragma once

#include <gtest/gtest.h>

#include "tests/transport/raw_socket.h"
#include "tests/transport/recording_peer.h"
#include "tests/transport/test_service.h"

namespace troth::test {

class WebSockets : public testing::Test {
 protected:
  WebSockets() {
    running_.service.on_upgrade = [this](const HttpHead& head) -> std::variant<HttpService::Upgrade, HttpResponse> {
      if (head.path != "/s") return running_.service.refuse({Slug::kNoSuchRoute, "", ""}, head.path);
      return HttpService::Upgrade{server_, subprotocol_, limits_};
    };
  }

  std::string url(const std::string& path = "/s") { return "ws://127.0.0.1:" + std::to_string(running_.port()) + path; }
  void connect() {
    connect_websocket(running_.io, url(), "troth.test", limits_, client_);
    client_->socket();
    server_->socket();
  }
  /// A raw client that has been upgraded.
  RawSocket upgraded(const std::string& early_bytes = "") {
    RawSocket raw(running_.port());
    raw.send(handshake() + early_bytes);
    EXPECT_EQ(raw.read_response().status, 101);
    return raw;
  }
  static std::string handshake(const std::string& key = "dGhlIHNhbXBsZSBub25jZQ==", const std::string& version = "13") {
    return "GET /s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: " +
           version + "\r\nSec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Protocol: troth.test\r\n\r\n";
  }

  std::shared_ptr<RecordingPeer> server_ = std::make_shared<RecordingPeer>();
  std::shared_ptr<RecordingPeer> client_ = std::make_shared<RecordingPeer>();
  WebSocketLimits limits_;
  std::string subprotocol_ = "troth.test";
  RunningServer running_;
};

enum Opcode : unsigned char { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

/// One frame as a client sends it, masked with zeros unless told otherwise. `first` may carry reserved bits.
inline std::string frame(unsigned char opcode, const std::string& payload, bool final = true, bool masked = true) {
  std::string bytes(1, static_cast<char>(opcode | (final ? 0x80 : 0)));
  const auto mask = static_cast<unsigned char>(masked ? 0x80 : 0);
  if (payload.size() < 126) {
    bytes += static_cast<char>(mask | payload.size());
  } else if (payload.size() < 65'536) {
    bytes += static_cast<char>(mask | 126);
    for (int shift = 8; shift >= 0; shift -= 8) bytes += static_cast<char>(payload.size() >> shift);
  } else {
    bytes += static_cast<char>(mask | 127);
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(payload.size() >> shift);
  }
  if (masked) bytes.append(4, '\0');
  return bytes + payload;
}

/// The code of the close frame that the server sent, skipping other frames of less than 126 bytes; 0 if it sent none.
inline int close_code(RawSocket& raw) {
  while (true) {
    const std::string head = raw.read(2);
    if (head.size() < 2) return 0;
    const std::string payload = raw.read(static_cast<unsigned char>(head[1]) & 0x7f);
    if ((head[0] & 0x0f) != kClose) continue;
    if (payload.size() < 2) return 0;
    return (static_cast<unsigned char>(payload[0]) << 8) | static_cast<unsigned char>(payload[1]);
  }
}

}  // namespace troth::test
