// proto/codec/api_proto.h: the HTTP API's bodies as `application/x-protobuf` (proto/troth/v1/api.proto): the same
// requests, with the same checks, as api_json.h, and the same answers. Malformed bytes, unknown fields and fields that
// come twice are `bad-protobuf`; a value that is not acceptable is `bad-field`; each with the JSON pointer of the
// field.
#pragma once

#include <string>
#include <string_view>

#include "proto/codec/api_json.h"

namespace troth::codec {

Parsed<request::Begin> read_begin_proto(std::string_view body, const Limits& limits);
Parsed<request::NewBranch> read_branch_proto(std::string_view body, const Limits& limits);
Parsed<CommitBody> read_commit_proto(std::string_view body, const Limits& limits);
Parsed<AbortBody> read_abort_proto(std::string_view body);
Parsed<ResolveBody> read_resolve_proto(std::string_view body);
Parsed<ResolveGapBody> read_resolve_gap_proto(std::string_view body);
Parsed<RegisterBody> read_register_proto(std::string_view body);
Parsed<RetireBody> read_retire_proto(std::string_view body);

std::string write_proto(const TransactionView& view, bool with_details = true);
std::string write_proto(const BranchView& view);
std::string write_proto(const ParticipantView& view);
std::string write_proto(const DecisionView& view);
std::string write_proto(const answer::Transactions& page);
std::string write_proto(const answer::Participants& all);
std::string write_proto(const answer::DryRun& run);
std::string write_proto(const Limits& limits);
/// A `Problem` message; its content type stays application/x-protobuf.
std::string write_proto(const answer::Refused& refused, std::string_view instance);

}  // namespace troth::codec
