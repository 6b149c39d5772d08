// proto/transport/http_exchange.h: one connection of the HTTP client, one request after the other.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "proto/transport/dial.h"
#include "proto/transport/http_client.h"

namespace troth::transport {

/// Io thread only. `close` may be called at any time; then `done` is not called any more.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  /// Connects first if need be, writes `request` (the bytes of head and body) and reads the answer. `reusable` tells
  /// whether another request may follow on this connection.
  using Done = std::function<void(HttpResult result, bool reusable)>;
  virtual void run(std::string request, bool is_head, Done done) = 0;
  /// Whether bytes of the present request may have left.
  virtual bool sent() const = 0;
  /// Connected, and the server has neither closed nor said anything unasked.
  virtual bool idle_and_good() = 0;
  virtual void close() = 0;
};

std::shared_ptr<HttpExchange> new_exchange(Executor executor, const Url& url);

}  // namespace troth::transport
