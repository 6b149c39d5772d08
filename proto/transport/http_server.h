// proto/transport/http_server.h: HTTP/1.1 once, behind std types. The gate (reliability.md §7) stands in front of every
// request: what it refuses never reaches the service, and nothing a peer sends can throw out of a connection.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "proto/transport/io.h"
#include "proto/transport/websocket.h"
#include "proto/values/problem.h"

namespace troth::transport {

using Headers = std::vector<std::pair<std::string, std::string>>;  // names in lower case, in order

struct HttpHead {
  std::string method;
  std::string path;   // percent-decoded is the service's business: this is the raw path of the target
  std::string query;  // raw, without '?'
  Headers headers;
  std::string remote;
  std::optional<std::uint64_t> content_length;
  /// First value of `name` (lower case), empty if absent.
  std::string_view header(std::string_view name) const;
};

struct HttpRequest {
  HttpHead head;
  std::string body;
};

/// A body too large to hold in memory. It is let go of when it was sent, and when its client goes away. Io thread.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual std::uint64_t size() const = 0;
  /// Replaces `bytes` by the next ones, at most `most` and at least one. False, or what it throws, cuts the connection:
  /// its client sees that the body is not whole.
  virtual bool read(std::string& bytes, std::size_t most) = 0;
};

/// A body without an end known beforehand: it is pushed in chunks while it comes. It is let go of when it ended and
/// when its client goes away, also by ending its own side only. Io thread.
class BodyFlow {
 public:
  virtual ~BodyFlow() = default;
  enum class State : std::uint8_t { kOpen, kEnded };
  /// Called once, before the first `read`. `wake` says that there is something to read again; it may be called at any
  /// time, also in vain and after the client has gone, but not from within `read`.
  virtual void begin(std::function<void()> wake) = 0;
  /// Adds what there is now to `bytes`, about `most` bytes at most; nothing: wait for `wake`. It is called only when
  /// the client has taken what was read before, so a slow client holds one piece in memory. What it throws cuts the
  /// body.
  virtual State read(std::string& bytes, std::size_t most) = 0;
};

struct HttpResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  std::shared_ptr<BodySource> source;  // instead of `body`
  std::shared_ptr<BodyFlow> flow;      // instead of `body`
  Headers headers;
  bool close = false;  // the gate closes after any 4xx it gives itself; a service decides for its own
};

/// Answers one request, exactly once; any thread. `abandoned` of the request tells that nobody listens any more.
using Respond = std::function<void(HttpResponse)>;

/// What serves requests. Called on the io thread; must not block.
class HttpService {
 public:
  virtual ~HttpService() = default;
  /// Before the body is read: how many bytes it may have, or the refusal.
  virtual std::variant<std::uint64_t, HttpResponse> admit(const HttpHead& head) = 0;
  /// The whole request. `respond` may be called now or later, from any thread. The returned function is called if the
  /// client goes away before it was (it may be empty).
  virtual std::function<void()> serve(HttpRequest request, Respond respond) = 0;
  /// A WebSocket upgrade of a request that passed the gate: the peer and the subprotocol to confirm, or the refusal.
  struct Upgrade {
    std::shared_ptr<WebSocketPeer> peer;
    std::string subprotocol;
    WebSocketLimits limits;
  };
  virtual std::variant<Upgrade, HttpResponse> upgrade(const HttpHead& head) = 0;
  /// The body and type of a refusal the gate or the timeouts give (`bad-request`, `too-large`, `request-timeout`, …).
  virtual HttpResponse refuse(const Problem& problem, std::string_view path) = 0;
};

struct HttpLimits {
  std::uint32_t max_header_bytes = 8'192;
  std::uint32_t max_connections = 10'000;
  Millis header_timeout_ms = 5'000;  // total, not per read
  Millis body_timeout_ms = 30'000;
  Millis idle_timeout_ms = 60'000;
};

class HttpServer {
 public:
  /// Binds and listens, but accepts nothing before `start`. Returns the server or why it could not bind.
  static std::variant<std::unique_ptr<HttpServer>, std::string> bind(Io& io, const std::string& host,
                                                                     std::uint16_t port, HttpLimits limits,
                                                                     HttpService& service);
  virtual ~HttpServer() = default;
  virtual std::uint16_t port() const = 0;
  virtual void start() = 0;
  /// Accepts no more connections; those that are idle close, those in a request answer it (with `Connection: close`).
  virtual void stop_accepting() = 0;
  /// Open connections, for metrics. Any thread.
  virtual std::uint64_t connections() const = 0;
};

}  // namespace troth::transport
