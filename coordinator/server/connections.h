// coordinator/server/connections.h: what the WebSocket peers of a server share. Io thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
  std::uint64_t closed_for_queue = 0;           // a participant reads too slowly
  std::uint64_t closed_unread = 0;              // a client does not read its replies
  std::uint64_t closed_for_window = 0;          // its peer sent more than it may
  std::uint64_t refused_backlog = 0;            // requests: the engine has too much to do
  std::uint64_t refused_connections = 0;
  std::map<std::string, std::uint64_t> overfull;  // closed_for_queue by participant; removed ones too
};

/// What a participant's connection has to do.
struct Load {
  std::string_view participant;
  std::string_view instance;
  std::size_t queued = 0;       // messages that wait for being sent to it
  std::uint32_t in_flight = 0;  // enlists of it that are not yet answered
};

/// A peer that a drain closes. Io thread.
class Closable {
 public:
  virtual ~Closable() = default;
  virtual void close(int code, std::string reason) = 0;
  /// Of a participant's connection after its Hello.
  virtual std::optional<Load> load() const { return std::nullopt; }
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
