// proto/codec/wire_reader.h: Protobuf bytes to values, for hostile input. Stricter than generated code, on purpose: a
// singular field that comes twice, a number that does not fit, an enum value out of range and text that is not UTF-8
// are refused with the path of the field. Nothing is allocated that the input did not pay for: an element of a list
// must be valid before the next is read, so memory is bounded by a small multiple of the input.
#pragma once

#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "proto/codec/archive.h"
#include "proto/codec/enums.h"

namespace troth::codec {

/// Peers may be one minor version apart, so their messages may carry fields that we do not know yet; a request or a
/// record must not: what we do not understand could change its meaning.
enum class UnknownFields : std::uint8_t { kSkip, kRefuse };

class WireReader {
 public:
  static constexpr bool kReading = true;
  static constexpr bool kJson = false;
  WireReader(std::string_view bytes, UnknownFields unknown, const ReadBounds& bounds)
      : rest_(bytes), unknown_(unknown), bounds_(bounds) {}

  /// False: `error()` says what and where.
  template <class T>
  bool read(T& message) {
    while (!rest_.empty()) {
      if (!next_field()) return false;
      matched_ = false;
      describe(*this, message);
      if (!matched_ && !error_) skip_unknown();
      if (error_) return false;
    }
    number_ = 0;  // one pass more: required fields look whether they came
    describe(*this, message);
    return !error_;
  }
  const std::optional<ReadError>& error() const { return error_; }
  bool details() const { return true; }
  /// In the last pass: every field that came has been read.
  bool done() const { return number_ == 0; }

  template <class T>
  void field(std::uint32_t number, const char* name, T& value) {
    if (is_next(number, name)) take(name, value);
  }
  template <class T>
  void required(std::uint32_t number, const char* name, T& value) {
    if (number_ == 0) need(number, name);
    field(number, name, value);
  }
  /// Absent means zero, as in proto3, whatever the value was made with.
  template <class T>
  void plain(std::uint32_t number, const char* name, T& value) {
    if (number_ == 0 && !came(number)) value = T{};
    field(number, name, value);
  }
  template <class T>
  void time(std::uint32_t number, const char* name, T& at) {
    field(number, name, at);
  }
  void name(std::uint32_t number, const char* name, std::string& text);
  void note(std::uint32_t number, const char* name, std::string& text);
  void bytes(std::uint32_t number, const char* name, std::string& value);
  void payload_bytes(std::uint32_t number, const char* name, std::string& value);
  void fixed32(std::uint32_t number, const char* name, std::uint32_t& value);
  void payload(std::uint32_t json, std::uint32_t raw, request::NewBranch& branch);
  template <class T>
  void list(std::uint32_t number, const char* name, std::vector<T>& values) {
    if (number != number_) return;
    matched_ = true;
    take(name, values.emplace_back());
    if (error_) insert_index(name, values.size() - 1);
  }
  template <class T>
  void branches(std::uint32_t number, const char* name, std::vector<T>& values) {
    if (number == number_ && values.size() >= bounds_.max_branches) return fail_too_many(name);
    list(number, name, values);
  }
  template <class... Ts>
  void one_of(std::uint32_t first, std::variant<Ts...>& value) {
    if (number_ == 0) return need_choice();
    if (number_ < first || number_ >= first + sizeof...(Ts) || !choose()) return;
    take_alternative(number_ - first, value, std::index_sequence_for<Ts...>{});
  }
  /// For what a description itself finds wrong.
  void refuse(const char* name, std::string why) { fail(ReadError::Kind::kBadValue, name, std::move(why)); }

 private:
  template <std::integral T>
  void take(const char* name, T& value) {
    if (!is_wire(name, 0)) return;
    bool fits = false;
    if constexpr (std::is_same_v<T, bool>) {
      fits = number_value_ <= 1;
    } else if constexpr (std::is_signed_v<T>) {
      const auto whole = static_cast<std::int64_t>(number_value_);
      fits = whole >= std::numeric_limits<T>::min() && whole <= std::numeric_limits<T>::max();
    } else {
      fits = number_value_ <= std::numeric_limits<T>::max();
    }
    if (!fits) return fail(ReadError::Kind::kBadValue, name, "The number does not fit: send a smaller one.");
    value = static_cast<T>(number_value_);
  }
  template <class E>
  requires std::is_enum_v<E>
  void take(const char* name, E& value) {
    if (!is_wire(name, 0)) return;
    if (number_value_ == 0 || number_value_ > count_of(E{})) {
      return fail(ReadError::Kind::kBadValue, name, "The enum value is not known: use one of the .proto file.");
    }
    value = static_cast<E>(number_value_ - 1);
  }
  template <class T>
  void take(const char* name, std::optional<T>& value) {
    take(name, value.emplace());
  }
  template <class T>
  requires std::is_class_v<T>
  void take(const char* name, T& message) {
    if (!is_wire(name, 2)) return;
    WireReader inner(chunk_, unknown_, bounds_);
    if (!inner.read(message)) adopt(name, *inner.error_);
  }
  void take(const char* name, std::string& text);
  void take(const char* name, TransactionId& id);
  void take(const char* name, LogId& id);
  template <class Variant, std::size_t... I>
  void take_alternative(std::size_t index, Variant& value, std::index_sequence<I...>) {
    ((index == I ? take("", value.template emplace<I>()) : void()), ...);
  }

  /// Reads the next tag and what follows it into number_value_ or chunk_.
  bool next_field();
  bool next_value();
  bool fixed(int count);
  bool is_next(std::uint32_t number, const char* name) {
    if (number != number_) return false;
    matched_ = true;
    return first_time(name);
  }
  bool came(std::uint32_t number) const { return (seen_ >> number & 1) != 0; }
  bool first_time(const char* name);
  bool is_wire(const char* name, std::uint32_t wire);
  bool choose();
  void need(std::uint32_t number, const char* name);
  void need_choice();
  void skip_unknown();
  void fail(ReadError::Kind kind, const char* name, std::string why);
  void fail_too_many(const char* name);
  void adopt(const char* name, const ReadError& inner);
  void insert_index(const char* name, std::size_t index);

  std::string_view rest_;
  std::string_view chunk_;
  std::uint64_t number_value_ = 0;
  std::uint64_t seen_ = 0;  // bit n: field n came; bit 63: one of a oneof
  std::uint32_t number_ = 0;
  std::uint32_t wire_ = 0;
  bool matched_ = false;
  UnknownFields unknown_;
  const ReadBounds& bounds_;
  std::optional<ReadError> error_;
};

/// How often field `number` stands at the top level of `bytes`; nullopt when they are malformed. Allocates nothing:
/// asked before a message that a peer sent is read.
std::optional<std::size_t> count_fields(std::string_view bytes, std::uint32_t number);

}  // namespace troth::codec
