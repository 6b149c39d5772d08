// tests/api/checker.h: what every answer must be, whatever the request was.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/values/problem.h"
#include "tests/api/generator.h"
#include "tests/api/spec.h"
#include "tests/transport/raw_socket.h"

namespace troth::api {

/// The problem that a refusal names, in JSON or Protobuf.
std::optional<Slug> slug_in(std::string_view body);

class Checker {
 public:
  explicit Checker(const Spec& spec) : spec_(spec) {}

  /// Empty, or what is wrong with this answer to this request.
  std::string check(const Request& request, const test::RawResponse& response) const;

 private:
  std::string check_problem(const Request& request, const test::RawResponse& response) const;
  std::string check_success(const Operation& operation, const test::RawResponse& response) const;

  const Spec& spec_;
};

}  // namespace troth::api
