#include "proto/codec/api_json.h"

#include <ctime>

#include "proto/codec/checks.h"
#include "proto/codec/describe_api.h"
#include "proto/codec/json_reader.h"
#include "proto/codec/json_writer.h"
#include "proto/codec/strict_json.h"

namespace troth::codec {
namespace {

/// No id starts with it: an id given as a token is refused, not read as another.
constexpr char kTokenMark = 'p';

/// Syntax and fields; an empty body is `{}`.
template <class T>
std::optional<Problem> read_object(std::string_view body, const ReadBounds& bounds, T& message) {
  auto parsed = parse_strict(body.empty() ? "{}" : body);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return *problem;
  const auto* object = std::get<boost::json::value>(parsed).if_object();
  if (object == nullptr) return Problem{Slug::kBadField, "The body must be a JSON object.", {}};
  JsonReader reader(*object, bounds);
  if (!reader.read(message)) return to_problem(*reader.error(), Form::kJson);
  return std::nullopt;
}

template <class T>
Parsed<T> read_body(std::string_view body) {
  T message;
  if (auto problem = read_object(body, {}, message)) return *problem;
  if (auto problem = check(message)) return *problem;
  return message;
}

template <class T>
std::string object_of(const T& message, bool with_details = true) {
  std::string out;
  JsonWriter(out, with_details).object(message);
  return out;
}

}  // namespace

Parsed<request::Begin> read_begin(std::string_view body, const Limits& limits) {
  HttpBegin http;
  if (auto problem = read_object(body, {limits.max_payload_bytes, limits.max_branches}, http)) return *problem;
  if (auto problem = check(http.begin, limits)) return *problem;
  http.begin.origin.request_hash = hash_of(http.begin);
  return std::move(http.begin);
}

Parsed<request::NewBranch> read_branch(std::string_view body, const Limits& limits) {
  request::NewBranch branch;
  if (auto problem = read_object(body, {limits.max_payload_bytes, limits.max_branches}, branch)) return *problem;
  if (auto problem = check(branch, "")) return *problem;
  return branch;
}

Parsed<CommitBody> read_commit(std::string_view body, const Limits& /*limits*/) {
  return read_body<CommitBody>(body);
}
Parsed<AbortBody> read_abort(std::string_view body) {
  return read_body<AbortBody>(body);
}
Parsed<ResolveBody> read_resolve(std::string_view body) {
  return read_body<ResolveBody>(body);
}
Parsed<ResolveGapBody> read_resolve_gap(std::string_view body) {
  return read_body<ResolveGapBody>(body);
}
Parsed<RegisterBody> read_register(std::string_view body) {
  return read_body<RegisterBody>(body);
}
Parsed<RetireBody> read_retire(std::string_view body) {
  return read_body<RetireBody>(body);
}

std::string write_json(const TransactionView& view, bool with_details) {
  return object_of(view, with_details);
}
std::string write_json(const BranchView& view) {
  return object_of(view);
}
std::string write_json(const ParticipantView& view) {
  return object_of(view);
}
std::string write_json(const DecisionView& view) {
  return object_of(view);
}
std::string write_json(const answer::Transactions& page) {
  return object_of(page, false);
}
std::string write_json(const answer::Participants& all) {
  return object_of(all);
}
std::string write_json(const answer::DryRun& run) {
  return object_of(run);
}
std::string write_json(const Limits& limits) {
  return object_of(limits);
}
std::string write_json(const OutcomeView& view) {
  return object_of(view);
}
std::string write_json(const answer::Refused& refused, std::string_view instance) {
  return object_of(RefusedAt{refused, instance});
}

std::string page_token(const TransactionId& last) {
  return kTokenMark + to_base64url(to_bytes(last));
}

std::optional<TransactionId> parse_page_token(std::string_view token) {
  if (!token.starts_with(kTokenMark)) return std::nullopt;
  const auto bytes = from_base64url(token.substr(1));
  return bytes ? transaction_id_from_bytes(*bytes) : std::nullopt;
}

std::string rfc3339(Millis at) {
  const auto millis = ((at % 1000) + 1000) % 1000;
  const auto seconds = static_cast<std::time_t>((at - millis) / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  const auto length = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
  const auto fraction = std::to_string(1000 + millis);
  return std::string(text, length) + "." + fraction.substr(1) + "Z";
}

}  // namespace troth::codec
