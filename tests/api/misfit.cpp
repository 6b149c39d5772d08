// Whether a value fits a schema.
#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <map>
#include <mutex>
#include <regex>
#include <stdexcept>

#include "tests/api/spec.h"

namespace troth::api {
namespace {

bool is_integer(const Json& value) {
  return value.is_int64() || value.is_uint64();
}

bool is_of(std::string_view type, const Json& value) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_bool();
  if (type == "integer") return is_integer(value);
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  throw std::runtime_error("a type that no schema has: " + std::string(type));
}

/// Regular expressions are made once; the fuzzer asks from several threads.
bool matches(const std::string& pattern, const std::string& text) {
  static std::mutex mutex;
  static std::map<std::string, std::regex> known;
  const std::lock_guard lock(mutex);
  auto found = known.find(pattern);
  if (found == known.end()) found = known.emplace(pattern, std::regex(pattern)).first;
  return std::regex_search(text, found->second);
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

class Fitting {
 public:
  explicit Fitting(const Spec& spec) : spec_(spec) {}

  std::string check(const Json& schema_or_reference, const Json& value, const std::string& at) {
    const auto& schema = spec_.follow(schema_or_reference).as_object();
    for (const auto& [keyword, argument] : schema) {
      const std::string why = apply(keyword, argument, schema, value, at);
      if (!why.empty()) return why;
    }
    return {};
  }

 private:
  using Object = boost::json::object;

  static std::string wrong(const std::string& at, const Json& value, const std::string& why) {
    return at + ": " + boost::json::serialize(value).substr(0, 200) + " " + why;
  }

  std::string apply(std::string_view keyword, const Json& argument, const Object& schema, const Json& value,
                    const std::string& at) {
    if (keyword == "type") return type(argument, value, at);
    if (keyword == "enum") {
      const auto& choices = argument.as_array();
      const bool known = std::find(choices.begin(), choices.end(), value) != choices.end();
      return known ? "" : wrong(at, value, "is not one of " + boost::json::serialize(argument));
    }
    if (keyword == "const") return argument == value ? "" : wrong(at, value, "is another constant");
    if (keyword == "oneOf") return one_of(argument, value, at);
    if (value.is_string()) return text(keyword, argument, value, at);
    if (value.is_number()) return number(keyword, argument, value, at);
    if (value.is_array()) return items(keyword, argument, value, at);
    if (value.is_object()) return members(keyword, argument, schema, value, at);
    return known(keyword);
  }

  std::string type(const Json& argument, const Json& value, const std::string& at) {
    bool fits = false;
    if (const auto* types = argument.if_array()) {
      for (const Json& one : *types) fits = fits || is_of(std::string_view(one.as_string()), value);
    } else {
      fits = is_of(std::string_view(argument.as_string()), value);
    }
    return fits ? "" : wrong(at, value, "is not of type " + boost::json::serialize(argument));
  }

  std::string one_of(const Json& argument, const Json& value, const std::string& at) {
    std::string whys;
    int fitting = 0;
    for (const Json& one : argument.as_array()) {
      const std::string why = check(one, value, at);
      fitting += why.empty() ? 1 : 0;
      whys += " / " + why;
    }
    return fitting == 1 ? "" : wrong(at, value, "fits " + std::to_string(fitting) + " of the alternatives" + whys);
  }

  std::string text(std::string_view keyword, const Json& argument, const Json& value, const std::string& at) {
    const std::string given = value.as_string().c_str();
    const auto length = static_cast<std::int64_t>(characters(value.as_string()));
    if (keyword == "pattern") {
      return matches(argument.as_string().c_str(), given) ? "" : wrong(at, value, "does not match");
    }
    if (keyword == "minLength") return length >= argument.as_int64() ? "" : wrong(at, value, "is too short");
    if (keyword == "maxLength") return length <= argument.as_int64() ? "" : wrong(at, value, "is too long");
    if (keyword == "format" && argument.as_string() == "date-time") {
      const bool time = matches(R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$)", given);
      return time ? "" : wrong(at, value, "is no time");
    }
    return known(keyword);
  }

  std::string number(std::string_view keyword, const Json& argument, const Json& value, const std::string& at) {
    if (keyword == "minimum") {
      return value.to_number<double>() >= argument.to_number<double>() ? "" : wrong(at, value, "is too small");
    }
    if (keyword == "maximum") {
      return value.to_number<double>() <= argument.to_number<double>() ? "" : wrong(at, value, "is too large");
    }
    return known(keyword);
  }

  std::string items(std::string_view keyword, const Json& argument, const Json& value, const std::string& at) {
    if (keyword != "items") return known(keyword);
    const auto& all = value.as_array();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string why = check(argument, all[i], at + "/" + std::to_string(i));
      if (!why.empty()) return why;
    }
    return {};
  }

  std::string members(std::string_view keyword, const Json& argument, const Object& schema, const Json& value,
                      const std::string& at) {
    const auto& given = value.as_object();
    if (keyword == "required") {
      for (const Json& name : argument.as_array()) {
        if (!given.contains(name.as_string())) return at + ": lacks " + std::string(name.as_string());
      }
      return {};
    }
    if (keyword == "properties") {
      for (const auto& [name, one] : argument.as_object()) {
        const auto* member = given.if_contains(name);
        const std::string why = member ? check(one, *member, at + "/" + std::string(name)) : std::string();
        if (!why.empty()) return why;
      }
      return {};
    }
    if (keyword == "additionalProperties") {
      if (argument != Json(false)) throw std::runtime_error("additionalProperties other than false");
      const auto* properties = schema.if_contains("properties");
      for (const auto& member : given) {
        const bool there = properties && properties->as_object().contains(member.key());
        if (!there) return at + ": has " + std::string(member.key()) + ", which is not known";
      }
      return {};
    }
    return known(keyword);
  }

  /// Keywords that say nothing about a value of this kind.
  static std::string known(std::string_view keyword) {
    constexpr std::array<std::string_view, 15> kKnown = {
        "description", "default", "examples", "format",     "contentEncoding", "minLength", "maxLength",
        "pattern",     "minimum", "maximum",  "properties", "items",           "required",  "additionalProperties",
        "type"};
    if (std::find(kKnown.begin(), kKnown.end(), keyword) != kKnown.end()) return {};
    throw std::runtime_error("a keyword that is not checked: " + std::string(keyword));
  }

  const Spec& spec_;
};

}  // namespace

std::string Spec::misfit(const Json& schema, const Json& value) const {
  return Fitting(*this).check(schema, value, "");
}

}  // namespace troth::api
