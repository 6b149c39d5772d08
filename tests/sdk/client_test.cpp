// The client against a scripted coordinator on real sockets, and its window of open calls alone.
#include "troth/client.h"

#include "participant-sdk/client/window.h"
#include "tests/sdk/fake_coordinator.h"

namespace troth::sdk {
namespace {

using client_session::ClientHello;
using client_session::ClientWelcome;
using client_session::FromClient;
using client_session::Reply;
using client_session::Request;
using client_session::ToClient;

constexpr LogId kLog{7};

TransactionId id_of(std::uint64_t sequence) {
  return {kLog, 0, {3, 9}, sequence};
}

answer::Transaction committed(std::uint64_t sequence) {
  answer::Transaction answer;
  answer.view.id = id_of(sequence);
  answer.view.phase = Phase::kFinished;
  answer.view.outcome = Outcome::kCommitted;
  return answer;
}

answer::Refused aborted(std::uint64_t sequence) {
  answer::Refused answer;
  answer.problem.slug = Slug::kAborted;
  answer.transaction = committed(sequence).view;
  answer.transaction->outcome = Outcome::kAborted;
  answer.transaction->abort_reason = AbortReason::kVote;
  return answer;
}

class ClientTest : public testing::Test {
 protected:
  Client::Options options() {
    Client::Options options;
    options.coordinator = coordinator_.url();
    options.reconnect_min = std::chrono::milliseconds(1);
    options.reconnect_max = std::chrono::milliseconds(20);
    return options;
  }
  static std::optional<FromClient> receive(FakePeer& peer) {
    auto decoded = codec::decode_from_client(peer.receive(), Limits{});
    auto* frame = std::get_if<FromClient>(&decoded);
    return frame ? std::optional(std::move(*frame)) : std::nullopt;
  }
  /// Takes a connection through its hello; returns the client's session.
  std::string welcome(std::shared_ptr<FakePeer>& peer, EpochId epoch, LogId log = kLog, std::uint32_t window = 100) {
    peer = coordinator_.accept();
    const auto hello = peer ? receive(*peer) : std::nullopt;
    if (!hello || !hello->hello) return {};
    ToClient frame;
    frame.welcome = ClientWelcome{log, epoch, {log, 0, {1, 0}, 1}, window};
    peer->send(codec::encode(frame));
    return hello->hello->session;
  }
  static std::vector<Request> requests(FakePeer& peer, std::size_t count) {
    std::vector<Request> all;
    while (all.size() < count) {
      auto frame = receive(peer);
      if (!frame) break;
      for (auto& request : frame->requests) all.push_back(std::move(request));
    }
    return all;
  }
  template <class Answer>
  static void reply(FakePeer& peer, std::uint64_t sequence, Answer answer) {
    ToClient frame;
    frame.replies.push_back(Reply{sequence, std::move(answer)});
    peer.send(codec::encode(frame));
  }
  static TransactionSpec transfer() {
    TransactionSpec spec;
    spec.label = "transfer";
    spec.branches = {{"bank-a", "", R"({"amount":1})"}, {"bank-b", "", R"({"amount":1})"}};
    return spec;
  }

  FakeCoordinator coordinator_{"troth.client.v1"};
};

TEST_F(ClientTest, RunIsOneRequestAndOneAnswer) {
  Client client(options());
  auto result = client.run_async(transfer());
  std::shared_ptr<FakePeer> peer;
  EXPECT_EQ(welcome(peer, {3, 9}).size(), 16u);
  const auto asked = requests(*peer, 1);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].sequence, 1u);
  EXPECT_EQ(asked[0].first_epoch, (EpochId{3, 9}));
  const auto& begin = std::get<request::Begin>(asked[0].body);
  EXPECT_TRUE(begin.commit);
  EXPECT_EQ(begin.branches.size(), 2u);
  reply(*peer, 1, committed(40));
  const auto heard = result.get();
  EXPECT_TRUE(heard.committed());
  EXPECT_EQ(heard.transaction, id_of(40));
}

TEST_F(ClientTest, AbortIsHeardWithItsReason) {
  Client client(options());
  auto result = client.run_async(transfer());
  std::shared_ptr<FakePeer> peer;
  welcome(peer, {3, 9});
  ASSERT_EQ(requests(*peer, 1).size(), 1u);
  reply(*peer, 1, aborted(40));
  const auto heard = result.get();
  EXPECT_TRUE(heard.aborted());
  EXPECT_EQ(heard.reason, "vote");
  EXPECT_EQ(heard.problem, "aborted");
}

