// proto/transport/http_client.h: the one HTTP client (trothctl, demo, tests; later callbacks), behind std types.
#pragma once

#include <functional>
#include <string>

#include "proto/transport/http_server.h"

namespace troth::transport {

struct HttpResult {
  /// 0 when there was no answer; then `error` says why, and `sent` whether the request may have reached the server.
  int status = 0;
  std::string body;
  Headers headers;
  std::string error;
  bool sent = false;
};

/// Connections to one `http://host:port`, kept alive and reused; requests beyond `max_connections` wait in order.
/// A request on a reused connection that died before a byte of the answer is NOT repeated: the caller knows if it may.
class HttpClient {
 public:
  HttpClient(Io& io, std::string base_url, std::size_t max_connections = 64);
  ~HttpClient();
  /// Answers on the io thread, exactly once. Any thread.
  void call(std::string method, std::string target, Headers headers, std::string body, Millis deadline_ms,
            std::function<void(HttpResult)> done);
  /// The same, waiting. Not from the io thread.
  HttpResult call(std::string method, std::string target, Headers headers = {}, std::string body = {},
                  Millis deadline_ms = 30'000);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace troth::transport
