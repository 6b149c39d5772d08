// Begin, enlist, commit, abort, get, list.
#include "coordinator/server/handlers.h"
#include "coordinator/server/parse_call.h"
#include "proto/codec/api_proto.h"

namespace troth::server::handlers {
namespace {

/// W3C trace context: `00-<32 hex>-<16 hex>-<2 hex>`, ids not all zero. Anything else is not passed on; a trace is a
/// convenience, no reason to refuse work.
bool is_traceparent(std::string_view text) {
  if (text.size() != 55 || text.substr(0, 3) != "00-" || text[35] != '-' || text[52] != '-') return false;
  for (std::size_t i = 3; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 35 || i == 52) continue;
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return text.substr(3, 32).find_first_not_of('0') != text.npos &&
         text.substr(36, 16).find_first_not_of('0') != text.npos;
}

/// At most one Idempotency-Key, 1 to 128 printable characters.
std::optional<Problem> take_key(const Call& call, std::string& key) {
  std::size_t count = 0;
  for (const auto& [name, value] : call.request.head.headers) {
    if (name != "idempotency-key") continue;
    ++count;
    key = value;
  }
  if (count == 0 || (count == 1 && is_idempotency_key(key))) return std::nullopt;
  return bad_parameter("Idempotency-Key", "must come once and have 1 to 128 printable characters");
}

std::optional<Problem> take_state(const std::string& state, request::List& list) {
  if (state == "in_doubt") {
    list.state = request::StateFilter::kInDoubt;
  } else if (state == "attention") {
    list.state = request::StateFilter::kAttention;
  } else if (const auto phase = parse_phase(state)) {
    list.state = request::StateFilter::kPhase;
    list.phase = *phase;
  } else {
    return bad_parameter("state", "must be active, preparing, committing, aborting, finished, in_doubt or attention");
  }
  return std::nullopt;
}

/// Names are checked so that a typo is told and not answered with an empty list.
std::optional<Problem> take_filters(const Parameters& parameters, request::List& list) {
  if (const auto* state = find(parameters, "state")) {
    if (auto problem = take_state(*state, list)) return problem;
  }
  if (const auto* participant = find(parameters, "participant")) {
    if (!is_participant_name(*participant)) return bad_parameter("participant", "must be a participant name");
    list.participant = *participant;
  }
  if (const auto* label = find(parameters, "label")) {
    if (!is_label(*label)) return bad_parameter("label", "must be 1 to 64 printable characters");
    list.label = *label;
  }
  if (const auto* older = find(parameters, "olderThanMs")) {
    const auto ms = parse_count(*older, 1'000'000'000'000);
    if (!ms) return bad_parameter("olderThanMs", "must be a whole number of milliseconds");
    list.older_than_ms = static_cast<Millis>(*ms);
  }
  return std::nullopt;
}

std::optional<Problem> take_page(const Parameters& parameters, request::List& list) {
  if (const auto* size = find(parameters, "pageSize")) {
    const auto rows = parse_count(*size, 1'000);
    if (!rows || *rows == 0) return bad_parameter("pageSize", "must be a whole number from 1 to 1000");
    list.page_size = static_cast<std::uint32_t>(*rows);
  }
  if (const auto* token = find(parameters, "pageToken")) {
    list.after = codec::parse_page_token(*token);
    if (!list.after) return bad_parameter("pageToken", "must be the nextPageToken of the page before");
  }
  return std::nullopt;
}

}  // namespace

Result begin(const Call& call) {
  const std::string& body = call.request.body;
  auto parsed = call.protobuf ? codec::read_begin_proto(body, call.limits) : codec::read_begin(body, call.limits);
  if (auto problem = first_problem(parsed, true, call)) return std::move(*problem);
  auto& begin = std::get<request::Begin>(parsed);
  if (auto problem = take_key(call, begin.origin.key)) return std::move(*problem);
  const std::string_view trace = call.request.head.header("traceparent");
  if (is_traceparent(trace)) begin.traceparent = trace;
  return request::Request(std::move(begin));
}

Result list(const Call& call) {
  auto parsed = parameters_of(call, {"state", "participant", "label", "olderThanMs", "pageSize", "pageToken"});
  if (auto* problem = std::get_if<Problem>(&parsed)) return std::move(*problem);
  const auto& parameters = std::get<Parameters>(parsed);
  request::List list;
  if (auto problem = take_filters(parameters, list)) return std::move(*problem);
  if (auto problem = take_page(parameters, list)) return std::move(*problem);
  return request::Request(std::move(list));
}

Result get(const Call& call) {
  const auto id = transaction_of(call);
  if (!id) return bad_id();
  const auto parsed = parameters_of(call, {"waitForRevision"});
  if (const auto* problem = std::get_if<Problem>(&parsed)) return *problem;
  request::Get get{*id, std::nullopt};
  if (const auto* revision = find(std::get<Parameters>(parsed), "waitForRevision")) {
    get.wait_for_revision = parse_count(*revision, ~std::uint64_t{0});
    if (!get.wait_for_revision) return bad_parameter("waitForRevision", "must be a revision, a whole number");
  }
  return request::Request(get);
}

Result enlist(const Call& call) {
  const std::string& body = call.request.body;
  auto parsed = call.protobuf ? codec::read_branch_proto(body, call.limits) : codec::read_branch(body, call.limits);
  const auto id = transaction_of(call);
  if (auto problem = first_problem(parsed, id.has_value(), call)) return std::move(*problem);
  return request::Request(request::Enlist{*id, std::move(std::get<request::NewBranch>(parsed))});
}

Result commit(const Call& call) {
  const std::string& body = call.request.body;
  const auto parsed =
      call.protobuf ? codec::read_commit_proto(body, call.limits) : codec::read_commit(body, call.limits);
  const auto id = transaction_of(call);
  if (auto problem = first_problem(parsed, id.has_value(), call)) return std::move(*problem);
  const auto& asked = std::get<codec::CommitBody>(parsed);
  return request::Request(request::Commit{*id, asked.wait, asked.branch_count});
}

Result abort(const Call& call) {
  const std::string& body = call.request.body;
  const auto parsed = call.protobuf ? codec::read_abort_proto(body) : codec::read_abort(body);
  const auto id = transaction_of(call);
  if (auto problem = first_problem(parsed, id.has_value(), call)) return std::move(*problem);
  return request::Request(request::Abort{*id, std::get<codec::AbortBody>(parsed).reason});
}

}  // namespace troth::server::handlers
