#include "coordinator/server/parse_call.h"

#include <algorithm>

namespace troth::server {

std::optional<TransactionId> transaction_of(const Call& call) {
  const auto text = percent_decode(call.captures.at(0));
  return text ? parse_transaction_id(*text) : std::nullopt;
}

std::optional<BranchId> branch_of(const Call& call) {
  const auto text = percent_decode(call.captures.at(0));
  const auto n = percent_decode(call.captures.at(1));
  return text && n ? parse_branch_id(*text + "." + *n) : std::nullopt;
}

Problem bad_id() {
  return {
      Slug::kBadId,
      "The id in the path is not of the form <log>-<shard>-<epoch>-<nonce>-<sequence>, or the branch is not a number "
      "from 1; use ids as the coordinator gave them.",
      {}};
}

std::variant<Parameters, Problem> parameters_of(const Call& call, std::initializer_list<std::string_view> known) {
  auto parsed = parse_query(call.request.head.query);
  if (!parsed) return Problem{Slug::kBadParameter, "The query is not well-formed percent-encoding.", {}};
  for (auto at = parsed->begin(); at != parsed->end(); ++at) {
    if (std::find(known.begin(), known.end(), at->first) == known.end()) {
      return Problem{Slug::kBadParameter, "This route does not know the query parameter '" + at->first + "'.", {}};
    }
    if (std::any_of(parsed->begin(), at, [&](const auto& before) { return before.first == at->first; })) {
      return Problem{Slug::kBadParameter, "The query parameter '" + at->first + "' is given twice.", {}};
    }
  }
  return std::move(*parsed);
}

const std::string* find(const Parameters& parameters, std::string_view name) {
  for (const auto& [key, value] : parameters) {
    if (key == name) return &value;
  }
  return nullptr;
}

Problem bad_parameter(std::string_view name, std::string_view must) {
  return {Slug::kBadParameter, std::string(name) + " " + std::string(must) + ".", {}};
}

std::variant<std::optional<std::uint64_t>, Problem> if_match_of(const Call& call) {
  const std::string_view header = call.request.head.header("if-match");
  if (header.empty() || header == "*") return std::optional<std::uint64_t>();
  const bool quoted = header.size() >= 2 && header.front() == '"' && header.back() == '"';
  const auto revision = quoted ? parse_count(header.substr(1, header.size() - 2), ~std::uint64_t{0}) : std::nullopt;
  if (!revision) return bad_parameter("If-Match", "must be the ETag of the transaction, as \"7\"");
  return revision;
}

}  // namespace troth::server
