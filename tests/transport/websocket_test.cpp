// Both ends of a WebSocket, ours.
#include <future>

#include "tests/transport/websocket_fixture.h"

namespace troth::test {
namespace {

TEST_F(WebSockets, CarryMessagesBothWays) {
  connect();
  client_->send("to the server");
  EXPECT_EQ(server_->messages(1), std::vector<std::string>{"to the server"});
  server_->send("to the client");
  EXPECT_EQ(client_->messages(1), std::vector<std::string>{"to the client"});
  EXPECT_EQ(client_->socket()->remote(), "127.0.0.1:" + std::to_string(running_.port()));
  EXPECT_EQ(server_->socket()->remote().rfind("127.0.0.1:", 0), 0u);
}

TEST_F(WebSockets, CarryAMessageOfTheLargestSize) {
  limits_.max_message_bytes = 300'000;
  connect();
  const std::string large(300'000, 'x');
  client_->send(large);
  EXPECT_TRUE(server_->messages(1).at(0) == large);
  server_->send(large);
  EXPECT_TRUE(client_->messages(1).at(0) == large);
  client_->send("next");
  EXPECT_EQ(server_->messages(2).at(1), "next");
}

TEST_F(WebSockets, CloseWith4413AboveIt) {
  limits_.max_message_bytes = 300'000;
  connect();
  client_->send(std::string(300'001, 'x'));
  EXPECT_EQ(client_->closed().first, 4413);
  EXPECT_EQ(server_->closed().first, 4413);
  EXPECT_TRUE(server_->messages(0).empty());
}

TEST_F(WebSockets, PullOnceForManyWakes) {
  connect();
  // The io thread is held, as it would be by a handler that produces many messages; once it is, the pull that follows
  // an open is behind us.
  std::promise<void> holding;
  std::promise<void> release;
  running_.io.post([&holding, released = release.get_future().share()] {
    holding.set_value();
    released.wait();
  });
  holding.get_future().wait();
  const int pulls = server_->pulls();
  for (int n = 0; n < 1'000; ++n) server_->send("x");
  release.set_value();
  EXPECT_EQ(client_->messages(1), std::vector<std::string>{std::string(1'000, 'x')});
  // One for the frame, one that finds nothing after it was written.
  EXPECT_TRUE(eventually([&] { return server_->pulls() == pulls + 2; }));
}

TEST_F(WebSockets, LoseNoWakeUnderLoadFromManyThreads) {
  connect();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int n = 0; n < 2'000; ++n) client_->send("x");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(eventually([&] {
    std::size_t bytes = 0;
    for (const auto& message : server_->messages(0)) bytes += message.size();
    return bytes == 8'000;
  }));
}

TEST_F(WebSockets, ReadWhileTheyCannotWrite) {
  RawSocket raw = upgraded();
  server_->socket();
  server_->send(std::string(50'000'000, 'x'));  // more than the kernel buffers: the write waits for the reader
  for (int n = 0; n < 100; ++n) raw.send(frame(kBinary, "still read"));
  EXPECT_EQ(server_->messages(100).size(), 100u);
}

TEST_F(WebSockets, TellBothSidesTheCodeOfTheServer) {
  connect();
  server_->socket()->close(4409, "replaced");
  EXPECT_EQ(client_->closed(), std::make_pair(4409, std::string("replaced")));
  EXPECT_EQ(server_->closed(), std::make_pair(4409, std::string("replaced")));
  EXPECT_TRUE(eventually([&] { return running_.server->connections() == 0; }));
}

TEST_F(WebSockets, TellBothSidesTheCodeOfTheClient) {
  connect();
  client_->socket()->close(4406, "version");
  EXPECT_EQ(server_->closed(), std::make_pair(4406, std::string("version")));
  EXPECT_EQ(client_->closed(), std::make_pair(4406, std::string("version")));
}

TEST_F(WebSockets, CloseOnceWhenBothSidesCloseAtOnce) {
  connect();
  auto server = server_->socket();
  auto client = client_->socket();
  for (int n = 0; n < 3; ++n) {
    server->close(4001, "a");
    client->close(4002, "b");
  }
  EXPECT_GE(server_->closed().first, 4001);
  EXPECT_GE(client_->closed().first, 4001);
  EXPECT_TRUE(eventually([&] { return running_.server->connections() == 0; }));
  EXPECT_EQ(server_->closes(), 1u);
  EXPECT_EQ(client_->closes(), 1u);
}

TEST_F(WebSockets, SendWhatWasPulledBeforeTheyClose) {
  connect();
  auto socket = server_->socket();
  const std::string large(900'000, 'x');
  server_->queue(large);
  running_.io.post([socket] { socket->wake(); });
  running_.io.post([socket] { socket->close(4503, "draining"); });
  EXPECT_EQ(client_->closed().first, 4503);
  const auto messages = client_->messages(1);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_TRUE(messages[0] == large);
}

TEST_F(WebSockets, CutAReasonThatIsTooLong) {
  connect();
  server_->socket()->close(4000, std::string(500, 'r'));
  EXPECT_EQ(client_->closed(), std::make_pair(4000, std::string(123, 'r')));
}

TEST_F(WebSockets, WhoseUserThrowsCloseAloneWith1011) {
  connect();
  client_->send("throw");
  EXPECT_EQ(client_->closed().first, 1011);
  EXPECT_EQ(server_->closed().first, 1011);
}

TEST_F(WebSockets, AreSilentlyKeptByPings) {
  limits_.ping_ms = 20;
  connect();
  RawSocket waste(running_.port());
  EXPECT_FALSE(waste.readable_within(200));  // ten times the gap goes by
  EXPECT_EQ(server_->closes() + client_->closes(), 0u);
  client_->send("alive");
  EXPECT_EQ(server_->messages(1).size(), 1u);
}

TEST_F(WebSockets, OfAStoppedIoAreToldAndTheirHandlesAreHarmless) {
  connect();
  auto server = server_->socket();
  auto client = client_->socket();
  running_.io.stop();
  EXPECT_EQ(server_->closed(), std::make_pair(0, std::string("stopped")));
  EXPECT_EQ(client_->closed(), std::make_pair(0, std::string("stopped")));
  server->wake();
  client->close(4000, "late");
}

TEST_F(WebSockets, OfAServerThatGoesAwayAreClosed) {
  connect();
  running_.server.reset();
  EXPECT_EQ(server_->closed().first, 0);
  EXPECT_EQ(client_->closed().first, 0);
}

}  // namespace
}  // namespace troth::test
