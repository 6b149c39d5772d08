#include "proto/codec/session_codec.h"

#include <gtest/gtest.h>

#include "tests/proto/samples.h"

namespace troth::codec {
namespace {

using session::Frame;

std::variant<Frame, FrameError> decode(const std::string& bytes) {
  return decode_frame(bytes, 100, 65536);
}
std::string why(const std::variant<Frame, FrameError>& result) {
  const auto* error = std::get_if<FrameError>(&result);
  return error == nullptr ? "accepted" : error->why;
}
template <class M>
M one_way(const M& message) {
  const auto result = decode(encode(Frame{{1}, 2, {message}}));
  EXPECT_EQ(why(result), "accepted");
  return std::get<M>(std::get<Frame>(result).messages.at(0));
}

TEST(SessionCodec, EveryMessageRoundTrips) {
  const auto frame = samples::frame();
  ASSERT_EQ(frame.messages.size(), std::variant_size_v<session::Message>);
  const auto bytes = encode(frame);
  const auto result = decode(bytes);
  ASSERT_EQ(why(result), "accepted");
  const auto& back = std::get<Frame>(result);
  EXPECT_EQ(back.log, frame.log);
  EXPECT_EQ(back.epoch, frame.epoch);
  ASSERT_EQ(back.messages.size(), frame.messages.size());
  for (std::size_t i = 0; i < back.messages.size(); ++i) EXPECT_EQ(back.messages[i].index(), i);
  EXPECT_EQ(encode(back), bytes);
}

TEST(SessionCodec, APrepareArrivesWithEveryField) {
  const auto sent = std::get<session::Prepare>(samples::messages()[3]);
  const auto came = one_way(sent);
  EXPECT_EQ(came.branch, sent.branch);
  EXPECT_EQ(came.payload, sent.payload);
  EXPECT_EQ(came.payload_type, sent.payload_type);
  EXPECT_EQ(came.joined, sent.joined);
  EXPECT_EQ(came.deadline_in_ms, sent.deadline_in_ms);
  EXPECT_EQ(came.attempt, sent.attempt);
  EXPECT_EQ(came.traceparent, sent.traceparent);
}

TEST(SessionCodec, FalseAndZeroArriveAsSuch) {
  EXPECT_FALSE(one_way(session::Recover{{}, false}).last);
  EXPECT_TRUE(one_way(session::Recover{{}, true}).last);
  EXPECT_EQ(one_way(session::Credit{0}).messages, 0u);
}

TEST(SessionCodec, ReasonsAreCutAndCleanedNotRefused) {
  const auto vote = one_way(session::Vote{samples::branch(), VoteKind::kAbort, std::string(5000, 'x') + "\xff"});
  EXPECT_EQ(vote.reason, std::string(1024, 'x'));
  EXPECT_EQ(one_way(session::Goodbye{"a\xff"}).reason, "a?");
}

TEST(SessionCodec, ARefusedEnlistHasNoBranch) {
  const auto came = one_way(session::Enlisted{samples::id(), "k", {samples::id(), 0}, 0, "limit-reached"});
  EXPECT_EQ(came.branch.n, 0u);
  EXPECT_EQ(came.problem, "limit-reached");
}

TEST(SessionCodec, LimitsHoldExactly) {
  const auto frame = samples::frame();
  const auto count = static_cast<std::uint32_t>(frame.messages.size());
  EXPECT_EQ(why(decode_frame(encode(frame), count, 65536)), "accepted");
  EXPECT_NE(why(decode_frame(encode(frame), count - 1, 65536)), "accepted");
  const Frame payload{
      {1}, 2, {session::Prepare{samples::branch(), std::string(10, 'x'), PayloadType::kBytes, false, 0, 1, ""}}};
  EXPECT_EQ(why(decode_frame(encode(payload), 1, 10)), "accepted");
  EXPECT_NE(why(decode_frame(encode(payload), 1, 9)), "accepted");
}

TEST(SessionCodec, UnknownFieldsAreSkippedUnknownKindsAreNot) {
  EXPECT_EQ(why(decode(encode(samples::frame()) + std::string("\xf8\x01\x01", 3))), "accepted");
  EXPECT_NE(why(decode(std::string("\x1a\x03\xf8\x01\x01", 5))), "accepted");      // a message of kind 31
  EXPECT_NE(why(decode(std::string("\x1a\x00", 2))), "accepted");                  // of no kind
  EXPECT_NE(why(decode(std::string("\x1a\x04\x7a\x00\x7a\x00", 6))), "accepted");  // of two
}

struct Refusal {
  const char* name;
  session::Message message;
};
TEST(SessionCodec, ValuesThatCannotBeAreRefused) {
  const auto hello = std::get<session::Hello>(samples::messages()[0]);
  std::vector<Refusal> cases;
  auto add_hello = [&](const char* name, auto change) {
    auto bad = hello;
    change(bad);
    cases.push_back({name, bad});
  };
  add_hello("participant", [](auto& h) { h.participant = "Bank A"; });
  add_hello("no participant", [](auto& h) { h.participant = ""; });
  add_hello("instance", [](auto& h) { h.instance = "a\nb"; });
  add_hello("no instance", [](auto& h) { h.instance = ""; });
  add_hello("incarnation", [](auto& h) { h.incarnation = std::string(65, 'i'); });
  add_hello("no incarnation", [](auto& h) { h.incarnation = ""; });
  add_hello("versions", [](auto& h) { h.protocol_min = 3; });
  add_hello("capability", [](auto& h) { h.capabilities = {""}; });
  add_hello("capabilities", [](auto& h) { h.capabilities.assign(65, "x"); });
  add_hello("credentials", [](auto& h) { h.credentials = std::string(4097, 'x'); });
  add_hello("seen", [](auto& h) { h.seen.resize(257); });
  cases.push_back({"branch 0", session::Inquire{{samples::id(), 0}}});
  cases.push_back({"attempt 0", session::Prepare{samples::branch(), "", PayloadType::kNone, false, 0, 0, ""}});
  cases.push_back({"commit attempt 0", session::Commit{samples::branch(), 1, 0}});
  cases.push_back({"abort attempt 0", session::Abort{samples::branch(), 0}});
  cases.push_back({"one-phase attempt 0", session::CommitOnePhase{samples::branch(), "", {}, false, 0, 0, ""}});
  cases.push_back({"vote", session::Vote{samples::branch(), static_cast<VoteKind>(3), ""}});
  cases.push_back({"ack", session::Ack{samples::branch(), static_cast<AckResult>(200)}});
  cases.push_back({"decision", session::Decision{samples::branch(), static_cast<DecisionKind>(5)}});
  cases.push_back({"key", session::Enlist{samples::id(), std::string(257, 'k')}});
  cases.push_back({"neither", session::Enlisted{samples::id(), "", {samples::id(), 0}, 0, ""}});
  cases.push_back({"both", session::Enlisted{samples::id(), "", {samples::id(), 1}, 0, "x"}});
  for (const auto& [name, message] : cases) {
    EXPECT_NE(why(decode(encode(Frame{{1}, 2, {message}}))), "accepted") << name;
  }
}

}  // namespace
}  // namespace troth::codec