TEST_F(ClientTest, UnansweredRequestsAreSentAgainUnderTheirFirstSequenceAndEpoch) {
  Client client(options());
  auto first = client.run_async(transfer());
  std::shared_ptr<FakePeer> peer;
  const auto session = welcome(peer, {3, 9});
  ASSERT_EQ(requests(*peer, 1).size(), 1u);
  peer->close(session::kCloseDraining, "restart");
  EXPECT_EQ(welcome(peer, {4, 5}), session);
  const auto again = requests(*peer, 1);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].sequence, 1u);
  EXPECT_EQ(again[0].first_epoch, (EpochId{3, 9}));
  auto second = client.run_async(transfer());
  const auto fresh = requests(*peer, 1);
  ASSERT_EQ(fresh.size(), 1u);
  EXPECT_EQ(fresh[0].sequence, 2u);
  EXPECT_EQ(fresh[0].first_epoch, (EpochId{4, 5}));
  EXPECT_EQ(fresh[0].acked_below, 1u);
  reply(*peer, 1, committed(40));
  EXPECT_TRUE(first.get().committed());
  auto third = client.run_async(transfer());
  const auto last = requests(*peer, 1);
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0].acked_below, 2u);
  reply(*peer, 2, committed(41));
  reply(*peer, 3, committed(42));
  EXPECT_TRUE(second.get().committed());
  EXPECT_TRUE(third.get().committed());
}

TEST_F(ClientTest, WhatWasSentToAnotherLogIsForAnOperator) {
  Client client(options());
  auto result = client.run_async(transfer());
  std::shared_ptr<FakePeer> peer;
  welcome(peer, {3, 9});
  ASSERT_EQ(requests(*peer, 1).size(), 1u);
  peer->close(session::kCloseDraining, "moved");
  welcome(peer, {3, 9}, LogId{8});
  EXPECT_EQ(result.get().kind, Result::kAskOperator);
}

