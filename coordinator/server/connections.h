// coordinator/server/connections.h: what the WebSocket peers of a server share. Io thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>

#include "coordinator/server/exchange.h"
#include "coordinator/server/identity.h"
#include "proto/transport/websocket.h"
#include "proto/values/limits.h"

namespace troth::server {

/// Counted by the peers, shown by /metrics. Io thread.
struct SocketCounters {
  std::uint64_t frames_in = 0;
  std::uint64_t frames_out = 0;
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
  std::uint64_t dropped_frames = 0;             // of another log or epoch
  std::map<int, std::uint64_t> closed_by_code;  // closes that we began
};

/// A peer that a drain closes. Io thread.
class Closable {
 public:
  virtual ~Closable() = default;
  virtual void close(int code, std::string reason) = 0;
};

struct Connections {
  transport::Io& io;
  Inbox& inbox;
  Exchange& exchange;
  const Limits& limits;
  const Identity& identity;
  SocketCounters counters;
  std::unordered_set<Closable*> open;
};

inline constexpr std::uint32_t kMaxMessages = 16'384;   // per frame, both ways
inline constexpr std::uint32_t kSessionWindow = 4'096;  // enlists of a session that are not yet answered
inline constexpr std::uint32_t kClientWindow = 4'096;   // requests of a client session that are not yet answered
inline constexpr std::uint32_t kPingMs = 10'000;

std::shared_ptr<transport::WebSocketPeer> make_session_peer(Connections& connections);
std::shared_ptr<transport::WebSocketPeer> make_client_peer(Connections& connections);

}  // namespace troth::server
