// proto/codec/strict_json.h: JSON as RFC 8259 has it and no more than we can carry without changing it. On top of what
// Boost.JSON refuses: a key that comes twice (it keeps the last in silence), integers outside 64 bits (it makes doubles
// of them) and numbers beyond a double (it makes infinity of them). Depth at most 32.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "proto/values/problem.h"

namespace troth::codec {

std::variant<boost::json::value, Problem> parse_strict(std::string_view text);

/// The one text of this value: keys sorted by bytes, no white space, numbers in their shortest form. Two texts with the
/// same content give the same one.
std::string canonical(const boost::json::value& value);

}  // namespace troth::codec
