// tests/api/generator.h: requests made from openapi.yaml: valid ones, nearly valid ones and hostile ones.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "tests/api/dice.h"
#include "tests/api/spec.h"

namespace troth::api {

struct Request {
  const Operation* operation = nullptr;  // null: no such route
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool valid = false;          // as the text says: a refusal must not say that it is malformed
  std::string forbidden = {};  // why the text forbids its body: it must not succeed
  bool framed = true;          // its head is HTTP; else the connection is closed

  std::string bytes() const;
};

class Generator {
 public:
  Generator(const Spec& spec, std::uint64_t seed) : spec_(spec), dice_(seed) {}

  Request next();
  /// An id that the coordinator gave.
  void learn(const std::string& id);

 private:
  Json value_of(const Json& schema, const std::string& name, int depth);
  std::string text_of(const boost::json::object& schema, const std::string& name);
  Json any_json(int depth);
  std::string any_id();
  void fill_path(Request& request);
  void fill_parameters(Request& request);
  void fill_body(Request& request);
  void spoil(Request& request);
  void spoil_value(Json& value);
  void spoil_text(std::string& body);
  void spoil_target(Request& request);
  void spoil_headers(Request& request);
  void spoil_framing(Request& request);
  void judge_body(Request& request);
  std::string protobuf();
  const Operation& some_operation();

  const Spec& spec_;
  Dice dice_;
  std::deque<std::string> ids_;
  std::vector<std::pair<std::string, std::string>> query_;
};

}  // namespace troth::api
