// proto/codec/archive.h: what the four archives (Protobuf and JSON, reading and writing) have in common. A message is
// described once, by a function `describe(archive, value)` that names each field with its number and its JSON name;
// the archive does with it what it is for. So the two forms and the two directions cannot drift apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

#include "proto/values/ids.h"
#include "proto/values/requests.h"

namespace troth::codec {

/// Readers take the value by reference, writers by const reference.
template <class Archive, class T>
using Ref = std::conditional_t<Archive::kReading, T&, const T&>;

/// What a reader refuses by size; the other bounds follow from the size of the input.
struct ReadBounds {
  std::uint32_t max_payload_bytes = 0xffff'ffff;
  std::uint32_t max_branches = 0xffff'ffff;  // of a request
};

/// Free text for people (reasons): longer is cut, not refused, so that a participant's long error message cannot close
/// its session again and again.
inline constexpr std::size_t kMaxNoteBytes = 1024;

struct ReadError {
  enum class Kind : std::uint8_t {
    kMalformed,
    kUnknownField,
    kDuplicateField,
    kMissing,
    kBadValue,
    kTooManyBranches,
    kTooLarge
  };
  Kind kind = Kind::kMalformed;
  std::string pointer;  // JSON pointer to the field
  std::string why;      // a sentence that says what to do
};

}  // namespace troth::codec
