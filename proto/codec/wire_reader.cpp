#include "proto/codec/wire_reader.h"

#include "proto/codec/utf8.h"

namespace troth::codec {
namespace {

constexpr std::uint64_t kChoiceBit = std::uint64_t{1} << 63;
constexpr std::uint64_t kMaxFieldNumber = (std::uint64_t{1} << 29) - 1;

bool take_varint(std::string_view& rest, std::uint64_t& value) {
  value = 0;
  for (std::size_t i = 0; i < rest.size() && i < 10; ++i) {
    const auto byte = static_cast<unsigned char>(rest[i]);
    if (i == 9 && byte > 1) return false;  // more than 64 bits
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

/// Takes the bytes that belong to a field of this wire type; groups (3, 4) are not part of proto3.
bool skip_value(std::string_view& rest, std::uint32_t wire) {
  std::uint64_t value = 0;
  std::uint64_t size = 0;
  switch (wire) {
    case 0: return take_varint(rest, value);
    case 1: size = 8; break;
    case 2:
      if (!take_varint(rest, size)) return false;
      break;
    case 5: size = 4; break;
    default: return false;
  }
  if (size > rest.size()) return false;
  rest.remove_prefix(size);
  return true;
}

}  // namespace

std::optional<std::size_t> count_fields(std::string_view bytes, std::uint32_t number) {
  std::size_t count = 0;
  while (!bytes.empty()) {
    std::uint64_t tag = 0;
    if (!take_varint(bytes, tag) || !skip_value(bytes, static_cast<std::uint32_t>(tag & 7))) return std::nullopt;
    if (tag >> 3 == number) ++count;
  }
  return count;
}

bool WireReader::next_field() {
  std::uint64_t tag = 0;
  const bool whole = take_varint(rest_, tag) && tag >> 3 >= 1 && tag >> 3 <= kMaxFieldNumber;
  if (whole) {
    number_ = static_cast<std::uint32_t>(tag >> 3);
    wire_ = static_cast<std::uint32_t>(tag & 7);
    if (next_value()) return true;
  }
  fail(ReadError::Kind::kMalformed, "", "The bytes end too early or are no Protobuf: send the message of the .proto.");
  return false;
}

bool WireReader::next_value() {
  switch (wire_) {
    case 0: return take_varint(rest_, number_value_);
    case 1: return fixed(8);
    case 5: return fixed(4);
    case 2: {
      std::uint64_t size = 0;
      if (!take_varint(rest_, size) || size > rest_.size()) return false;
      chunk_ = rest_.substr(0, size);
      rest_.remove_prefix(size);
      return true;
    }
    default: return false;
  }
}

bool WireReader::fixed(int count) {
  const auto size = static_cast<std::size_t>(count);
  if (rest_.size() < size) return false;
  number_value_ = 0;
  for (std::size_t i = size; i-- > 0;) number_value_ = number_value_ << 8 | static_cast<unsigned char>(rest_[i]);
  rest_.remove_prefix(size);
  return true;
}

bool WireReader::first_time(const char* name) {
  const auto bit = std::uint64_t{1} << number_;
  if ((seen_ & bit) != 0) {
    fail(ReadError::Kind::kDuplicateField, name, "The field comes twice: send it once.");
    return false;
  }
  seen_ |= bit;
  return true;
}

bool WireReader::is_wire(const char* name, std::uint32_t wire) {
  if (wire_ == wire) return true;
  fail(ReadError::Kind::kMalformed, name, "The field has another wire type: use the .proto file.");
  return false;
}

bool WireReader::choose() {
  matched_ = true;
  if ((seen_ & kChoiceBit) != 0) {
    fail(ReadError::Kind::kDuplicateField, "", "More than one member of a oneof is set: send one.");
    return false;
  }
  seen_ |= kChoiceBit;
  return true;
}

void WireReader::need(std::uint32_t number, const char* name) {
  if (!came(number)) fail(ReadError::Kind::kMissing, name, "The field is required: add it.");
}

void WireReader::need_choice() {
  if ((seen_ & kChoiceBit) == 0) fail(ReadError::Kind::kMissing, "", "The message is of no known kind.");
}

void WireReader::skip_unknown() {
  if (unknown_ == UnknownFields::kSkip) return;
  const auto number = std::to_string(number_);
  fail(ReadError::Kind::kUnknownField, number.c_str(), "Field number " + number + " is not known: leave it out.");
}

void WireReader::fail(ReadError::Kind kind, const char* name, std::string why) {
  if (error_) return;
  error_ = ReadError{kind, {}, std::move(why)};
  if (*name != 0) error_->pointer = std::string("/") + name;
}

void WireReader::fail_too_many(const char* name) {
  fail(ReadError::Kind::kTooManyBranches, name,
       "A transaction takes at most " + std::to_string(bounds_.max_branches) + " branches: send fewer.");
}

void WireReader::adopt(const char* name, const ReadError& inner) {
  if (error_) return;
  error_ = inner;
  if (*name != 0) error_->pointer = std::string("/") + name + inner.pointer;
}

void WireReader::insert_index(const char* name, std::size_t index) {
  error_->pointer.insert(std::char_traits<char>::length(name) + 1, "/" + std::to_string(index));
}

void WireReader::name(std::uint32_t number, const char* name, std::string& text) {
  if (!is_next(number, name)) return;
  take(name, text);
  if (!error_ && text.empty()) refuse(name, "The field must not be empty: give it a value or leave it out.");
}

void WireReader::note(std::uint32_t number, const char* name, std::string& text) {
  if (!is_next(number, name)) return;
  take(name, text);
  text.resize(clipped(text, kMaxNoteBytes).size());
}

void WireReader::bytes(std::uint32_t number, const char* name, std::string& value) {
  if (is_next(number, name) && is_wire(name, 2)) value.assign(chunk_);
}

void WireReader::payload_bytes(std::uint32_t number, const char* name, std::string& value) {
  if (number != number_) return;
  if (chunk_.size() > bounds_.max_payload_bytes && wire_ == 2) {
    matched_ = true;
    return fail(ReadError::Kind::kTooLarge, name,
                "The payload has more than " + std::to_string(bounds_.max_payload_bytes) + " bytes: send less.");
  }
  bytes(number, name, value);
}

void WireReader::fixed32(std::uint32_t number, const char* name, std::uint32_t& value) {
  if (is_next(number, name) && is_wire(name, 5)) value = static_cast<std::uint32_t>(number_value_);
}

void WireReader::payload(std::uint32_t json, std::uint32_t raw, request::NewBranch& branch) {
  const bool is_json = number_ == json;
  if (!is_json && number_ != raw) return;
  if (branch.payload_type != PayloadType::kNone) matched_ = true;
  if (branch.payload_type != PayloadType::kNone) {
    return refuse(is_json ? "payloadJson" : "payloadBytes", "Only one payload is allowed: JSON or bytes, once.");
  }
  payload_bytes(number_, is_json ? "payloadJson" : "payloadBytes", branch.payload);
  branch.payload_type = is_json ? PayloadType::kJson : PayloadType::kBytes;
}

void WireReader::take(const char* name, std::string& text) {
  if (!is_wire(name, 2)) return;
  if (!is_utf8(chunk_)) return fail(ReadError::Kind::kMalformed, name, "The text is not UTF-8: encode it so.");
  text.assign(chunk_);
}

void WireReader::take(const char* name, TransactionId& id) {
  if (!is_wire(name, 2)) return;
  const auto parsed = transaction_id_from_bytes(chunk_);
  if (!parsed) return fail(ReadError::Kind::kBadValue, name, "A transaction id has 24 bytes: send it as it was given.");
  id = *parsed;
}

void WireReader::take(const char* name, LogId& id) {
  if (is_wire(name, 1)) id.value = number_value_;
}

}  // namespace troth::codec
