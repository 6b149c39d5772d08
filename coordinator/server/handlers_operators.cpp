// What operators and participants ask about a branch or an id.
#include "coordinator/server/handlers.h"
#include "coordinator/server/parse_call.h"
#include "proto/codec/api_proto.h"

namespace troth::server::handlers {

Result decision(const Call& call) {
  const auto branch = branch_of(call);
  if (!branch) return bad_id();
  const auto parameters = parameters_of(call, {});
  if (const auto* problem = std::get_if<Problem>(&parameters)) return *problem;
  return request::Request(request::GetDecision{*branch});
}

Result resolve(const Call& call) {
  const std::string& body = call.request.body;
  auto parsed = call.protobuf ? codec::read_resolve_proto(body) : codec::read_resolve(body);
  const auto branch = branch_of(call);
  if (auto problem = first_problem(parsed, branch.has_value(), call)) return std::move(*problem);
  const auto revision = if_match_of(call);
  if (const auto* problem = std::get_if<Problem>(&revision)) return *problem;
  auto& asked = std::get<codec::ResolveBody>(parsed);
  request::Resolve resolve{*branch,
                           asked.action,
                           std::move(asked.reason),
                           std::move(asked.actor),
                           asked.heuristic,
                           asked.dry_run,
                           std::get<std::optional<std::uint64_t>>(revision)};
  return request::Request(std::move(resolve));
}

Result resolve_gap(const Call& call) {
  const std::string& body = call.request.body;
  auto parsed = call.protobuf ? codec::read_resolve_gap_proto(body) : codec::read_resolve_gap(body);
  const auto id = transaction_of(call);
  if (auto problem = first_problem(parsed, id.has_value(), call)) return std::move(*problem);
  auto& asked = std::get<codec::ResolveGapBody>(parsed);
  return request::Request(request::ResolveGap{*id, asked.outcome, std::move(asked.reason), std::move(asked.actor)});
}

Result retry(const Call& call) {
  const auto branch = branch_of(call);
  if (!branch) return bad_id();
  const auto parameters = parameters_of(call, {});
  if (const auto* problem = std::get_if<Problem>(&parameters)) return *problem;
  const auto revision = if_match_of(call);
  if (const auto* problem = std::get_if<Problem>(&revision)) return *problem;
  return request::Request(request::Retry{*branch, std::get<std::optional<std::uint64_t>>(revision)});
}

}  // namespace troth::server::handlers
