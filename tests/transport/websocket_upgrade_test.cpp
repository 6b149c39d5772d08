// How an HTTP connection becomes a WebSocket, or does not.
#include "tests/transport/websocket_fixture.h"

namespace troth::test {
namespace {

TEST_F(WebSockets, AnswerTheStandardsExampleAsTheStandardSays) {
  RawSocket raw(running_.port());
  raw.send(handshake());
  const RawResponse response = raw.read_response();
  EXPECT_EQ(response.status, 101);
  EXPECT_EQ(response.headers.at("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(response.headers.at("sec-websocket-protocol"), "troth.test");
  EXPECT_EQ(response.headers.count("sec-websocket-extensions"), 0u);
}

TEST_F(WebSockets, TakeFramesThatCameWithTheHandshake) {
  RawSocket raw = upgraded(frame(kBinary, "early") + frame(kBinary, "bird"));
  EXPECT_EQ(server_->messages(2), (std::vector<std::string>{"early", "bird"}));
}

TEST_F(WebSockets, RefuseAMalformedHandshakeThroughTheService) {
  for (const std::string& bad : {handshake("short"), handshake("dGhlIHNhbXBsZSBub25jZQ==", "8")}) {
    RawSocket raw(running_.port());
    raw.send(bad);
    const RawResponse response = raw.read_response();
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.body, "bad-upgrade");
    EXPECT_EQ(response.headers.at("sec-websocket-version"), "13");
    EXPECT_TRUE(response.close);
  }
  EXPECT_EQ(server_->closes(), 0u);
}

TEST_F(WebSockets, KeepTheConnectionWhenTheServiceRefuses) {
  running_.service.on_upgrade = nullptr;
  RawSocket raw(running_.port());
  raw.send(handshake());
  EXPECT_EQ(raw.read_response().status, 404);
  raw.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(raw.read_response().status, 200);
}

TEST_F(WebSockets, CountAsConnectionsUntilTheyEnd) {
  RawSocket raw = upgraded();
  server_->socket();
  EXPECT_EQ(running_.server->connections(), 1u);
  raw.reset();
  EXPECT_EQ(server_->closed().first, 0);
  EXPECT_TRUE(eventually([&] { return running_.server->connections() == 0; }));
}

TEST_F(WebSockets, OutliveTheHttpIdleLimitAndTheEndOfAccepting) {
  connect();
  running_.server->stop_accepting();
  client_->send("still here");
  EXPECT_EQ(server_->messages(1).size(), 1u);
}

TEST_F(WebSockets, TellAClientThatWasRefusedWhy) {
  connect_websocket(running_.io, url("/elsewhere"), "troth.test", limits_, client_);
  EXPECT_EQ(client_->closed(), std::make_pair(0, std::string("the server answered 404 to the upgrade")));
}

TEST_F(WebSockets, TellAClientThatCannotConnectWhy) {
  std::uint16_t port = 0;
  { port = RawListener().port(); }
  const std::string authority = "127.0.0.1:" + std::to_string(port);
  connect_websocket(running_.io, "ws://" + authority + "/s", "", limits_, client_);
  EXPECT_EQ(client_->closed(), std::make_pair(0, "cannot connect to " + authority + ": Connection refused"));
}

TEST_F(WebSockets, TellAClientWithABadAddressSo) {
  connect_websocket(running_.io, "http://127.0.0.1/", "", limits_, client_);
  EXPECT_EQ(client_->closed(), std::make_pair(0, std::string("not a ws:// address: http://127.0.0.1/")));
}

TEST_F(WebSockets, TellAClientWhoseServerStaysSilent) {
  RawListener silent;
  limits_.handshake_ms = 50;
  connect_websocket(running_.io, "ws://127.0.0.1:" + std::to_string(silent.port()) + "/s", "", limits_, client_);
  EXPECT_EQ(client_->closed(), std::make_pair(0, std::string("the handshake took too long")));
}

TEST_F(WebSockets, TellAClientThatTheSubprotocolWasNotConfirmed) {
  subprotocol_ = "";
  connect_websocket(running_.io, url(), "troth.test", limits_, client_);
  EXPECT_EQ(client_->closed().second, "the server did not confirm the subprotocol troth.test");
}

TEST_F(WebSockets, TellAClientOnceWhenTheIoStopsWhileItDials) {
  RawListener silent;
  connect_websocket(running_.io, "ws://127.0.0.1:" + std::to_string(silent.port()) + "/s", "", limits_, client_);
  running_.io.stop();
  EXPECT_EQ(client_->closed(), std::make_pair(0, std::string("stopped")));
  connect_websocket(running_.io, url(), "", limits_, server_);
  EXPECT_EQ(server_->closed(), std::make_pair(0, std::string("stopped")));
  EXPECT_EQ(client_->closes(), 1u);
}

}  // namespace
}  // namespace troth::test
