#include "proto/codec/strict_json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>
#include <optional>
#include <unordered_set>
#include <vector>

#include "proto/codec/json_text.h"

namespace troth::codec {
namespace {

namespace json = boost::json;
using json::error_code;
using json::string_view;

constexpr std::size_t kMaxDepth = 32;

/// Where the parser is: the object or array it is in.
struct Level {
  bool is_array = false;
  std::size_t index = 0;  // of the next element
  std::string key;        // of the member being read
  std::unordered_set<std::string> keys;
};

/// Builds the value as Boost.JSON's own handler does, and refuses what that one lets through.
class Handler {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  Handler() { stack_.reset(); }
  json::value release() { return stack_.release(); }
  const std::optional<Problem>& problem() const { return problem_; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return levels_.emplace_back(), true; }
  bool on_array_begin(error_code&) { return levels_.emplace_back().is_array = true; }
  bool on_object_end(std::size_t count, error_code&) {
    levels_.pop_back();
    stack_.push_object(count);
    return value_done();
  }
  bool on_array_end(std::size_t count, error_code&) {
    levels_.pop_back();
    stack_.push_array(count);
    return value_done();
  }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    partial_.append(part.data(), part.size());
    stack_.push_chars(part);
    return true;
  }
  bool on_key(string_view part, std::size_t, error_code& error) {
    partial_.append(part.data(), part.size());
    stack_.push_key(part);
    auto& level = levels_.back();
    level.key = std::exchange(partial_, {});
    if (level.keys.insert(level.key).second) return true;
    return refuse(error, Slug::kDuplicateField, "The field comes twice: send it once.");
  }
  bool on_string_part(string_view part, std::size_t, error_code&) { return stack_.push_chars(part), true; }
  bool on_string(string_view part, std::size_t, error_code&) { return stack_.push_string(part), value_done(); }
  bool on_number_part(string_view part, error_code&) { return number_.append(part.data(), part.size()), true; }
  bool on_int64(std::int64_t value, string_view, error_code&) { return stack_.push_int64(value), number_done(); }
  bool on_uint64(std::uint64_t value, string_view, error_code&) { return stack_.push_uint64(value), number_done(); }
  bool on_double(double value, string_view part, error_code& error) {
    number_.append(part.data(), part.size());
    const bool is_integer = number_.find_first_of(".eE") == std::string::npos && number_ != "-0";
    if (is_integer) return refuse(error, Slug::kBadField, "The integer does not fit in 64 bits: send it as a string.");
    if (!std::isfinite(value)) return refuse(error, Slug::kBadField, "The number is too large: send it as a string.");
    stack_.push_double(value);
    return number_done();
  }
  bool on_bool(bool value, error_code&) { return stack_.push_bool(value), value_done(); }
  bool on_null(error_code&) { return stack_.push_null(), value_done(); }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  bool number_done() {
    number_.clear();
    return value_done();
  }
  bool value_done() {
    if (!levels_.empty() && levels_.back().is_array) ++levels_.back().index;
    return true;
  }
  bool refuse(error_code& error, Slug slug, std::string detail) {
    std::string pointer;
    for (const auto& level : levels_) {
      pointer += '/';
      pointer += level.is_array ? std::to_string(level.index) : pointer_segment(level.key);
    }
    problem_ = Problem{slug, std::move(detail), std::move(pointer)};
    error = json::error::syntax;
    return false;
  }

  json::value_stack stack_;
  std::vector<Level> levels_;
  std::string partial_;
  std::string number_;
  std::optional<Problem> problem_;
};

Problem bad_json(std::string_view text, std::size_t at, const error_code& error) {
  const auto before = text.substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const std::string what = error == json::error::too_deep ? "nested deeper than 32 levels" : error.message();
  return {Slug::kBadJson,
          "Not JSON at line " + std::to_string(line) + ", column " + std::to_string(at - line_start + 1) + " (offset " +
              std::to_string(at) + "): " + what + ". Send one JSON value as of RFC 8259.",
          {}};
}

void append_number(std::string& out, double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  out.append(text, end);
}

void append_canonical(std::string& out, const json::value& value);

void append_object(std::string& out, const json::object& object) {
  std::vector<const json::key_value_pair*> members;
  members.reserve(object.size());
  for (const auto& member : object) members.push_back(&member);
  std::sort(members.begin(), members.end(), [](auto* a, auto* b) { return a->key() < b->key(); });
  char separator = '{';
  for (const auto* member : members) {
    out += separator;
    separator = ',';
    append_quoted(out, {member->key().data(), member->key().size()});
    out += ':';
    append_canonical(out, member->value());
  }
  out += members.empty() ? "{}" : "}";
}

void append_array(std::string& out, const json::array& array) {
  char separator = '[';
  for (const auto& element : array) {
    out += separator;
    separator = ',';
    append_canonical(out, element);
  }
  out += array.empty() ? "[]" : "]";
}

void append_canonical(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: out += "null"; break;
    case json::kind::bool_: out += value.get_bool() ? "true" : "false"; break;
    case json::kind::int64: out += std::to_string(value.get_int64()); break;
    case json::kind::uint64: out += std::to_string(value.get_uint64()); break;
    case json::kind::double_: append_number(out, value.get_double()); break;
    case json::kind::string: append_quoted(out, {value.get_string().data(), value.get_string().size()}); break;
    case json::kind::array: append_array(out, value.get_array()); break;
    case json::kind::object: append_object(out, value.get_object()); break;
  }
}

}  // namespace

std::variant<json::value, Problem> parse_strict(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::basic_parser<Handler> parser(options);
  error_code error;
  const auto used = parser.write_some(false, text.data(), text.size(), error);
  if (parser.handler().problem()) return *parser.handler().problem();
  if (!error && used < text.size()) error = json::error::extra_data;
  if (error) return bad_json(text, used, error);
  return parser.handler().release();
}

std::string canonical(const json::value& value) {
  std::string out;
  append_canonical(out, value);
  return out;
}

}  // namespace troth::codec
