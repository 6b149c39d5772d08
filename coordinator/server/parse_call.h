// coordinator/server/parse_call.h: what the handlers share: the checks of a call, each in its place of the order.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "coordinator/server/routes.h"
#include "proto/codec/api_json.h"
#include "proto/values/ids.h"

namespace troth::server {

/// A problem of syntax comes before a bad id, one of fields after it.
template <class T>
const Problem* syntax_problem(const codec::Parsed<T>& body) {
  const auto* problem = std::get_if<Problem>(&body);
  const bool syntax = problem && (problem->slug == Slug::kBadJson || problem->slug == Slug::kBadProtobuf);
  return syntax ? problem : nullptr;
}

std::optional<TransactionId> transaction_of(const Call& call);
std::optional<BranchId> branch_of(const Call& call);
Problem bad_id();

/// The query, if it holds `known` parameters only, each at most once.
std::variant<Parameters, Problem> parameters_of(const Call& call, std::initializer_list<std::string_view> known);
const std::string* find(const Parameters& parameters, std::string_view name);
Problem bad_parameter(std::string_view name, std::string_view must);

/// `If-Match: "7"`; absent and `*` ask for nothing.
std::variant<std::optional<std::uint64_t>, Problem> if_match_of(const Call& call);

/// Body (already read, if any), then id, then parameters: the first problem in the order of api.md.
template <class T>
std::optional<Problem> first_problem(const codec::Parsed<T>& body, bool has_id, const Call& call) {
  if (const Problem* problem = syntax_problem(body)) return *problem;
  if (!has_id) return bad_id();
  if (const auto* problem = std::get_if<Problem>(&body)) return *problem;
  const auto parameters = parameters_of(call, {});
  if (const auto* problem = std::get_if<Problem>(&parameters)) return *problem;
  return std::nullopt;
}

}  // namespace troth::server
