// coordinator/ctl/json_at.h: members of an answer, taken as they come: a field that a server of another version does
// not send, or sends otherwise, reads as "no value". The tables are made of these; -o json prints the body itself.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace troth::ctl {

using Object = boost::json::object;

/// A string as it is, a number or bool as text; empty for null and for what is not there.
std::string text_at(const Object& object, std::string_view name);
std::int64_t number_at(const Object& object, std::string_view name, std::int64_t otherwise = 0);
bool is_true(const Object& object, std::string_view name);
/// Empty when there is none.
const boost::json::array& array_at(const Object& object, std::string_view name);
const Object& object_at(const Object& object, std::string_view name);
const Object& as_object(const boost::json::value& value);

}  // namespace troth::ctl