TEST_F(ClientTest, OneCallThatCannotBeReadDoesNotTakeTheOthersDown) {
  Client client(options());
  std::shared_ptr<FakePeer> peer;
  welcome(peer, {3, 9});
  auto good = client.run_async(transfer());
  ASSERT_EQ(requests(*peer, 1).size(), 1u);
  auto bad_spec = transfer();
  bad_spec.branches[0].payload = std::string(70'000, '1');  // more than a payload may have costs the whole frame
  auto bad = client.run_async(bad_spec);
  EXPECT_FALSE(receive(*peer));  // the second frame cannot be read
  peer->close(session::kCloseBadFrame, "payload");
  welcome(peer, {3, 9});
  ASSERT_EQ(requests(*peer, 1).size(), 1u);
  reply(*peer, 1, committed(40));
  EXPECT_TRUE(good.get().committed());
  EXPECT_FALSE(receive(*peer));  // alone now, so it is known to be the one
  peer->close(session::kCloseBadFrame, "payload");
  const auto heard = bad.get();
  EXPECT_EQ(heard.kind, Result::kRefused);
  EXPECT_EQ(heard.detail, "payload");
}

TEST_F(ClientTest, AnAnswerThatCannotBeReadIsUnknownAndNotRefused) {
  Client client(options());
  auto result = client.run_async(transfer());
  std::shared_ptr<FakePeer> peer;
  welcome(peer, {3, 9});
  ASSERT_EQ(requests(*peer, 1).size(), 1u);
  peer->send("\xff\xff");  // it committed, and the answer is garbled
  EXPECT_EQ(peer->closed(), session::kCloseBadFrame);
  EXPECT_EQ(result.get().kind, Result::kUnknown);
}

TEST_F(ClientTest, ACallSentOnALostConnectionIsNeverRefusedAfterwards) {
  Client client(options());
  auto result = client.run_async(transfer());
  std::shared_ptr<FakePeer> peer;
  welcome(peer, {3, 9});
  ASSERT_EQ(requests(*peer, 1).size(), 1u);
  peer->close(session::kCloseDraining, "restart");  // it may have committed
  welcome(peer, {4, 5});
  ASSERT_EQ(requests(*peer, 1).size(), 1u);
  peer->close(session::kCloseBadFrame, "label");
  EXPECT_EQ(result.get().kind, Result::kUnknown);
}

TEST_F(ClientTest, ATextMessageFromTheCoordinatorRefusesNothing) {
  Client client(options());
  auto result = client.run_async(transfer());
  std::shared_ptr<FakePeer> peer;
  welcome(peer, {3, 9});
  ASSERT_EQ(requests(*peer, 1).size(), 1u);
  peer->close(session::kCloseBadFrame, "only binary messages are spoken here");  // what the client's own side says then
  EXPECT_EQ(result.get().kind, Result::kUnknown);
}

TransactionSpec heavy(std::size_t branches) {
  TransactionSpec spec;
  for (std::size_t i = 0; i < branches; ++i) {
    spec.branches.push_back({"bank-a", std::to_string(i), std::string(60'000, 'x'), true});
  }
  return spec;
}

TEST_F(ClientTest, ARequestAboveTheDefaultFrameIsRefusedHere) {
  Client client(options());
  const auto heard = client.run(heavy(18));
  EXPECT_EQ(heard.kind, Result::kRefused);
  EXPECT_EQ(heard.problem, "too-large");
}

TEST_F(ClientTest, ARequestTooLargeForTheCoordinatorDoesNotTakeTheOthersDown) {
  Client client(options());
  std::shared_ptr<FakePeer> peer;
  welcome(peer, {3, 9});
  auto large = client.run_async(heavy(2));
  auto small = client.run_async(transfer());
  ASSERT_EQ(requests(*peer, 2).size(), 2u);
  peer->close(session::kCloseTooLarge, "the message is too large");
  welcome(peer, {3, 9});
  ASSERT_EQ(requests(*peer, 1).size(), 1u);  // alone now
  peer->close(session::kCloseTooLarge, "the message is too large");
  const auto heard = large.get();
  EXPECT_EQ(heard.kind, Result::kRefused);
  EXPECT_EQ(heard.problem, "too-large");
  welcome(peer, {3, 9});
  const auto next = requests(*peer, 1);
  ASSERT_EQ(next.size(), 1u);
  reply(*peer, next[0].sequence, committed(40));
  EXPECT_TRUE(small.get().committed());
}

TEST_F(ClientTest, CallbacksThatThrowKeepNobodyFromAnAnswer) {
  auto throwing = options();
  throwing.on_state = [](std::string_view) { throw 7; };
  Client client(throwing);
  client.run(transfer(), [](Result) { throw std::runtime_error("mine"); });
  client.run(transfer(), [](Result) { throw 7; });
  auto last = client.run_async(transfer());
  std::shared_ptr<FakePeer> peer;
  welcome(peer, {3, 9});
  ASSERT_EQ(requests(*peer, 3).size(), 3u);
  peer->close(session::kCloseDraining, "restart");
  welcome(peer, {3, 9});
  ASSERT_EQ(requests(*peer, 3).size(), 3u);
  ToClient frame;
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    frame.replies.push_back(Reply{sequence, committed(40 + sequence)});
  }
  peer->send(codec::encode(frame));
  ASSERT_EQ(last.wait_for(kPatience), std::future_status::ready);
  EXPECT_TRUE(last.get().committed());
}

TEST_F(ClientTest, AWaitingCallFromACallbackThrowsInsteadOfWaitingForEver) {
  Client client(options());
  std::promise<bool> threw;
  client.run(heavy(18), [&](Result) {
    try {
      client.get(id_of(1));
      threw.set_value(false);
    } catch (const std::logic_error&) {
      threw.set_value(true);
    }
  });
  EXPECT_TRUE(threw.get_future().get());
}

TEST_F(ClientTest, ACallMadeWhileTheClientIsDestroyedIsRefused) {
  std::optional<Result> heard;
  {
    auto client = std::make_unique<Client>(options());
    Client* const raw = client.get();
    raw->run(transfer(), [&heard, raw](Result) { raw->get(id_of(1), [&heard](Result late) { heard = late; }); });
  }
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->kind, Result::kRefused);
}

TEST_F(ClientTest, NoAnswerInTimeIsUnknown) {
  auto impatient = options();
  impatient.patience = std::chrono::milliseconds(1);
  Client client(impatient);
  EXPECT_EQ(client.run(transfer()).kind, Result::kUnknown);
}

TEST_F(ClientTest, DestroyedClientAnswersWhatIsOpen) {
  std::future<Result> result;
  {
    Client client(options());
    result = client.run_async(transfer());
  }
  EXPECT_EQ(result.get().kind, Result::kUnknown);
}

TEST(Window, SendsNoMoreThanTheCoordinatorAllows) {
  Window window;
  Completions completions;
  for (int i = 0; i < 3; ++i) window.add(request::Get{id_of(1), {}}, 1'000, {});
  EXPECT_TRUE(window.next().empty());  // not connected
  window.welcomed({kLog, {3, 9}, {}, 2}, completions);
  EXPECT_EQ(window.next().size(), 2u);
  EXPECT_TRUE(window.next().empty());
  window.replied({1, committed(1)}, completions);
  ASSERT_EQ(completions.size(), 1u);
  EXPECT_EQ(window.next().size(), 1u);
}

TEST(Window, GivenUpCallsStillCountUntilTheyAreAnswered) {
  Window window;
  Completions completions;
  window.welcomed({kLog, {3, 9}, {}, 1}, completions);
  window.add(request::Get{id_of(1), {}}, 10, {});
  window.add(request::Get{id_of(2), {}}, 1'000, {});
  EXPECT_EQ(window.next().size(), 1u);
  window.give_up(10, completions);
  EXPECT_TRUE(window.next().empty());
  window.replied({1, committed(1)}, completions);
  EXPECT_EQ(window.next().size(), 1u);
}

TEST(Window, TakesNoMoreCallsThanItsBound) {
  Window window;
  const client_session::RequestBody body = request::Get{id_of(1), {}};
  for (int i = 0; i < 65'536; ++i) {
    ASSERT_FALSE(window.refusal(body));
    window.add(body, 1'000, {});
  }
  const auto refusal = window.refusal(body);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->kind, Result::kRefused);
  EXPECT_EQ(refusal->problem, "limit-reached");
}

TEST(Client, BadOptionsAreRefused) {
  Client::Options options;
  options.coordinator = "ftp://somewhere";
  EXPECT_THROW(Client{options}, std::invalid_argument);
}

}  // namespace
}  // namespace troth::sdk
