#include "coordinator/ctl/json_at.h"

#include <boost/json/serialize.hpp>

namespace troth::ctl {
namespace json = boost::json;

std::string text_at(const Object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

std::int64_t number_at(const Object& object, std::string_view name, std::int64_t otherwise) {
  const auto* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr) return otherwise;
  if (value->is_int64()) return value->get_int64();
  return value->is_uint64() ? static_cast<std::int64_t>(value->get_uint64()) : otherwise;
}

bool is_true(const Object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_bool() && value->get_bool();
}

const json::array& array_at(const Object& object, std::string_view name) {
  static const json::array kNone;
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_array() ? value->get_array() : kNone;
}

const Object& object_at(const Object& object, std::string_view name) {
  static const Object kNone;
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr ? as_object(*value) : kNone;
}

const Object& as_object(const json::value& value) {
  static const Object kNone;
  return value.is_object() ? value.get_object() : kNone;
}

}  // namespace troth::ctl
