// proto/transport/request_gate.h: the strict reader of a request's head (reliability.md §7). It works on the raw bytes
// and knows no sockets. What it accepts is a small subset of HTTP/1.1 that can be read in one way only, so that no
// proxy in front of us can see other requests in the same bytes.
#pragma once

#include <string_view>
#include <variant>

#include "proto/transport/http_server.h"

namespace troth::transport {

/// Looks for the end of the head in bytes that still grow, and refuses at the first byte that cannot be in one: who
/// sends garbage, a TLS hello or bare line feeds is told at once instead of after a deadline.
class HeadScanner {
 public:
  enum class Found { kMore, kEnd, kBad };
  /// `bytes` is what came so far, from the start of the request. After kEnd, `end()` is the length of the head.
  Found scan(std::string_view bytes);
  std::size_t end() const { return at_; }
  void reset() { *this = HeadScanner(); }

 private:
  std::size_t at_ = 0;  // bytes looked at
  std::size_t line_start_ = 0;
};

struct GatedHead {
  HttpHead head;
  bool keep_alive = true;
  bool expects_continue = false;
  bool wants_websocket = false;
};

/// `bytes` ends with the empty line. The problem's detail says which rule was broken.
std::variant<GatedHead, Problem> pass_gate(std::string_view bytes);

/// What is wrong with a WebSocket handshake that passed the gate (RFC 6455 §4.2.1), if anything.
std::optional<Problem> check_handshake(const HttpHead& head);

}  // namespace troth::transport
