// proto/codec/record_codec.h: facts ↔ the bytes of a log record (proto/troth/v1/record.proto).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/values/facts.h"

namespace troth::codec {

/// The record kind of a fact: stable numbers, 1 + its index in the variant when it was introduced; never reused.
std::uint16_t kind_of(const Fact& fact);
std::string encode(const Fact& fact);
/// nullopt when kind or bytes are not ours: a newer format or damage.
std::optional<Fact> decode_fact(std::uint16_t kind, std::string_view body);

}  // namespace troth::codec
