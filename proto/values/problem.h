// proto/values/problem.h: the closed list of problems of api.md, each with its status, title and whether a repeat of
// the same request may succeed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troth {

enum class Slug : std::uint8_t {
  kBadRequest,
  kBadUpgrade,
  kBadJson,
  kBadProtobuf,
  kBadField,
  kUnknownField,
  kDuplicateField,
  kBadId,
  kBadParameter,
  kUnsupportedScheme,
  kAddressRefused,
  kNoSuchRoute,
  kUnknownTransaction,
  kUnknownParticipant,
  kUnknownBranch,
  kMethodNotAllowed,
  kNotAcceptable,
  kRequestTimeout,
  kAborted,
  kCommitted,
  kPrepareBegan,
  kBranchConflict,
  kNoBranches,
  kParticipantInUse,
  kParticipantConflict,
  kActionRefused,
  kAskOperator,
  kExpired,
  kCursorExpired,
  kRevisionChanged,
  kTooLarge,
  kUnsupportedMediaType,
  kForeignLog,
  kIdempotencyKeyReused,
  kTooManyBranches,
  kUpgradeRequired,
  kLimitReached,
  kHeadersTooLarge,
  kStarting,
  kDraining,
  kDiskFull,
  kOverloaded
};
inline constexpr std::size_t kSlugCount = static_cast<std::size_t>(Slug::kOverloaded) + 1;

struct SlugInfo {
  Slug slug;
  std::string_view text;  // "bad-json"
  int status;
  std::string_view title;
  bool retryable;
};
const SlugInfo& info(Slug slug);
std::optional<Slug> parse_slug(std::string_view text);

/// An answer that is not success. `detail` is one sentence that says what was wrong and what to do.
struct Problem {
  Slug slug = Slug::kBadRequest;
  std::string detail;
  std::string pointer;  // JSON pointer into the request, or empty
};

}  // namespace troth
