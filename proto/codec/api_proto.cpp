#include "proto/codec/api_proto.h"

#include "proto/codec/checks.h"
#include "proto/codec/describe_api.h"
#include "proto/codec/wire_reader.h"
#include "proto/codec/wire_writer.h"

namespace troth::codec {
namespace {

template <class T>
std::optional<Problem> read_message(std::string_view body, const ReadBounds& bounds, T& message) {
  WireReader reader(body, UnknownFields::kRefuse, bounds);
  if (reader.read(message)) return std::nullopt;
  return to_problem(*reader.error(), Form::kProtobuf);
}

template <class T>
Parsed<T> read_body(std::string_view body) {
  T message;
  const ReadBounds bounds;
  if (auto problem = read_message(body, bounds, message)) return *problem;
  if (auto problem = check(message)) return *problem;
  return message;
}

}  // namespace

Parsed<request::Begin> read_begin_proto(std::string_view body, const Limits& limits) {
  HttpBegin http;
  const ReadBounds bounds{limits.max_payload_bytes, limits.max_branches};
  if (auto problem = read_message(body, bounds, http)) return *problem;
  if (auto problem = settle_payloads(http.begin)) return *problem;
  if (auto problem = check(http.begin, limits)) return *problem;
  http.begin.origin.request_hash = hash_of(http.begin);
  return std::move(http.begin);
}

Parsed<request::NewBranch> read_branch_proto(std::string_view body, const Limits& limits) {
  request::NewBranch branch;
  const ReadBounds bounds{limits.max_payload_bytes, limits.max_branches};
  if (auto problem = read_message(body, bounds, branch)) return *problem;
  if (auto problem = settle_payload(branch, "")) return *problem;
  if (auto problem = check(branch, "")) return *problem;
  return branch;
}

Parsed<CommitBody> read_commit_proto(std::string_view body, const Limits& /*limits*/) {
  return read_body<CommitBody>(body);
}
Parsed<AbortBody> read_abort_proto(std::string_view body) {
  return read_body<AbortBody>(body);
}
Parsed<ResolveBody> read_resolve_proto(std::string_view body) {
  return read_body<ResolveBody>(body);
}
Parsed<ResolveGapBody> read_resolve_gap_proto(std::string_view body) {
  return read_body<ResolveGapBody>(body);
}
Parsed<RegisterBody> read_register_proto(std::string_view body) {
  return read_body<RegisterBody>(body);
}
Parsed<RetireBody> read_retire_proto(std::string_view body) {
  return read_body<RetireBody>(body);
}

std::string write_proto(const TransactionView& view, bool with_details) {
  return to_wire(view, with_details);
}
std::string write_proto(const BranchView& view) {
  return to_wire(view);
}
std::string write_proto(const ParticipantView& view) {
  return to_wire(view);
}
std::string write_proto(const DecisionView& view) {
  return to_wire(view);
}
std::string write_proto(const answer::Transactions& page) {
  return to_wire(page, false);
}
std::string write_proto(const answer::Participants& all) {
  return to_wire(all);
}
std::string write_proto(const answer::DryRun& run) {
  return to_wire(run);
}
std::string write_proto(const Limits& limits) {
  return to_wire(limits);
}
std::string write_proto(const answer::Refused& refused, std::string_view instance) {
  return to_wire(RefusedAt{refused, instance});
}

}  // namespace troth::codec
