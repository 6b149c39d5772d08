// tests/api/spec.h: openapi.yaml as data, and whether a value fits a schema of it.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace troth::api {

using Json = boost::json::value;

/// YAML as JSON: what is quoted is a string, plain scalars are what they look like. Throws what yaml-cpp throws.
Json from_yaml(const std::string& text);

struct Operation {
  std::string method;  // upper case
  std::string path;    // with `{…}`
  std::string id;
  const Json* node = nullptr;
};

class Spec {
 public:
  explicit Spec(const std::string& yaml);
  Spec(const Spec&) = delete;
  Spec& operator=(const Spec&) = delete;

  const std::vector<Operation>& operations() const { return operations_; }
  /// What `$ref` names, as often as it does. Throws std::runtime_error for one that names nothing.
  const Json& follow(const Json& node) const;
  /// The member, references followed; null when there is none.
  const Json* find(const Json& node, std::string_view member) const;
  /// `components/<kind>/<name>`.
  const Json& component(std::string_view kind, std::string_view name) const;
  /// What is said of this status, null when nothing is.
  const Json* response(const Operation& operation, int status) const;
  /// The schema and examples of a body (request or response) in this media type, null when it has none.
  const Json* content(const Json& body, std::string_view media) const;

  /// Empty, or where and why `value` does not fit: `/branches/0/n: 0 is below 1`. Understands what openapi.yaml uses
  /// and throws std::runtime_error for a keyword that it does not know, so that nothing is left unchecked in silence.
  std::string misfit(const Json& schema, const Json& value) const;

 private:
  Json root_;
  std::vector<Operation> operations_;
};

}  // namespace troth::api
