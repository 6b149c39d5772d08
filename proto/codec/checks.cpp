#include "proto/codec/checks.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "proto/codec/describe_api.h"
#include "proto/codec/strict_json.h"
#include "proto/codec/wire_writer.h"

namespace troth::codec {
namespace {

std::optional<Problem> bad(std::string pointer, std::string detail) {
  return Problem{Slug::kBadField, std::move(detail), std::move(pointer)};
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_free_text(std::string_view text, std::size_t max_bytes) {
  return text.size() <= max_bytes && !has_control(text);
}

std::optional<Problem> check_reason(const std::string& reason, bool required) {
  if (required && reason.empty()) return bad("/reason", "Say why, in a sentence: the reason is kept with the act.");
  if (is_free_text(reason, kMaxReasonBytes)) return std::nullopt;
  return bad("/reason", "The reason must have at most 1000 bytes and no control characters.");
}

std::optional<Problem> check_actor(const std::string& actor) {
  if (actor.empty() || is_label(actor)) return std::nullopt;
  return bad("/actor", "The actor must have 1 to 64 printable characters.");
}

std::optional<Problem> check_participant(const std::string& name, std::string pointer) {
  if (is_participant_name(name)) return std::nullopt;
  return bad(std::move(pointer), "A participant name is 1 to 63 of a-z, 0-9, '.', '_', '-', a letter or digit first.");
}

bool is_url_text(std::string_view url) {
  return !url.empty() && url.size() <= kMaxUrlBytes &&
         std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

Problem to_problem(const ReadError& error, Form form) {
  using Kind = ReadError::Kind;
  auto slug = Slug::kBadField;
  switch (error.kind) {
    case Kind::kMalformed: slug = form == Form::kJson ? Slug::kBadJson : Slug::kBadProtobuf; break;
    case Kind::kUnknownField: slug = form == Form::kJson ? Slug::kUnknownField : Slug::kBadProtobuf; break;
    case Kind::kDuplicateField: slug = form == Form::kJson ? Slug::kDuplicateField : Slug::kBadProtobuf; break;
    case Kind::kMissing:
    case Kind::kBadValue: break;
    case Kind::kTooManyBranches: slug = Slug::kTooManyBranches; break;
    case Kind::kTooLarge: slug = Slug::kTooLarge; break;
  }
  return {slug, error.why, error.pointer};
}

std::optional<Problem> check(const request::Begin& begin, const Limits& limits) {
  if (!begin.label.empty() && !is_label(begin.label)) {
    return bad("/label", "A label has 1 to 64 printable characters.");
  }
  if (begin.timeout_ms && (*begin.timeout_ms < 1 || *begin.timeout_ms > limits.max_timeout_ms)) {
    return bad("/timeoutMs", "The timeout must be from 1 to " + std::to_string(limits.max_timeout_ms) + " ms.");
  }
  for (std::size_t i = 0; i < begin.branches.size(); ++i) {
    if (auto problem = check(begin.branches[i], "/branches/" + std::to_string(i))) return problem;
  }
  return std::nullopt;
}

std::optional<Problem> check(const request::NewBranch& branch, const std::string& pointer) {
  if (auto problem = check_participant(branch.participant, pointer + "/participant")) return problem;
  if (is_free_text(branch.key, kMaxKeyBytes)) return std::nullopt;
  return bad(pointer + "/key", "The key of a branch must have at most 256 bytes and no control characters.");
}

std::optional<Problem> check(const CommitBody&) {
  return std::nullopt;
}

std::optional<Problem> check(const AbortBody& body) {
  return check_reason(body.reason, false);
}

std::optional<Problem> check(const ResolveBody& body) {
  if (auto problem = check_reason(body.reason, true)) return problem;
  return check_actor(body.actor);
}

std::optional<Problem> check(const ResolveGapBody& body) {
  if (auto problem = check_reason(body.reason, true)) return problem;
  return check_actor(body.actor);
}

std::optional<Problem> check(const RegisterBody& body) {
  if (auto problem = check_participant(body.name, "/name")) return problem;
  if (!is_url_text(body.url)) return bad("/url", "The URL must have 1 to 2048 printable ASCII characters, no spaces.");
  if (body.concurrency < 1 || body.concurrency > kMaxConcurrency) {
    return bad("/concurrency", "The concurrency must be from 1 to 1000 calls at a time.");
  }
  if (body.timeout_ms < 1 || body.timeout_ms > kMaxCallTimeoutMs) {
    return bad("/timeoutMs", "The timeout of a call must be from 1 to 60000 ms.");
  }
  return std::nullopt;
}

std::optional<Problem> check(const RetireBody& body) {
  return check_reason(body.reason, true);
}

std::optional<Problem> settle_payload(request::NewBranch& branch, const std::string& pointer) {
  if (branch.payload_type != PayloadType::kJson) return std::nullopt;
  auto parsed = parse_strict(branch.payload);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return bad(pointer + "/payloadJson", problem->detail);
  branch.payload = canonical(std::get<boost::json::value>(parsed));
  return std::nullopt;
}

std::optional<Problem> settle_payloads(request::Begin& begin) {
  for (std::size_t i = 0; i < begin.branches.size(); ++i) {
    if (auto problem = settle_payload(begin.branches[i], "/branches/" + std::to_string(i))) return problem;
  }
  return std::nullopt;
}

std::string hash_of(const request::Begin& begin) {
  std::string content;
  WireWriter writer(content);
  describe_begin(writer, begin);
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits(content.data(), content.size()));
  return {reinterpret_cast<const char*>(bytes.digest), sizeof(bytes.digest)};
}

}  // namespace troth::codec
