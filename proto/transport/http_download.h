// proto/transport/http_download.h: one request whose answer may be larger than memory.
#pragma once

#include <functional>
#include <string_view>

#include "proto/transport/http_client.h"

namespace troth::transport {

/// Gets the body of a 200 in pieces, in order, on the io thread. False: it wants no more, and the download fails.
using TakePiece = std::function<bool(std::string_view piece)>;

/// Sends `method target` without a body to `http://host:port`, on a connection of its own, and waits; not on the io
/// thread. `body` of the result is that of an answer other than 200 (at most 64 KiB), else empty. An answer that ends
/// before its Content-Length, or of which nothing comes for `idle_ms`, is an error.
HttpResult download(Io& io, const std::string& base_url, const std::string& method, const std::string& target,
                    Millis idle_ms, TakePiece take);

}  // namespace troth::transport
