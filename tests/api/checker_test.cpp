// The checker sees what it is there to see, and a generator is the same again for its seed.
#include "tests/api/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "coordinator/server/version.h"
#include "proto/codec/api_json.h"

namespace troth::api {
namespace {

const Spec& spec() {
  static const Spec kSpec{std::string(server::openapi_text())};
  return kSpec;
}

Request request_of(const std::string& id) {
  Request request;
  for (const Operation& operation : spec().operations()) {
    if (operation.id == id) request.operation = &operation;
  }
  request.method = request.operation->method;
  request.valid = true;
  return request;
}

test::RawResponse response_of(int status, std::string type, std::string body) {
  return {status, {{"content-type", std::move(type)}}, std::move(body), false};
}

test::RawResponse problem_of(Slug slug) {
  const std::string body =
      codec::write_json(answer::Refused{{slug, "Something is wrong here.", {}}, std::nullopt}, "/x");
  return response_of(info(slug).status, "application/problem+json", body);
}

std::string check(const Request& request, const test::RawResponse& response) {
  return Checker(spec()).check(request, response);
}

using testing::HasSubstr;

TEST(Checker, SeesAnAnswerThatIsNotWhatTheTextSays) {
  const Request limits = request_of("limits");
  const std::string good = codec::write_json(Limits{});
  EXPECT_EQ(check(limits, response_of(200, "application/json", good)), "");
  EXPECT_EQ(check(limits, response_of(200, "application/x-protobuf", "x")), "");
  EXPECT_THAT(check(limits, response_of(201, "application/json", good)), HasSubstr("does not say"));
  EXPECT_THAT(check(limits, response_of(200, "text/html", good)), HasSubstr("text/html"));
  EXPECT_THAT(check(limits, response_of(200, "application/json", "{\"more\":1," + good.substr(1))), HasSubstr("more"));
  EXPECT_THAT(check(limits, response_of(200, "application/json", "{}")), HasSubstr("lacks"));
  EXPECT_THAT(check(limits, response_of(200, "application/json", "{")), HasSubstr("not JSON"));
  EXPECT_THAT(check(limits, response_of(0, "", "")), HasSubstr("without an answer"));
}

TEST(Checker, SeesARefusalThatIsNotAsItShouldBe) {
  Request get = request_of("getTransaction");
  EXPECT_EQ(check(get, problem_of(Slug::kUnknownTransaction)), "");
  EXPECT_THAT(check(get, problem_of(Slug::kBadField)), HasSubstr("malformed"));
  get.valid = false;
  EXPECT_EQ(check(get, problem_of(Slug::kBadId)), "");
  EXPECT_THAT(check(get, problem_of(Slug::kIdempotencyKeyReused)), HasSubstr("does not say"));
  EXPECT_THAT(check(get, problem_of(Slug::kOverloaded)), HasSubstr("Retry-After"));
  auto later = problem_of(Slug::kOverloaded);
  later.headers["retry-after"] = "1";
  EXPECT_EQ(check(get, later), "");
  auto other = problem_of(Slug::kBadId);
  other.status = 404;
  EXPECT_THAT(check(get, other), HasSubstr("status"));
  auto untyped = problem_of(Slug::kBadId);
  untyped.headers["content-type"] = "text/plain";
  EXPECT_THAT(check(get, untyped), HasSubstr("text/plain"));
  EXPECT_THAT(check(get, response_of(500, "text/html", "oops")), HasSubstr("names no problem"));
  auto retitled = problem_of(Slug::kBadId);
  retitled.body.replace(retitled.body.find("The id is not"), 3, "An ");
  EXPECT_THAT(check(get, retitled), HasSubstr("title"));
  get.framed = false;
  EXPECT_THAT(check(get, problem_of(Slug::kBadId)), HasSubstr("no HTTP")) << "its connection stays open";
}

TEST(Generator, IsTheSameAgainForItsSeedAndReachesEveryOperation) {
  Generator one(spec(), 7);
  Generator same(spec(), 7);
  Generator other(spec(), 8);
  std::set<std::string> reached;
  std::set<std::string> valid;
  int different = 0;
  for (int i = 0; i < 5'000; ++i) {
    const Request request = one.next();
    EXPECT_EQ(request.bytes(), same.next().bytes());
    different += request.bytes() != other.next().bytes() ? 1 : 0;
    if (request.operation != nullptr) reached.insert(request.operation->id);
    if (request.valid) valid.insert(request.operation->id);
  }
  EXPECT_GT(different, 4'000);
  EXPECT_EQ(reached.size() + 1, spec().operations().size() + reached.count("backup")) << "a backup is rare";
  EXPECT_GE(valid.size() + 3, reached.size());
}

}  // namespace
}  // namespace troth::api
