#include "proto/transport/url.h"

#include <gtest/gtest.h>

namespace troth::transport {
namespace {

TEST(Url, IsTakenApart) {
  const auto url = parse_url("ws://localhost:7400/v1/session?a=b", "ws");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->host, "localhost");
  EXPECT_EQ(url->port, 7400);
  EXPECT_EQ(url->authority, "localhost:7400");
  EXPECT_EQ(url->target, "/v1/session?a=b");
}

TEST(Url, HasPort80AndTheRootByDefault) {
  const auto url = parse_url("http://example.org", "http");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->port, 80);
  EXPECT_EQ(url->target, "/");
}

TEST(Url, OfAnIpv6HostLosesItsBracketsForDiallingOnly) {
  const auto url = parse_url("http://[::1]:81/", "http");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->authority, "[::1]:81");
}

TEST(Url, ThatCannotBeDialledIsRefused) {
  for (const char* text : {"", "localhost:7400", "https://a/", "http://", "http://user:pw@a/", "http://a/#f",
                           "http://a:0/", "http://a:99999/", "http:///x"}) {
    EXPECT_FALSE(parse_url(text, "http").has_value()) << text;
  }
}

}  // namespace
}  // namespace troth::transport
