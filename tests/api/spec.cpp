#include "tests/api/spec.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <stdexcept>

namespace troth::api {
namespace {

Json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return Json(text);  // quoted
  if (text.empty() || text == "null" || text == "~") return nullptr;
  if (text == "true" || text == "false") return text == "true";
  const char* const end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto [stop, error] = std::from_chars(text.data(), end, whole); error == std::errc() && stop == end) {
    return whole;
  }
  double real = 0;
  if (const auto [stop, error] = std::from_chars(text.data(), end, real); error == std::errc() && stop == end) {
    return real;
  }
  return Json(text);
}

Json convert(const YAML::Node& node) {
  if (node.IsNull()) return nullptr;
  if (node.IsScalar()) return scalar(node);
  if (node.IsSequence()) {
    boost::json::array items;
    for (const auto& item : node) items.push_back(convert(item));
    return items;
  }
  boost::json::object members;
  for (const auto& member : node) {
    const std::string name = member.first.Scalar();
    if (members.contains(name)) throw std::runtime_error("openapi.yaml has a key twice: " + name);
    members[name] = convert(member.second);
  }
  return members;
}

}  // namespace

Json from_yaml(const std::string& text) {
  return convert(YAML::Load(text));
}

Spec::Spec(const std::string& yaml) : root_(from_yaml(yaml)) {
  for (const auto& path : root_.at("paths").as_object()) {
    for (const auto& method : path.value().as_object()) {
      Operation operation;
      operation.path = path.key();
      operation.method = method.key();
      for (char& c : operation.method) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      operation.id = method.value().at("operationId").as_string().c_str();
      operation.node = &method.value();
      operations_.push_back(std::move(operation));
    }
  }
}

const Json& Spec::follow(const Json& node) const {
  const auto* object = node.if_object();
  const auto* reference = object ? object->if_contains("$ref") : nullptr;
  if (reference == nullptr) return node;
  std::string pointer = reference->as_string().c_str();
  if (!pointer.starts_with("#/")) throw std::runtime_error("a $ref that leaves the text: " + pointer);
  boost::json::error_code error;
  const Json* found = root_.find_pointer(pointer.substr(1), error);
  if (found == nullptr) throw std::runtime_error("a $ref that names nothing: " + pointer);
  return follow(*found);
}

const Json* Spec::find(const Json& node, std::string_view member) const {
  const auto* object = follow(node).if_object();
  const auto* found = object ? object->if_contains(member) : nullptr;
  return found ? &follow(*found) : nullptr;
}

const Json& Spec::component(std::string_view kind, std::string_view name) const {
  return follow(root_.at("components").at(kind).at(name));
}

const Json* Spec::response(const Operation& operation, int status) const {
  return find(operation.node->at("responses"), std::to_string(status));
}

const Json* Spec::content(const Json& body, std::string_view media) const {
  const Json* all = find(body, "content");
  return all ? find(*all, media) : nullptr;
}

}  // namespace troth::api
