#include "proto/codec/json_reader.h"

#include "proto/codec/json_text.h"
#include "proto/codec/strict_json.h"

namespace troth::codec {

void JsonReader::name(std::uint32_t number, const char* name, std::string& text) {
  const bool given = object_.contains(name) && !object_.at(name).is_null();
  field(number, name, text);
  if (given && text.empty()) refuse(name, "The field must not be empty: give it a value or leave it out.");
}

void JsonReader::payload(std::uint32_t /*json*/, std::uint32_t /*raw*/, request::NewBranch& branch) {
  const auto* raw = find("payloadBase64");
  find("payload");
  const auto* json = object_.if_contains("payload");  // null is a payload too
  if (raw != nullptr && json != nullptr) {
    return refuse("payloadBase64", "Only one payload is allowed: send payload or payloadBase64.");
  }
  const char* name = json != nullptr ? "payload" : "payloadBase64";
  if (json != nullptr) {
    branch.payload_type = PayloadType::kJson;
    branch.payload = canonical(*json);
  } else if (raw != nullptr) {
    std::string text;
    take(name, *raw, text);
    auto bytes = from_base64(text);
    if (!bytes) return refuse(name, "The field must be standard base64 with padding.");
    branch.payload_type = PayloadType::kBytes;
    branch.payload = std::move(*bytes);
  }
  if (branch.payload.size() > bounds_.max_payload_bytes) fail_too_large(name);
}

void JsonReader::take(const char* name, const Value& value, bool& flag) {
  if (!value.is_bool()) return refuse(name, "The field must be true or false.");
  flag = value.get_bool();
}

void JsonReader::take(const char* name, const Value& value, std::string& text) {
  if (!value.is_string()) return refuse(name, "The field must be a string.");
  text.assign(value.get_string().data(), value.get_string().size());
}

const boost::json::value* JsonReader::find(const char* name) {
  known_.emplace_back(name);
  const auto* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void JsonReader::refuse_unknown() {
  for (const auto& member : object_) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    std::string names;
    for (const auto known : known_) names += (names.empty() ? "" : ", ") + std::string(known);
    error_ = ReadError{ReadError::Kind::kUnknownField, "/" + pointer_segment(name),
                       "The field is not known: leave it out. Known here: " + names + "."};
    return;
  }
}

void JsonReader::fail(ReadError::Kind kind, const char* name, std::string why) {
  if (!error_) error_ = ReadError{kind, std::string("/") + name, std::move(why)};
}

void JsonReader::fail_too_many(const char* name) {
  fail(ReadError::Kind::kTooManyBranches, name,
       "A transaction takes at most " + std::to_string(bounds_.max_branches) + " branches: send fewer.");
}

void JsonReader::fail_too_large(const char* name) {
  fail(ReadError::Kind::kTooLarge, name,
       "The payload has more than " + std::to_string(bounds_.max_payload_bytes) + " bytes: send less.");
}

void JsonReader::adopt(const char* name, const ReadError& inner) {
  if (error_) return;
  error_ = inner;
  error_->pointer = std::string("/") + name + inner.pointer;
}

}  // namespace troth::codec
