// proto/codec/json_writer.h: values to JSON text as api.md has it: every field present, null when it has no value.
#pragma once

#include <concepts>
#include <string>
#include <vector>

#include "proto/codec/api_json.h"
#include "proto/codec/archive.h"
#include "proto/codec/enums.h"
#include "proto/codec/json_text.h"

namespace troth::codec {

class JsonWriter {
 public:
  static constexpr bool kReading = false;
  static constexpr bool kJson = true;
  explicit JsonWriter(std::string& out, bool with_details) : out_(out), with_details_(with_details) {}

  bool details() const { return with_details_; }
  template <class T>
  void object(const T& message) {
    out_ += '{';
    first_ = true;
    describe(*this, message);
    out_ += '}';
    first_ = false;
  }
  template <class T>
  void field(std::uint32_t /*number*/, const char* name, const T& value) {
    key(name);
    put(value);
  }
  template <class T>
  void required(std::uint32_t number, const char* name, const T& value) {
    field(number, name, value);
  }
  template <class T>
  void plain(std::uint32_t number, const char* name, const T& value) {
    field(number, name, value);
  }
  void time(std::uint32_t /*number*/, const char* name, Millis at) {
    key(name);
    append_quoted(out_, rfc3339(at));
  }
  void time(std::uint32_t number, const char* name, const std::optional<Millis>& at) {
    if (at) return time(number, name, *at);
    key(name);
    out_ += "null";
  }
  template <class T>
  void list(std::uint32_t /*number*/, const char* name, const std::vector<T>& values) {
    key(name);
    out_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i != 0) out_ += ',';
      put(values[i]);
    }
    out_ += ']';
  }

 private:
  void key(const char* name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  void put(bool value) { out_ += value ? "true" : "false"; }
  template <std::integral T>
  void put(T value) {
    out_ += std::to_string(value);
  }
  template <class E>
  requires std::is_enum_v<E>
  void put(E value) { append_quoted(out_, word(value)); }
  template <class T>
  void put(const std::optional<T>& value) {
    if (value) return put(*value);
    out_ += "null";
  }
  template <class T>
  requires std::is_class_v<T>
  void put(const T& message) { object(message); }
  void put(const std::string& text) { append_quoted(out_, text); }
  void put(const TransactionId& id) { append_quoted(out_, to_text(id)); }
  void put(const LogId& id) { append_quoted(out_, to_text(id)); }

  std::string& out_;
  bool with_details_;
  bool first_ = true;
};

}  // namespace troth::codec
