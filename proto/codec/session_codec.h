// proto/codec/session_codec.h: session frames ↔ bytes (proto/troth/v1/session.proto).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "proto/values/messages.h"

namespace troth::codec {

std::string encode(const session::Frame& frame);

struct FrameError {
  std::string why;
};
/// Parses one frame from a peer: hostile input. Refuses: malformed or more than `max_messages` messages (checked on the
/// wire bytes before anything is allocated), a message of no known kind, ids that are not well formed, enum values out
/// of range, names that are not names, payloads above `max_payload_bytes`. Memory is bounded by a small multiple of the
/// input.
std::variant<session::Frame, FrameError> decode_frame(std::string_view bytes, std::uint32_t max_messages,
                                                      std::uint32_t max_payload_bytes);

}  // namespace troth::codec
