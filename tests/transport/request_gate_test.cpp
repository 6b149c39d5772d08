// The gate as a function: what it reads, and what it refuses at which byte.
#include "proto/transport/request_gate.h"

#include <gtest/gtest.h>

namespace troth::transport {
namespace {

using Found = HeadScanner::Found;

std::string why_refused(const std::string& head) {
  const auto result = pass_gate(head);
  const auto* problem = std::get_if<Problem>(&result);
  return problem == nullptr ? "" : problem->detail;
}

TEST(HeadScanner, FindsTheEmptyLineHoweverTheBytesArrive) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  HeadScanner scanner;
  for (std::size_t length = 1; length < head.size(); ++length) {
    ASSERT_EQ(scanner.scan(std::string_view(head).substr(0, length)), Found::kMore) << length;
  }
  EXPECT_EQ(scanner.scan(head + "body"), Found::kEnd);
  EXPECT_EQ(scanner.end(), head.size());
}

TEST(HeadScanner, RefusesAtTheFirstByteThatNoHeadHolds) {
  const std::vector<std::string> bad = {
      "GET / HTTP/1.1\n", "GET\r/", std::string("GE\0T", 4), "\r\n", "\x16\x03\x01", "GET / HTTP/1.1\r\nA: \x7f"};
  for (const std::string& bytes : bad) {
    HeadScanner scanner;
    EXPECT_EQ(scanner.scan(bytes), Found::kBad) << bytes;
  }
}

TEST(HeadScanner, StartsAnewForTheNextRequest) {
  HeadScanner scanner;
  EXPECT_EQ(scanner.scan("A\r\n\r\n"), Found::kEnd);
  scanner.reset();
  EXPECT_EQ(scanner.scan("B\r\n"), Found::kMore);
}

TEST(Gate, ReadsWhatAnOrdinaryClientSends) {
  const auto result = pass_gate(
      "POST /v1/transactions/a%20b?wait=1&x=y HTTP/1.1\r\nHost: localhost:7400\r\nContent-Length: 12\r\n"
      "X-Thing:  two words \t\r\nEmpty:\r\nConnection: Keep-Alive\r\n\r\n");
  ASSERT_TRUE(std::holds_alternative<GatedHead>(result)) << std::get<Problem>(result).detail;
  const auto& gated = std::get<GatedHead>(result);
  EXPECT_EQ(gated.head.method, "POST");
  EXPECT_EQ(gated.head.path, "/v1/transactions/a%20b");
  EXPECT_EQ(gated.head.query, "wait=1&x=y");
  EXPECT_EQ(gated.head.content_length, 12u);
  EXPECT_EQ(gated.head.header("x-thing"), "two words");
  EXPECT_EQ(gated.head.header("empty"), "");
  EXPECT_EQ(gated.head.header("absent"), "");
  EXPECT_TRUE(gated.keep_alive);
  EXPECT_FALSE(gated.expects_continue);
  EXPECT_FALSE(gated.wants_websocket);
}

TEST(Gate, SeesCloseContinueAndUpgradeInAnyCase) {
  const auto result = pass_gate(
      "GET / HTTP/1.1\r\nHost: a\r\nconnection: keep-alive, CLOSE\r\nexpect: 100-Continue\r\nupgrade: "
      "WebSocket\r\n\r\n");
  const auto& gated = std::get<GatedHead>(result);
  EXPECT_FALSE(gated.keep_alive);
  EXPECT_TRUE(gated.expects_continue);
  EXPECT_TRUE(gated.wants_websocket);
}

TEST(Gate, SaysWhichRuleWasBroken) {
  EXPECT_EQ(why_refused("GET / HTTP/1.1\r\n\r\n"), "Host must be given.");
  EXPECT_EQ(why_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), "Host must name one host, once.");
  EXPECT_EQ(why_refused("GET / HTTP/1.0\r\nHost: a\r\n\r\n"), "Only HTTP/1.1 is spoken here.");
  EXPECT_EQ(why_refused("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
            "Transfer-Encoding is not accepted: send Content-Length.");
  EXPECT_EQ(why_refused("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n"), "A header must not be folded.");
  EXPECT_EQ(why_refused("GET / HTTP/1.1\r\nHost: a"), "A line of the head does not end.");
}

HttpHead handshake() {
  const auto result = pass_gate(
      "GET /s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  return std::get<GatedHead>(result).head;
}

void replace(HttpHead& head, const std::string& name, const std::string& value) {
  for (auto& field : head.headers) {
    if (field.first == name) field.second = value;
  }
}

TEST(Handshake, OfTheStandardsExampleIsAccepted) {
  EXPECT_FALSE(check_handshake(handshake()).has_value());
}

TEST(Handshake, WithAnyPartWrongIsABadUpgrade) {
  const std::vector<std::pair<std::string, std::string>> wrong = {{"connection", "close"},
                                                                  {"sec-websocket-version", "8"},
                                                                  {"sec-websocket-version", ""},
                                                                  {"sec-websocket-key", "short"},
                                                                  {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=!"},
                                                                  {"sec-websocket-key", "dGhlIHNhbXB*ZSBub25jZQ=="}};
  for (const auto& [name, value] : wrong) {
    HttpHead head = handshake();
    replace(head, name, value);
    const auto problem = check_handshake(head);
    ASSERT_TRUE(problem.has_value()) << name << "=" << value;
    EXPECT_EQ(problem->slug, Slug::kBadUpgrade);
  }
  HttpHead post = handshake();
  post.method = "POST";
  EXPECT_TRUE(check_handshake(post).has_value());
  HttpHead with_body = handshake();
  with_body.content_length = 1;
  EXPECT_TRUE(check_handshake(with_body).has_value());
  HttpHead two_keys = handshake();
  two_keys.headers.emplace_back("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_TRUE(check_handshake(two_keys).has_value());
}

}  // namespace
}  // namespace troth::transport
