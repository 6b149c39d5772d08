// Bodies of requests and heads of answers.
#include <gtest/gtest.h>

#include "proto/transport/response_text.h"
#include "tests/transport/raw_socket.h"
#include "tests/transport/test_service.h"

namespace troth::test {
namespace {

std::string post(std::size_t length, const std::string& headers = "", const std::string& target = "/a") {
  return "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n" + headers +
         "\r\n";
}

TEST(Body, AtTheLimitIsServed) {
  RunningServer running;
  RawSocket client(running.port());
  const std::string body(1'000, 'b');
  client.send(post(1'000) + body);
  EXPECT_EQ(client.read_response().body, "POST /a? " + body);
}

TEST(Body, OneByteOverTheLimitIsRefusedBeforeItIsSent) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(post(1'001));
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.body, "too-large");
  EXPECT_TRUE(response.close);
}

TEST(Body, OfManyBytesDoesNotLoseTheAnswerToARefusal) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(post(400'000) + std::string(400'000, 'x'));
  EXPECT_EQ(client.read_response().status, 413);
}

TEST(Body, ThatArrivesInPiecesIsWaitedFor) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(post(10) + "01234");
  RawSocket other(running.port());
  other.send(post(0));
  EXPECT_EQ(other.read_response().status, 200);
  client.send("56789");
  EXPECT_EQ(client.read_response().body, "POST /a? 0123456789");
}

TEST(Body, ThatNeverComesTimesOut) {
  HttpLimits limits;
  limits.body_timeout_ms = 60;
  RunningServer running(limits);
  RawSocket client(running.port());
  client.send(post(10) + "01234");
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 408);
  EXPECT_TRUE(response.close);
  EXPECT_EQ(running.service.served(), 0u);
}

TEST(Body, ThatIsCutOffIsNotServed) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(post(10) + "01234");
  client.half_close();
  EXPECT_EQ(client.read_all(), "");
  EXPECT_EQ(running.service.served(), 0u);
}

TEST(Body, IsAskedForWhenTheClientWaitsForThat) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(post(5, "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.read_response().status, 100);
  client.send("hello");
  EXPECT_EQ(client.read_response().body, "POST /a? hello");
}

TEST(Body, IsNotAskedForWhenItIsRefused) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(post(5'000, "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.read_response().status, 413);
}

TEST(Body, OfARequestTheServiceRefusesEndsTheConnection) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(post(5, "", "/nowhere") + "hello");
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 404);
  EXPECT_TRUE(response.close);
}

TEST(Body, ThatIsEmptyLeavesTheConnectionOpenAfterTheServiceRefused) {
  RunningServer running;
  RawSocket client(running.port());
  client.send("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 404);
  EXPECT_FALSE(response.close);
  client.send(post(0));
  EXPECT_EQ(client.read_response().status, 200);
}

TEST(Response, CannotBeSplitByAHeaderOfTheService) {
  HttpResponse response;
  response.headers = {{"x-good", "1"}, {"x-bad", "1\r\nx-injected: 1"}, {"x bad", "1"}, {"Content-Length", "7"}};
  response.content_type = "text/plain\r\nx-injected: 1";
  const std::string head = response_head(response, false);
  EXPECT_NE(head.find("x-good: 1\r\n"), std::string::npos);
  EXPECT_EQ(head.find("injected"), std::string::npos);
  EXPECT_EQ(head.find("x bad"), std::string::npos);
  EXPECT_NE(head.find("Content-Length: 0\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Content-Length: 7"), std::string::npos);
}

TEST(Response, OfNoContentHasNoLength) {
  HttpResponse response;
  response.status = 204;
  const std::string head = response_head(response, true);
  EXPECT_EQ(head.rfind("HTTP/1.1 204 No Content\r\n", 0), 0u);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
  EXPECT_NE(head.find("Connection: close\r\n"), std::string::npos);
}

}  // namespace
}  // namespace troth::test
