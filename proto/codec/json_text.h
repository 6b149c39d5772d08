// proto/codec/json_text.h: the small pieces of JSON text that readers and writers share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troth::codec {

/// Appends `text` in quotes, escaped; bytes that are not UTF-8 become '?'.
void append_quoted(std::string& out, std::string_view text);
/// One reference token of RFC 6901: '~' and '/' escaped.
std::string pointer_segment(std::string_view key);

/// Standard base64 with padding; reading takes nothing else (no line breaks, no stray bits at the end).
std::optional<std::string> from_base64(std::string_view text);
/// The URL alphabet without padding, for tokens.
std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace troth::codec
