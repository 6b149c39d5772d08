// What the HTTP layer refuses before a route sees it, in the server's own words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/live_server.h"

namespace troth::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string upgrade_request(const std::string& path, const std::string& more) {
  return "GET " + path +
         " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + more + "\r\n";
}

class Gate : public testing::Test {
 protected:
  std::string answer_to(const std::string& bytes) { return raw_exchange(server_.port(), bytes); }
  /// The server leaves the connection open after a refused upgrade of a keep-alive client; this one asks to close.
  std::string answer_to_upgrade(const std::string& path, const std::string& more) {
    return answer_to(upgrade_request(path, more) + "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
  void TearDown() override { EXPECT_EQ(server_.get("/livez").status, 200); }
  LiveServer server_;
};

TEST_F(Gate, MalformedRequestIsBadRequest) {
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("urn:troth:problem:bad-request")));
}

TEST_F(Gate, SlowHeaderIsRequestTimeout) {
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nHost:"),
              AllOf(StartsWith("HTTP/1.1 408 "), HasSubstr("urn:troth:problem:request-timeout")));
}

TEST_F(Gate, LongHeaderIsHeadersTooLarge) {
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(2'000, 'x') + "\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 431 "), HasSubstr("urn:troth:problem:headers-too-large")));
}

TEST_F(Gate, UpgradeWithoutOurSubprotocolIsBadUpgrade) {
  for (const std::string path : {"/v1/session", "/v1/client"}) {
    EXPECT_THAT(answer_to_upgrade(path, ""), AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("bad-upgrade")));
    EXPECT_THAT(answer_to_upgrade(path, "Sec-WebSocket-Protocol: chat, troth.session.v2\r\n"),
                HasSubstr("bad-upgrade"));
  }
}

TEST_F(Gate, UpgradeOfAPlainRouteIsBadUpgrade) {
  EXPECT_THAT(answer_to_upgrade("/v1/limits", "Sec-WebSocket-Protocol: troth.session.v1\r\n"),
              AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("bad-upgrade")));
}

TEST_F(Gate, UpgradeOfNoRouteIsNoSuchRoute) {
  EXPECT_THAT(answer_to_upgrade("/v9/session", "Sec-WebSocket-Protocol: troth.session.v1\r\n"),
              AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("no-such-route")));
}

TEST_F(Gate, UpgradeFromABrowserIsRefused) {
  EXPECT_THAT(answer_to_upgrade("/v1/session", "Sec-WebSocket-Protocol: troth.session.v1\r\nOrigin: http://evil\r\n"),
              AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("bad-upgrade")));
}

TEST_F(Gate, AllowNamesTheMethodsOfThePath) {
  const auto result = server_.call("DELETE", "/v1/transactions", {}, "");
  EXPECT_EQ(result.status, 405);
  EXPECT_EQ(header(result, "allow"), "POST, GET");
  EXPECT_EQ(server_.call("HEAD", "/livez", {}, "").status, 405);
}

}  // namespace
}  // namespace troth::test
