// proto/transport/websocket_session.h: how a stream becomes a WebSocket, on either side.
#pragma once

#include <memory>

#include "proto/transport/any_stream.h"
#include "proto/transport/http_server.h"
#include "proto/transport/url.h"

namespace troth::transport {

struct SessionPlace {
  std::shared_ptr<IoCore> core;
  const void* owner = nullptr;  // for the registry: the server whose connection it was
  std::shared_ptr<void> slot;   // let go when the connection has ended
};

/// Completes the handshake of `head`, which passed the gate and `check_handshake`. Io thread.
void accept_websocket(SessionPlace place, AnyStream stream, const HttpHead& head, HttpService::Upgrade upgrade);

/// Begins the handshake on a connected stream. The outcome goes to the peer. Io thread.
void begin_websocket(SessionPlace place, AnyStream stream, std::string remote, const Url& url,
                     const std::string& subprotocol, WebSocketLimits limits, std::shared_ptr<WebSocketPeer> peer);

}  // namespace troth::transport
