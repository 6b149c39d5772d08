#include "tests/api/generator.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace troth::api {
namespace {

const std::vector<std::string> kNames = {"bank-a", "bank-b", "bank-a", "bank-b", "late", "mute", "nobody", "x"};

std::string encoded(const std::string& text) {
  constexpr const char* kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '.' || c == '_') {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace

std::string Request::bytes() const {
  std::string out = method + " " + target + " HTTP/1.1\r\n";
  bool host = false;
  bool length = body.empty();
  for (const auto& [name, value] : headers) {
    out.append(name).append(": ").append(value).append("\r\n");
    host = host || name == "Host";
    length = length || name == "Content-Length";
  }
  if (!host) out += "Host: troth\r\n";
  if (!length) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return out + "\r\n" + body;
}

Request Generator::next() {
  Request request;
  const Operation& operation = some_operation();
  request.operation = &operation;
  request.method = operation.method;
  request.valid = true;
  query_.clear();
  fill_path(request);
  fill_parameters(request);
  fill_body(request);
  if (dice_.chance(60)) spoil(request);
  std::string query;
  for (const auto& [name, value] : query_) query += (query.empty() ? "?" : "&") + name + "=" + encoded(value);
  request.target += query;
  if (request.operation && request.framed && dice_.chance(3)) spoil_target(request);
  return request;
}

void Generator::learn(const std::string& id) {
  ids_.push_back(id);
  if (ids_.size() > 200) ids_.pop_front();
}

/// Those that cost much are rare, and there is always something to talk about.
const Operation& Generator::some_operation() {
  if (dice_.chance(15)) {
    for (const Operation& operation : spec_.operations()) {
      if (operation.id == "begin") return operation;
    }
  }
  while (true) {
    const Operation& operation = dice_.pick(spec_.operations());
    if (operation.id == "backup" && !dice_.chance(1)) continue;
    if ((operation.id == "outcomes" || operation.id == "openapi" || operation.id == "metrics") && !dice_.chance(5))
      continue;
    return operation;
  }
}

std::string Generator::any_id() {
  if (!ids_.empty() && dice_.chance(60))
    return ids_[ids_.size() - 1 - dice_.below(std::min<std::size_t>(ids_.size(), 4))];
  if (!ids_.empty() && dice_.chance(85)) return ids_[dice_.below(ids_.size())];
  return "07q2m9xw4e3ta-0-3-1fk2mzq-118204";
}

void Generator::fill_path(Request& request) {
  request.target = request.operation->path;
  for (auto at = request.target.find('{'); at != std::string::npos; at = request.target.find('{')) {
    const auto end = request.target.find('}');
    const std::string name = request.target.substr(at + 1, end - at - 1);
    std::string value = dice_.pick(kNames);
    // Who is removed does not come back by itself, and without banks no transaction would get far.
    if (request.operation->id == "removeParticipant") value = dice_.pick(std::vector<std::string>{"x", "nobody"});
    if (name == "id") value = any_id();
    if (name == "n") value = std::to_string(1 + dice_.below(4));
    request.target.replace(at, end - at + 1, value);
  }
}

void Generator::fill_parameters(Request& request) {
  const Json* parameters = spec_.find(*request.operation->node, "parameters");
  if (parameters == nullptr) return;
  for (const Json& reference : parameters->as_array()) {
    const auto& parameter = spec_.follow(reference).as_object();
    const std::string in = parameter.at("in").as_string().c_str();
    const std::string name = parameter.at("name").as_string().c_str();
    if (in == "path" || !dice_.chance(30)) continue;
    const Json value = value_of(parameter.at("schema"), name, 0);
    std::string text = value.is_string() ? std::string(value.as_string().c_str()) : boost::json::serialize(value);
    if (name == "If-Match") text = '"' + std::to_string(dice_.below(99'999'999)) + '"';
    if (name == "Idempotency-Key") text = "key-" + std::to_string(dice_.below(50));
    if (name == "after" || name == "Last-Event-ID" || name == "pageToken") request.valid = false;  // may not exist
    if (in == "query") query_.emplace_back(name, text);
    if (in == "header") request.headers.emplace_back(name, text);
  }
}

void Generator::fill_body(Request& request) {
  const Json* body = spec_.find(*request.operation->node, "requestBody");
  if (body == nullptr) return;
  if (!body->at("required").as_bool() && dice_.chance(10)) return;
  if (dice_.chance(15)) {
    request.valid = false;
    request.headers.emplace_back("Content-Type", "application/x-protobuf");
    request.body = protobuf();
    return;
  }
  Json value = value_of(spec_.content(*body, "application/json")->at("schema"), "", 0);
  // The banks stay: without them no transaction would get far.
  if (request.operation->id == "retire" && request.target.find("/x/") == std::string::npos)
    value.as_object()["dryRun"] = true;
  request.body = boost::json::serialize(value);
  request.headers.emplace_back("Content-Type",
                               dice_.chance(10) ? "application/json; charset=utf-8" : "application/json");
  if (request.operation->id == "register") request.valid = false;  // no address is allowed
}

Json Generator::value_of(const Json& schema_or_reference, const std::string& name, int depth) {
  const auto& schema = spec_.follow(schema_or_reference).as_object();
  if (const auto* only = schema.if_contains("const")) return *only;
  if (const auto* choices = schema.if_contains("enum")) {
    const auto& all = choices->as_array();
    return all[dice_.below(all.size())];
  }
  const auto* type = schema.if_contains("type");
  if (type == nullptr) return any_json(depth);
  const std::string first = (type->is_array() ? type->as_array().at(0) : *type).as_string().c_str();
  if (first == "string") return Json(text_of(schema, name));
  if (first == "boolean") return Json(dice_.chance(50));
  if (first == "integer") {
    const std::int64_t least = schema.contains("minimum") ? schema.at("minimum").as_int64() : 0;
    const std::int64_t most = schema.contains("maximum") ? schema.at("maximum").as_int64() : least + 5'000;
    return Json(least + static_cast<std::int64_t>(dice_.below(static_cast<std::uint64_t>(most - least + 1))));
  }
  if (first == "array") {
    boost::json::array items;
    for (auto left = dice_.below(4); left > 0; --left) items.push_back(value_of(schema.at("items"), name, depth + 1));
    return items;
  }
  boost::json::object members;
  const auto* required = schema.if_contains("required");
  for (const auto& [key, one] : schema.at("properties").as_object()) {
    bool needed = false;
    if (required) {
      for (const Json& word : required->as_array()) needed = needed || word.as_string() == key;
    }
    if (needed || dice_.chance(50)) members[key] = value_of(one, std::string(key), depth + 1);
  }
  if (members.contains("payload")) members.erase("payloadBase64");
  return members;
}

std::string Generator::text_of(const boost::json::object& schema, const std::string& name) {
  if (name == "payloadBase64") return dice_.chance(50) ? "AAEC" : "";
  if (name == "participant" || name == "name") return dice_.pick(kNames);
  if (name == "url") return dice_.chance(50) ? "http://10.0.0.1:1/x" : "https://a.example/";
  const std::int64_t most = schema.contains("maxLength") ? schema.at("maxLength").as_int64() : 40;
  std::string text = dice_.text(static_cast<std::size_t>(most));
  if (text.empty() && schema.contains("minLength")) text = "x";
  return text;
}

Json Generator::any_json(int depth) {
  switch (dice_.below(depth > 4 ? 5 : 7)) {
    case 0: return nullptr;
    case 1: return dice_.chance(50);
    case 2: return static_cast<std::int64_t>(dice_.below(1'000'000)) - 500'000;
    case 3: return static_cast<double>(dice_.below(1'000)) / 8;
    case 4: return Json(dice_.text(20));
    case 5: return boost::json::array{any_json(depth + 1), any_json(depth + 1)};
    default: return boost::json::object{{"a", any_json(depth + 1)}, {dice_.text(4), any_json(depth + 1)}};
  }
}

/// Some fields of some types: now and then a message.
std::string Generator::protobuf() {
  std::string out;
  for (auto left = dice_.below(5); left > 0; --left) {
    const auto field = 1 + dice_.below(7);
    if (dice_.chance(50)) {
      const std::string text = dice_.chance(50) ? dice_.pick(kNames) : dice_.bytes(20);
      out += static_cast<char>(field << 3 | 2);
      out += static_cast<char>(text.size());
      out += text;
    } else {
      out += static_cast<char>(field << 3);
      out += static_cast<char>(dice_.below(128));
    }
  }
  return dice_.chance(20) ? dice_.bytes(60) : out;
}

}  // namespace troth::api
