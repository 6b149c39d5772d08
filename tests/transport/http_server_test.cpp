// Connections of the server: keep-alive, pipelining, limits, deadlines, and how they end.
#include <gtest/gtest.h>

#include "tests/transport/raw_socket.h"
#include "tests/transport/test_service.h"

namespace troth::test {
namespace {

std::string get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
}

TEST(Server, AnswersRequestAfterRequestOnOneConnection) {
  RunningServer running;
  RawSocket client(running.port());
  for (int n = 0; n < 3; ++n) {
    client.send(get("/a?n=" + std::to_string(n)));
    const RawResponse response = client.read_response();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "GET /a?n=" + std::to_string(n) + " ");
    EXPECT_FALSE(response.close);
  }
  EXPECT_EQ(running.server->connections(), 1u);
  EXPECT_EQ(running.service.last().head.remote.substr(0, 10), "127.0.0.1:");
}

TEST(Server, ClosesWhenTheClientAskedForIt) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(get("/a", "Connection: close\r\n"));
  EXPECT_TRUE(client.read_response().close);
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_TRUE(eventually([&] { return running.server->connections() == 0; }));
}

TEST(Server, AnswersAHeadWithoutABody) {
  RunningServer running;
  RawSocket client(running.port());
  client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n" + get("/b"));
  const RawResponse head = client.read_response(true);
  EXPECT_EQ(head.headers.at("content-length"), "9");
  EXPECT_EQ(client.read_response().body, "GET /b? ");
}

TEST(Server, TakesAHeadThatArrivesByteByByte) {
  RunningServer running;
  RawSocket client(running.port());
  for (const char byte : get("/slow")) client.send(std::string(1, byte));
  EXPECT_EQ(client.read_response().body, "GET /slow? ");
}

TEST(Server, ServesPipelinedRequestsOneAfterTheOther) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(get("/hold") + get("/2") + get("/3"));
  ASSERT_TRUE(running.service.wait_served(1));
  RawSocket other(running.port());  // a round trip of another: the io thread had its chance to go on
  other.send(get("/x"));
  EXPECT_EQ(other.read_response().status, 200);
  EXPECT_EQ(running.service.served(), 2u);
  running.service.release();
  EXPECT_EQ(client.read_response().body, "released");
  EXPECT_EQ(client.read_response().body, "GET /2? ");
  EXPECT_EQ(client.read_response().body, "GET /3? ");
}

TEST(Server, SurvivesGarbageAfterARequest) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(get("/a") + std::string("\0\xff\x01garbage\n", 11));
  EXPECT_EQ(client.read_response().status, 200);
  const RawResponse refused = client.read_response();
  EXPECT_EQ(refused.status, 400);
  EXPECT_TRUE(refused.close);
}

TEST(Server, ClosesOnlyTheConnectionWhoseServiceThrew) {
  RunningServer running;
  RawSocket bystander(running.port());
  RawSocket client(running.port());
  client.send(get("/throw"));
  EXPECT_TRUE(client.closed_by_peer());
  bystander.send(get("/a"));
  EXPECT_EQ(bystander.read_response().status, 200);
}

TEST(Server, ClosesWhenTheServiceForgetsToAnswer) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(get("/drop"));
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Server, TellsTheServiceThatAClientReset) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(get("/hold"));
  ASSERT_TRUE(running.service.wait_served(1));
  client.reset();
  EXPECT_TRUE(running.service.wait_abandoned(1));
  running.service.release();  // too late, and harmless
  EXPECT_TRUE(eventually([&] { return running.server->connections() == 0; }));
  EXPECT_EQ(running.service.abandoned(), 1);
}

TEST(Server, StillAnswersAClientThatOnlyEndedItsSide) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(get("/hold"));
  client.half_close();
  EXPECT_TRUE(running.service.wait_abandoned(1));
  running.service.release();
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.body, "released");
  EXPECT_TRUE(response.close);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Server, LetsGoOfAnAbandonedRequestThatTheServiceDrops) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(get("/hold"));
  client.half_close();
  ASSERT_TRUE(running.service.wait_abandoned(1));
  running.service.release(true);
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_TRUE(eventually([&] { return running.server->connections() == 0; }));
}

