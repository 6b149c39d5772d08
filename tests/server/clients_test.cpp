// Client sessions: `/v1/client`.
#include <gtest/gtest.h>

#include "proto/codec/client_codec.h"
#include "tests/server/live_server.h"
#include "tests/server/scripted_participant.h"

namespace troth::test {
namespace {

class ScriptedClient : public transport::WebSocketPeer {
 public:
  static std::shared_ptr<ScriptedClient> connect(LiveServer& server, client_session::FromClient first) {
    auto peer = std::make_shared<ScriptedClient>();
    peer->outgoing_.push_back(codec::encode(first));
    transport::connect_websocket(server.io(), "ws://127.0.0.1:" + std::to_string(server.port()) + "/v1/client",
                                 "troth.client.v1", {}, peer);
    return peer;
  }
  void send(const client_session::FromClient& frame) {
    wait([&] { return socket_ != nullptr; });
    const std::lock_guard lock(mutex_);
    outgoing_.push_back(codec::encode(frame));
    socket_->wake();
  }
  std::optional<client_session::ClientWelcome> welcome() {
    wait([&] { return welcome_.has_value(); });
    const std::lock_guard lock(mutex_);
    return welcome_;
  }
  std::vector<client_session::Reply> replies(std::size_t count) {
    wait([&] { return replies_.size() >= count; });
    const std::lock_guard lock(mutex_);
    return replies_;
  }
  int close_code() {
    wait([&] { return close_code_ != -1; });
    const std::lock_guard lock(mutex_);
    return close_code_;
  }

  void on_open(std::shared_ptr<transport::WebSocket> socket) override {
    const std::lock_guard lock(mutex_);
    socket_ = std::move(socket);
    socket_->wake();
    changed_.notify_all();
  }
  void on_message(std::string_view bytes) override {
    auto decoded = codec::decode_to_client(bytes);
    auto& frame = std::get<client_session::ToClient>(decoded);
    const std::lock_guard lock(mutex_);
    if (frame.welcome) welcome_ = frame.welcome;
    for (auto& reply : frame.replies) replies_.push_back(std::move(reply));
    changed_.notify_all();
  }
  std::string next_frame() override {
    const std::lock_guard lock(mutex_);
    if (outgoing_.empty()) return {};
    std::string frame = std::move(outgoing_.front());
    outgoing_.pop_front();
    if (!outgoing_.empty()) socket_->wake();
    return frame;
  }
  void on_close(int code, std::string) override {
    const std::lock_guard lock(mutex_);
    socket_.reset();
    close_code_ = code;
    changed_.notify_all();
  }

 private:
  template <class Condition>
  void wait(Condition holds) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(30), holds);
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<transport::WebSocket> socket_;
  std::deque<std::string> outgoing_;
  std::optional<client_session::ClientWelcome> welcome_;
  std::vector<client_session::Reply> replies_;
  int close_code_ = -1;
};

client_session::FromClient client_hello(std::uint32_t protocol = 1) {
  client_session::FromClient frame;
  frame.hello = client_session::ClientHello{"0123456789abcdef", protocol};
  return frame;
}

class Clients : public testing::Test {
 protected:
  Clients() {
    bank_ = ScriptedParticipant::connect(server_.io(), server_.port(), hello("bank-a"),
                                         ScriptedParticipant::votes(VoteKind::kCommit));
    EXPECT_TRUE(bank_->wait_for<session::Welcome>());
  }
  client_session::Request transfer(std::uint64_t sequence) const {
    request::Begin begin;
    begin.commit = true;
    begin.branches.push_back({"bank-a", "", PayloadType::kBytes, "work"});
    return {sequence, server_.started().identity.epoch, 1, begin};
  }
  static TransactionId id_of(const client_session::Reply& reply) {
    return std::get<answer::Transaction>(reply.answer).view.id;
  }
  LiveServer server_;
  std::shared_ptr<ScriptedParticipant> bank_;
};

TEST_F(Clients, ManyRequestsInFlightAreEachAnsweredOnce) {
  const auto client = ScriptedClient::connect(server_, client_hello());
  ASSERT_TRUE(client->welcome());
  EXPECT_EQ(client->welcome()->epoch, server_.started().identity.epoch);
  client_session::FromClient frame;
  for (std::uint64_t i = 1; i <= 200; ++i) frame.requests.push_back(transfer(i));
  client->send(frame);
  std::set<std::uint64_t> answered;
  for (const auto& reply : client->replies(200)) {
    EXPECT_TRUE(answered.insert(reply.sequence).second);
    ASSERT_TRUE(std::holds_alternative<answer::Transaction>(reply.answer));
    EXPECT_EQ(std::get<answer::Transaction>(reply.answer).view.outcome, Outcome::kCommitted);
  }
  EXPECT_EQ(answered.size(), 200U);
}

TEST_F(Clients, RepeatOnANewConnectionHearsTheSame) {
  auto frame = client_hello();
  frame.requests.push_back(transfer(1));
  const auto first = ScriptedClient::connect(server_, frame)->replies(1);
  const auto again = ScriptedClient::connect(server_, frame)->replies(1);
  ASSERT_TRUE(first.size() == 1 && again.size() == 1);
  EXPECT_EQ(id_of(first[0]), id_of(again[0]));
}

TEST_F(Clients, RequestWithoutHelloIs4400) {
  client_session::FromClient frame;
  frame.requests.push_back(transfer(1));
  EXPECT_EQ(ScriptedClient::connect(server_, frame)->close_code(), session::kCloseBadFrame);
}

TEST_F(Clients, SecondHelloIs4400) {
  const auto client = ScriptedClient::connect(server_, client_hello());
  ASSERT_TRUE(client->welcome());
  client->send(client_hello());
  EXPECT_EQ(client->close_code(), session::kCloseBadFrame);
}

TEST_F(Clients, OtherProtocolIs4406) {
  EXPECT_EQ(ScriptedClient::connect(server_, client_hello(9))->close_code(), session::kCloseVersion);
}

TEST_F(Clients, MoreRequestsThanTheWindowIs4429) {
  auto frame = client_hello();
  for (std::uint64_t i = 1; i <= 4'097; ++i) frame.requests.push_back(transfer(i));
  EXPECT_EQ(ScriptedClient::connect(server_, frame)->close_code(), session::kCloseLimit);
}

}  // namespace
}  // namespace troth::test
