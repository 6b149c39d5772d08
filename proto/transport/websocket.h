// proto/transport/websocket.h: a WebSocket as its user sees it, the same for server and client, TLS or not.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proto/transport/io.h"

namespace troth::transport {

/// A connection. Any thread may call; after it closed, calls do nothing.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  /// There is something to send: the io thread will call `WebSocketPeer::next_frame` when the socket can take it.
  /// Many wakes before that cost one call, so messages that come while a frame is being written share the next.
  virtual void wake() = 0;
  /// Sends what was already pulled, then a close frame with `code`, and drops the connection if the peer does not
  /// answer it within a second.
  virtual void close(int code, std::string reason) = 0;
  virtual std::string remote() const = 0;
};

/// What the user of a connection implements. All calls come on the io thread, never two at once; none may block.
/// The connection holds the peer alive until after `on_close`.
class WebSocketPeer {
 public:
  virtual ~WebSocketPeer() = default;
  virtual void on_open(std::shared_ptr<WebSocket> socket) = 0;
  /// One binary message. Reading never waits for writing; a text message closes the connection with 4400 by itself.
  virtual void on_message(std::string_view bytes) = 0;
  /// The next message to send, empty when there is none. At most one is being written at a time.
  virtual std::string next_frame() = 0;
  /// Once, whatever the reason; code 0 when the connection was lost without a close frame. Never called before on_open,
  /// except on a client whose connect failed: then with code 0 and why.
  virtual void on_close(int code, std::string reason) = 0;
};

struct WebSocketLimits {
  std::uint32_t max_message_bytes = 1'048'576;  // a longer one closes with 4413
  Millis handshake_ms = 5'000;
  Millis ping_ms = 10'000;  // a ping after this much silence from the peer; no answer within as much again: 4408
};

/// Dials `ws://host:port/path` and keeps the outcome to the peer's callbacks. Returns at once. Any thread.
void connect_websocket(Io& io, const std::string& url, const std::string& subprotocol, WebSocketLimits limits,
                       std::shared_ptr<WebSocketPeer> peer);

}  // namespace troth::transport
