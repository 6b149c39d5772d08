// coordinator/server/target.h: the parts of a request's target, percent-decoded. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troth::server {

/// nullopt: a `%` without two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

/// The parameters of a query in order. nullopt: malformed.
using Parameters = std::vector<std::pair<std::string, std::string>>;
std::optional<Parameters> parse_query(std::string_view query);

/// Digits only, at most `max`.
std::optional<std::uint64_t> parse_count(std::string_view text, std::uint64_t max);

}  // namespace troth::server
