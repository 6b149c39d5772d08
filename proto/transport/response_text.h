// proto/transport/response_text.h: an HttpResponse as the bytes of HTTP/1.1.
#pragma once

#include <string>

#include "proto/transport/http_server.h"

namespace troth::transport {

/// Status line and headers up to the empty line. The length, Connection and Date are ours; a header that would break
/// the head (line breaks, or one of these names) is left out: no service can split a response by accident.
std::string response_head(const HttpResponse& response, bool close);

/// These bytes as one chunk of a body without a length (none when empty), and the end of that body if it is `last`.
std::string chunk_text(std::string_view bytes, bool last);

/// Neither may carry a body (RFC 9110 §15).
inline bool has_body(int status) {
  return status != 204 && status != 304;
}

bool is_safe_header(std::string_view name, std::string_view value);

}  // namespace troth::transport
