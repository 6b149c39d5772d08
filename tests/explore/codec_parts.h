// tests/explore/codec_parts.h: the two machines' states as bits. For codec.cpp.
#pragma once

#include <optional>

#include "tests/explore/bits.h"
#include "tests/explore/codec.h"

namespace troth::explore {

template <class T>
std::uint32_t or_none(const std::optional<T>& value) {
  return value ? static_cast<std::uint32_t>(*value) + 1 : 0;
}
template <class T>
void from_none(std::optional<T>& value, std::uint32_t bits) {
  if (bits == 0) return value.reset();
  value = static_cast<T>(bits - 1);
}

/// Core's branch, without name and number.
void put_branch(Writer& to, const core::Branch& branch);
void take_branch(Reader& from, core::Branch& branch, bool is_callback);

/// The SDK's branch, if it has one.
void put_state(Writer& to, const Participant& participant);
void take_state(Reader& from, Participant& participant);

}  // namespace troth::explore
