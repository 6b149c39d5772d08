// proto/codec/wire_writer.h: values to Protobuf bytes, straight into one string: no generated objects between, so a
// frame of many messages costs one allocation. Default values are left out, as proto3 does. The same value always gives
// the same bytes.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/codec/archive.h"
#include "proto/codec/enums.h"
#include "proto/codec/utf8.h"

namespace troth::codec {

class WireWriter {
 public:
  static constexpr bool kReading = false;
  static constexpr bool kJson = false;
  explicit WireWriter(std::string& out, bool with_details = true) : out_(out), with_details_(with_details) {}

  bool details() const { return with_details_; }

  template <class T>
  void field(std::uint32_t number, const char* /*name*/, const T& value) {
    put(number, value, false);
  }
  template <class T>
  void required(std::uint32_t number, const char* /*name*/, const T& value) {
    put(number, value, true);
  }
  template <class T>
  void plain(std::uint32_t number, const char* name, const T& value) {
    field(number, name, value);
  }
  template <class T>
  void time(std::uint32_t number, const char* /*name*/, const T& at) {
    put(number, at, false);
  }
  void name(std::uint32_t number, const char* /*name*/, const std::string& text) { put(number, text, false); }
  void note(std::uint32_t number, const char* /*name*/, const std::string& text) {
    if (!text.empty()) put_text(number, clipped(text, kMaxNoteBytes));
  }
  void bytes(std::uint32_t number, const char* /*name*/, const std::string& value) {
    if (!value.empty()) put_chunk(number, value);
  }
  void payload_bytes(std::uint32_t number, const char* name, const std::string& value) { bytes(number, name, value); }
  void fixed32(std::uint32_t number, const char* name, std::uint32_t value);
  /// The payload of a request: JSON text or bytes, by its type.
  void payload(std::uint32_t json, std::uint32_t raw, const request::NewBranch& branch) {
    if (branch.payload_type == PayloadType::kJson) put_text(json, branch.payload);
    if (branch.payload_type == PayloadType::kBytes) put_chunk(raw, branch.payload);
  }
  template <class T>
  void list(std::uint32_t number, const char* /*name*/, const std::vector<T>& values) {
    for (const auto& value : values) put(number, value, true);
  }
  template <class T>
  void branches(std::uint32_t number, const char* name, const std::vector<T>& values) {
    list(number, name, values);
  }
  template <class... Ts>
  void one_of(std::uint32_t first, const std::variant<Ts...>& value) {
    const auto number = first + static_cast<std::uint32_t>(value.index());
    std::visit([&](const auto& chosen) { put(number, chosen, true); }, value);
  }

 private:
  template <std::integral T>
  void put(std::uint32_t number, T value, bool always) {
    if (value == 0 && !always) return;
    tag(number, 0);
    varint(static_cast<std::uint64_t>(value));
  }
  template <class E>
  requires std::is_enum_v<E>
  void put(std::uint32_t number, E value, bool /*always*/) {
    tag(number, 0);
    varint(static_cast<std::uint64_t>(value) + 1);
  }
  template <class T>
  void put(std::uint32_t number, const std::optional<T>& value, bool /*always*/) {
    if (value) put(number, *value, true);
  }
  template <class T>
  requires std::is_class_v<T>
  void put(std::uint32_t number, const T& message, bool always) {
    const auto start = out_.size();
    tag(number, 2);
    const auto at = out_.size();
    out_.push_back(0);
    describe(*this, message);
    close(start, at, always);
  }
  void put(std::uint32_t number, const std::string& text, bool always) {
    if (!text.empty() || always) put_text(number, text);
  }
  void put(std::uint32_t number, const TransactionId& id, bool always);
  void put(std::uint32_t number, LogId id, bool always);

  void put_text(std::uint32_t number, std::string_view text);
  void put_chunk(std::uint32_t number, std::string_view chunk);
  void tag(std::uint32_t number, std::uint32_t wire) { varint(number << 3 | wire); }
  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  void little_endian(std::uint64_t value, int count);
  /// Puts the length before what was written after `at`; takes the field from `start` back when it is empty and may go.
  void close(std::size_t start, std::size_t at, bool always);

  std::string& out_;
  bool with_details_;
};

template <class T>
std::string to_wire(const T& message, bool with_details = true) {
  std::string out;
  WireWriter writer(out, with_details);
  describe(writer, message);
  return out;
}

}  // namespace troth::codec
