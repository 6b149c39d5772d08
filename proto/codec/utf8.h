// proto/codec/utf8.h: text that leaves is always UTF-8: Protobuf `string` fields and JSON allow nothing else, and one
// byte of a participant's own making must not close a session or spoil a document.
#pragma once

#include <string>
#include <string_view>

namespace troth::codec {

bool is_utf8(std::string_view text);
/// `text` with each byte that is not part of well-formed UTF-8 replaced by '?'.
std::string cleaned(std::string_view text);
/// The longest prefix of at most `max_bytes` that does not end inside a character.
std::string_view clipped(std::string_view text, std::size_t max_bytes);

}  // namespace troth::codec
