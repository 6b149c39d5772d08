#include "proto/values/problem.h"

#include <array>

namespace troth {
namespace {

constexpr std::array<SlugInfo, kSlugCount> kTable = {{
    {Slug::kBadRequest, "bad-request", 400, "The request is not well-formed HTTP", false},
    {Slug::kBadUpgrade, "bad-upgrade", 400, "The WebSocket handshake is not acceptable", false},
    {Slug::kBadJson, "bad-json", 400, "The body is not JSON", false},
    {Slug::kBadProtobuf, "bad-protobuf", 400, "The body is not the Protobuf message of this route", false},
    {Slug::kBadField, "bad-field", 400, "A field has a wrong type or is out of range", false},
    {Slug::kUnknownField, "unknown-field", 400, "A field is not known", false},
    {Slug::kDuplicateField, "duplicate-field", 400, "A field appears twice", false},
    {Slug::kBadId, "bad-id", 400, "The id is not well-formed", false},
    {Slug::kBadParameter, "bad-parameter", 400, "A query parameter or header is not acceptable", false},
    {Slug::kUnsupportedScheme, "unsupported-scheme", 400, "The scheme of the URL is not supported", false},
    {Slug::kAddressRefused, "address-refused", 400, "The address of the URL is not allowed", false},
    {Slug::kNoSuchRoute, "no-such-route", 404, "There is no such route", false},
    {Slug::kUnknownTransaction, "unknown-transaction", 404, "The transaction is not known", false},
    {Slug::kUnknownParticipant, "unknown-participant", 404, "The participant is not registered", false},
    {Slug::kUnknownBranch, "unknown-branch", 404, "The transaction has no such branch", false},
    {Slug::kMethodNotAllowed, "method-not-allowed", 405, "The route does not have this method", false},
    {Slug::kNotAcceptable, "not-acceptable", 406, "No acceptable content type can be produced", false},
    {Slug::kRequestTimeout, "request-timeout", 408, "The request did not arrive in time", true},
    {Slug::kAborted, "aborted", 409, "The transaction aborted", false},
    {Slug::kCommitted, "committed", 409, "The transaction committed", false},
    {Slug::kPrepareBegan, "prepare-began", 409, "The transaction takes no more branches", false},
    {Slug::kBranchConflict, "branch-conflict", 409, "The branch exists with another payload", false},
    {Slug::kNoBranches, "no-branches", 409, "The transaction has no branch to commit", false},
    {Slug::kParticipantInUse, "participant-in-use", 409, "The participant is in use", false},
    {Slug::kParticipantConflict, "participant-conflict", 409, "The name is registered otherwise", false},
    {Slug::kActionRefused, "action-refused", 409, "The action is not possible in this state", false},
    {Slug::kAskOperator, "ask-operator", 409, "Only an operator can say what became of it", false},
    {Slug::kExpired, "expired", 410, "The outcome is no longer remembered", false},
    {Slug::kCursorExpired, "cursor-expired", 410, "The cursor is older than what is kept", false},
    {Slug::kRevisionChanged, "revision-changed", 412, "The transaction has changed since", false},
    {Slug::kTooLarge, "too-large", 413, "The body or a payload is too large", false},
    {Slug::kUnsupportedMediaType, "unsupported-media-type", 415, "The content type is not supported", false},
    {Slug::kForeignLog, "foreign-log", 421, "The id was made by another log", false},
    {Slug::kIdempotencyKeyReused, "idempotency-key-reused", 422, "The key came with another request", false},
    {Slug::kTooManyBranches, "too-many-branches", 422, "The transaction would have too many branches", false},
    {Slug::kUpgradeRequired, "upgrade-required", 426, "The route is a WebSocket", false},
    {Slug::kLimitReached, "limit-reached", 429, "A limit is reached", true},
    {Slug::kHeadersTooLarge, "headers-too-large", 431, "The header is too large", false},
    {Slug::kStarting, "starting", 503, "The coordinator is starting", true},
    {Slug::kDraining, "draining", 503, "The coordinator is stopping", true},
    {Slug::kDiskFull, "disk-full", 503, "The coordinator's disk is nearly full", true},
    {Slug::kOverloaded, "overloaded", 503, "The coordinator is overloaded", true},
}};

constexpr bool rows_are_in_enum_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].slug) != i) return false;
  }
  return true;
}
static_assert(rows_are_in_enum_order());

}  // namespace

const SlugInfo& info(Slug slug) {
  return kTable.at(static_cast<std::size_t>(slug));
}

std::optional<Slug> parse_slug(std::string_view text) {
  for (const auto& row : kTable) {
    if (row.text == text) return row.slug;
  }
  return std::nullopt;
}

}  // namespace troth
