// The route table, and that openapi.yaml says the same.
#include "coordinator/server/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "coordinator/server/version.h"
#include "proto/values/problem.h"

namespace troth::server {
namespace {

/// `GET /path` of the text: two spaces and a slash begin a path, four spaces and a method what it has.
std::set<std::string> documented() {
  std::set<std::string> found;
  std::istringstream text{std::string(openapi_text())};
  std::string path;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("components:")) break;
    if (line.starts_with("  /")) path = line.substr(2, line.size() - 3);
    for (const std::string method : {"get", "post", "delete", "put", "patch", "head"}) {
      if (line != "    " + method + ":") continue;
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      found.insert(upper + " " + path);
    }
  }
  return found;
}

TEST(Routes, OpenapiNamesExactlyTheRoutesOfTheTable) {
  std::set<std::string> table;
  for (const Route& route : routes()) table.insert(std::string(route.method) + " " + std::string(route.pattern));
  EXPECT_EQ(table, documented());
  EXPECT_EQ(table.size(), routes().size());
}

TEST(Routes, OpenapiSaysWhichRoutesTakeABody) {
  const std::string text(openapi_text());
  for (const Route& route : routes()) {
    const auto path = text.find("\n  " + std::string(route.pattern) + ":\n");
    ASSERT_NE(path, text.npos) << route.pattern;
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto begin = text.find("\n    " + method + ":\n", path);
    const auto end = text.find("\n      responses:", begin);
    EXPECT_EQ(text.substr(begin, end - begin).find("requestBody") != text.npos, route.has_body)
        << route.method << " " << route.pattern;
  }
}

TEST(Routes, OpenapiNamesExactlyTheProblemsThatExist) {
  const std::string text(openapi_text());
  const auto begin = text.find("    Slug:\n");
  ASSERT_NE(begin, text.npos);
  std::set<std::string> named;
  std::string word;
  for (const char c : text.substr(text.find('[', begin))) {
    if ((c >= 'a' && c <= 'z') || c == '-') {
      word += c;
    } else if (!word.empty()) {
      named.insert(std::exchange(word, ""));
    }
  }
  std::set<std::string> known;
  for (std::size_t i = 0; i < kSlugCount; ++i) known.emplace(info(static_cast<Slug>(i)).text);
  EXPECT_EQ(named, known);
}

TEST(Routes, PathWithCapturesIsMatched) {
  const Match found = match("POST", "/v1/transactions/abc/branches/2/resolve");
  ASSERT_NE(found.route, nullptr);
  EXPECT_EQ(found.route->pattern, "/v1/transactions/{id}/branches/{n}/resolve");
  EXPECT_THAT(found.captures, testing::ElementsAre("abc", "2"));
}

TEST(Routes, OtherMethodsOfAPathAreAllowedOnes) {
  const Match found = match("PUT", "/v1/transactions");
  EXPECT_EQ(found.route, nullptr);
  EXPECT_EQ(found.allowed, "POST, GET");
}

TEST(Routes, WhatIsNotExactlyAPathIsNoRoute) {
  for (const char* path : {"", "/", "/v1", "/v1/transactions/", "/v1/transactions//commit", "/v1/transactions/a/b",
                           "/V1/transactions", "/v1/transactionsx", "*", "v1/transactions", "/metrics/"}) {
    EXPECT_TRUE(match("GET", path).allowed.empty()) << path;
  }
}

}  // namespace
}  // namespace troth::server
