// Participant sessions at the edge: who is welcome, and with which code the others are closed.
#include <gtest/gtest.h>

#include <filesystem>

#include "proto/codec/session_codec.h"
#include "tests/server/live_server.h"
#include "tests/server/scripted_participant.h"

namespace troth::test {
namespace {

class Sessions : public testing::Test {
 protected:
  std::shared_ptr<ScriptedParticipant> connect(std::optional<session::Hello> first,
                                               ScriptedParticipant::Script script = ScriptedParticipant::silent()) {
    return ScriptedParticipant::connect(server_.io(), server_.port(), std::move(first), std::move(script));
  }
  std::shared_ptr<ScriptedParticipant> welcomed(const std::string& name) {
    auto participant = connect(hello(name), ScriptedParticipant::votes(VoteKind::kCommit));
    EXPECT_TRUE(participant->wait_for<session::Welcome>());
    return participant;
  }
  session::Frame frame(session::Message message) const {
    const auto& identity = server_.started().identity;
    return {identity.log, identity.epoch.epoch, {std::move(message)}};
  }
  LiveServer server_;
};

TEST_F(Sessions, WelcomeSaysWhoWeAreAndWhatWeTake) {
  const auto participant = connect(hello("bank-a"));
  const auto welcome = participant->wait_for<session::Welcome>();
  ASSERT_TRUE(welcome);
  EXPECT_EQ(welcome->log, server_.started().identity.log);
  EXPECT_EQ(welcome->epoch, server_.started().identity.epoch);
  EXPECT_EQ(welcome->max_frame_bytes, server_.config().limits.max_frame_bytes);
  EXPECT_GT(welcome->window, 0U);
}

TEST_F(Sessions, SilenceInsteadOfHelloIs4408) {
  EXPECT_EQ(connect(std::nullopt)->close_code(), session::kCloseSilent);
}

TEST_F(Sessions, OtherProtocolIs4406) {
  auto newer = hello("bank-a");
  newer.protocol_min = 2;
  newer.protocol_max = 3;
  EXPECT_EQ(connect(newer)->close_code(), session::kCloseVersion);
}

TEST_F(Sessions, GarbageIs4400) {
  const auto participant = connect(std::nullopt);
  participant->send_bytes("\xff\xff\xff\xff");
  EXPECT_EQ(participant->close_code(), session::kCloseBadFrame);
}

TEST_F(Sessions, FirstFrameWithoutHelloIs4400) {
  const auto participant = connect(std::nullopt);
  participant->send_frame(frame(session::Credit{1}));
  EXPECT_EQ(participant->close_code(), session::kCloseBadFrame);
}

TEST_F(Sessions, SecondHelloIs4400) {
  const auto participant = welcomed("bank-a");
  participant->send(hello("bank-a"));
  EXPECT_EQ(participant->close_code(), session::kCloseBadFrame);
}

TEST_F(Sessions, MessageOfTheCoordinatorIs4400) {
  const auto participant = welcomed("bank-a");
  participant->send(session::Commit{{{server_.started().identity.log, 0, {1, 1}, 1}, 1}, 1, 1});
  EXPECT_EQ(participant->close_code(), session::kCloseBadFrame);
}

TEST_F(Sessions, SecondConnectionOfAnInstanceReplacesTheFirst) {
  const auto first = welcomed("bank-a");
  const auto second = welcomed("bank-a");
  EXPECT_EQ(first->close_code(), session::kCloseReplaced);
}

TEST_F(Sessions, FrameAboveTheLimitIs4413) {
  const auto participant = welcomed("bank-a");
  participant->send_bytes(std::string(server_.config().limits.max_frame_bytes + 1, 'x'));
  EXPECT_EQ(participant->close_code(), session::kCloseTooLarge);
}

TEST_F(Sessions, MoreEnlistsThanTheWindowIs4429) {
  const auto participant = welcomed("bank-a");
  session::Frame flood = frame(session::Enlist{});
  flood.messages.clear();
  const TransactionId nobody{server_.started().identity.log, 0, server_.started().identity.epoch, 99};
  for (int i = 0; i < 4'097; ++i) flood.messages.push_back(session::Enlist{nobody, "k"});
  participant->send_frame(flood);
  EXPECT_EQ(participant->close_code(), session::kCloseLimit);
}

TEST_F(Sessions, CreditForEnlistsComesBack) {
  const auto participant = welcomed("bank-a");
  const TransactionId nobody{server_.started().identity.log, 0, server_.started().identity.epoch, 99};
  for (int round = 0; round < 2; ++round) {
    session::Frame many = frame(session::Enlist{});
    many.messages.clear();
    for (int i = 0; i < 1'024; ++i) many.messages.push_back(session::Enlist{nobody, "k"});
    participant->send_frame(many);
  }
  const auto credit = participant->wait_for<session::Credit>();
  ASSERT_TRUE(credit);
  EXPECT_EQ(credit->messages, 1'024U);
  const auto refused = participant->wait_for<session::Enlisted>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->problem, "unknown-transaction");
}

TEST_F(Sessions, FrameOfAnotherEpochIsDropped) {
  const auto participant = welcomed("bank-a");
  session::Frame stale = frame(session::Inquire{{{server_.started().identity.log, 0, {9, 9}, 1}, 1}});
  stale.epoch += 1;
  participant->send_frame(stale);
  session::Frame foreign = frame(session::Inquire{{{server_.started().identity.log, 0, {9, 9}, 1}, 1}});
  foreign.log.value += 1;
  participant->send_frame(foreign);
  EXPECT_TRUE(server_.eventually([&] { return server_.metric("troth_socket_dropped_frames_total") == 2; }));
  participant->send(session::Inquire{{{server_.started().identity.log, 0, {9, 9}, 1}, 1}});
  const auto decision = participant->wait_for<session::Decision>();
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->decision, DecisionKind::kUnknown);
}

TEST_F(Sessions, PreparesBeyondTheWindowWaitForCredit) {
  auto narrow = hello("bank-a");
  narrow.window = 1;
  const auto participant = connect(narrow);
  ASSERT_TRUE(participant->wait_for<session::Welcome>());
  const std::string id = server_.begin(R"({"branches":[{"participant":"bank-a"},{"participant":"bank-a","key":"2"}]})");
  server_.post("/v1/transactions/" + id + "/commit");  // 202: both prepares are asked for, one has left
  EXPECT_EQ(participant->heard(), 2U) << "Welcome and one Prepare";
  participant->send(session::Credit{1});
  EXPECT_TRUE(server_.eventually([&] { return participant->heard() == 3; }));
}

TEST_F(Sessions, ParticipantThatSawMoreOfTheLogMakesItUnready) {
  auto ahead = hello("bank-a");
  auto epoch = server_.started().identity.epoch;
  epoch.epoch += 5;
  ahead.seen = {{server_.started().identity.log, epoch, 999}};
  EXPECT_EQ(connect(ahead)->close_code(), session::kCloseOldCopy);
  EXPECT_TRUE(server_.eventually([&] { return server_.get("/readyz").status == 503; }));
  EXPECT_EQ(member(server_.get("/readyz").body, "type"), "urn:troth:problem:starting");
  EXPECT_TRUE(std::filesystem::exists(server_.config().data_dir + "/OLD-COPY"));
  const auto refused = server_.post("/v1/transactions");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(header(refused, "retry-after"), "5");
  server_.stop();
  auto again = server::Server::start(server_.config());
  ASSERT_TRUE(std::holds_alternative<server::StartError>(again));
  EXPECT_EQ(std::get<server::StartError>(again).exit_code, 73);
}

}  // namespace
}  // namespace troth::test