TEST(Server, TellsNobodyAboutAClientThatLeavesAfterItsAnswer) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(get("/hold"));
  ASSERT_TRUE(running.service.wait_served(1));
  running.service.release();
  EXPECT_EQ(client.read_response().status, 200);
  client.reset();
  EXPECT_TRUE(eventually([&] { return running.server->connections() == 0; }));
  EXPECT_EQ(running.service.abandoned(), 0);
}

TEST(Server, TellsASlowHeadThatItIsTooSlowHoweverItTrickles) {
  HttpLimits limits;
  limits.header_timeout_ms = 100;
  RunningServer running(limits);
  RawSocket client(running.port());
  // Byte after byte, each well within the limit, until it answers.
  for (int n = 0; n < 200 && !client.readable_within(20); ++n) client.send("A");
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 408);
  EXPECT_TRUE(response.close);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Server, ClosesAConnectionThatSaysNothing) {
  HttpLimits limits;
  limits.header_timeout_ms = 60;
  RunningServer running(limits);
  RawSocket client(running.port());
  EXPECT_EQ(client.read_all(), "");
  EXPECT_TRUE(eventually([&] { return running.server->connections() == 0; }));
}

TEST(Server, ClosesAConnectionThatIdlesAfterAnAnswer) {
  HttpLimits limits;
  limits.idle_timeout_ms = 60;
  RunningServer running(limits);
  RawSocket client(running.port());
  client.send(get("/a"));
  EXPECT_EQ(client.read_response().status, 200);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Server, ServesOthersWhileManyAreSlow) {
  RunningServer running;
  std::vector<RawSocket> slow;
  for (int n = 0; n < 200; ++n) slow.emplace_back(running.port()).send("GET / HT");
  RawSocket client(running.port());
  client.send(get("/a"));
  EXPECT_EQ(client.read_response().status, 200);
}

TEST(Server, TurnsAwayWhoComesAboveTheLimitOfConnections) {
  HttpLimits limits;
  limits.max_connections = 1;
  RunningServer running(limits);
  RawSocket first(running.port());
  first.send(get("/a"));
  EXPECT_EQ(first.read_response().status, 200);
  RawSocket second(running.port());
  EXPECT_EQ(second.read_response().status, 503);
  EXPECT_TRUE(second.closed_by_peer());
  first.send(get("/b"));
  EXPECT_EQ(first.read_response().status, 200);
}

TEST(Server, DrainsByAnsweringWhatRunsAndClosingWhatIdles) {
  RunningServer running;
  RawSocket idle(running.port());
  idle.send(get("/a"));
  EXPECT_EQ(idle.read_response().status, 200);
  RawSocket busy(running.port());
  busy.send(get("/hold"));
  ASSERT_TRUE(running.service.wait_served(2));
  running.server->stop_accepting();
  EXPECT_TRUE(idle.closed_by_peer());
  running.service.release();
  const RawResponse response = busy.read_response();
  EXPECT_EQ(response.body, "released");
  EXPECT_TRUE(response.close);
  EXPECT_TRUE(busy.closed_by_peer());
  EXPECT_THROW(RawSocket(running.port()), std::runtime_error);
}

TEST(Server, ThatGoesAwayClosesItsConnectionsAndCallsNobody) {
  auto running = std::make_unique<RunningServer>();
  RawSocket busy(running->port());
  busy.send(get("/hold"));
  ASSERT_TRUE(running->service.wait_served(1));
  running->server.reset();
  EXPECT_TRUE(busy.closed_by_peer());
  EXPECT_EQ(running->service.abandoned(), 1);
  running->service.release();
  running.reset();
}

TEST(Server, SaysWhatItCannotBindAndWhy) {
  RunningServer running;
  const auto taken = HttpServer::bind(running.io, "127.0.0.1", running.port(), {}, running.service);
  EXPECT_EQ(std::get<std::string>(taken),
            "cannot listen on 127.0.0.1:" + std::to_string(running.port()) + ": Address already in use");
  const auto foreign = HttpServer::bind(running.io, "192.0.2.1", 0, {}, running.service);
  EXPECT_EQ(std::get<std::string>(foreign), "cannot listen on 192.0.2.1:0: Cannot assign requested address");
  const auto nonsense = HttpServer::bind(running.io, "no such host", 1, {}, running.service);
  EXPECT_EQ(std::get<std::string>(nonsense).rfind("cannot listen on no such host:1: ", 0), 0u);
}

}  // namespace
}  // namespace troth::test
