// proto/codec/json_reader.h: a JSON object to a request, strictly: a field that is unknown, of the wrong type or out of
// range is refused with its JSON pointer. `null` stands for "no value", as it does in our answers; only `payload` may
// be null itself.
#pragma once

#include <algorithm>
#include <boost/json/value.hpp>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "proto/codec/archive.h"
#include "proto/codec/enums.h"

namespace troth::codec {

class JsonReader {
 public:
  static constexpr bool kReading = true;
  static constexpr bool kJson = true;
  JsonReader(const boost::json::object& object, const ReadBounds& bounds) : object_(object), bounds_(bounds) {}

  template <class T>
  bool read(T& message) {
    describe(*this, message);
    refuse_unknown();
    return !error_;
  }
  const std::optional<ReadError>& error() const { return error_; }

  template <class T>
  void field(std::uint32_t /*number*/, const char* name, T& value) {
    if (const auto* found = find(name)) take(name, *found, value);
  }
  template <class T>
  void required(std::uint32_t /*number*/, const char* name, T& value) {
    if (const auto* found = find(name)) {
      take(name, *found, value);
    } else {
      fail(ReadError::Kind::kMissing, name, "The field is required: add it.");
    }
  }
  void name(std::uint32_t number, const char* name, std::string& text);
  template <class T>
  void branches(std::uint32_t /*number*/, const char* name, std::vector<T>& values) {
    const auto* found = find(name);
    if (found == nullptr) return;
    const auto* array = found->if_array();
    if (array == nullptr) return refuse(name, "The field must be an array.");
    if (array->size() > bounds_.max_branches) return fail_too_many(name);
    values.reserve(array->size());
    for (std::size_t i = 0; i < array->size() && !error_; ++i) {
      take((std::string(name) + "/" + std::to_string(i)).c_str(), (*array)[i], values.emplace_back());
    }
  }
  void payload(std::uint32_t json, std::uint32_t raw, request::NewBranch& branch);
  void refuse(const char* name, std::string why) { fail(ReadError::Kind::kBadValue, name, std::move(why)); }

 private:
  using Value = boost::json::value;

  template <std::integral T>
  void take(const char* name, const Value& value, T& number) {
    constexpr auto kMax = std::numeric_limits<T>::max();
    if (value.is_uint64() && value.get_uint64() <= static_cast<std::uint64_t>(kMax)) {
      number = static_cast<T>(value.get_uint64());
    } else if (value.is_int64() && std::in_range<T>(value.get_int64())) {
      number = static_cast<T>(value.get_int64());
    } else {
      refuse(name, "The field must be an integer from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                       std::to_string(kMax) + ".");
    }
  }
  template <class E>
  requires std::is_enum_v<E>
  void take(const char* name, const Value& value, E& chosen) {
    std::string words;
    for (std::uint64_t i = 0; i < count_of(E{}); ++i) {
      const auto text = word(static_cast<E>(i));
      if (value.is_string() && std::string_view(value.get_string().data(), value.get_string().size()) == text) {
        chosen = static_cast<E>(i);
        return;
      }
      words += (i == 0 ? "\"" : ", \"") + std::string(text) + "\"";
    }
    refuse(name, "The field must be one of " + words + ".");
  }
  template <class T>
  void take(const char* name, const Value& value, std::optional<T>& field) {
    take(name, value, field.emplace());
  }
  template <class T>
  requires std::is_class_v<T>
  void take(const char* name, const Value& value, T& message) {
    const auto* object = value.if_object();
    if (object == nullptr) return refuse(name, "The field must be an object.");
    JsonReader inner(*object, bounds_);
    if (!inner.read(message)) adopt(name, *inner.error_);
  }
  void take(const char* name, const Value& value, bool& flag);
  void take(const char* name, const Value& value, std::string& text);

  /// The member, nullptr when it is absent or null; remembers that the name is known.
  const Value* find(const char* name);
  void refuse_unknown();
  void fail(ReadError::Kind kind, const char* name, std::string why);
  void fail_too_many(const char* name);
  void fail_too_large(const char* name);
  void adopt(const char* name, const ReadError& inner);

  const boost::json::object& object_;
  const ReadBounds& bounds_;
  std::vector<std::string_view> known_;
  std::optional<ReadError> error_;
};

}  // namespace troth::codec
