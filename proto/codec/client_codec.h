// proto/codec/client_codec.h: client-session frames ↔ bytes (proto/troth/v1/client.proto). Same rules for hostile input
// as session_codec.h.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "proto/codec/session_codec.h"
#include "proto/values/client_messages.h"
#include "proto/values/limits.h"

namespace troth::codec {

/// A frame with more requests is refused, whatever its size.
inline constexpr std::size_t kMaxRequestsInFrame = 16'384;

/// What breaks the frame or the protocol is a FrameError. A request whose fields the HTTP API would refuse is part of
/// the frame, with its problem: one bad request costs the others nothing. Sizes that bound memory (payload, branches)
/// are checked while reading, so they cost the frame.
std::string encode(const client_session::FromClient& frame);
std::string encode(const client_session::ToClient& frame);
std::variant<client_session::FromClient, FrameError> decode_from_client(std::string_view bytes, const Limits& limits);
std::variant<client_session::ToClient, FrameError> decode_to_client(std::string_view bytes);

}  // namespace troth::codec
