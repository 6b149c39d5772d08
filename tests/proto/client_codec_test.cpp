#include "proto/codec/client_codec.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/proto/samples.h"

namespace troth::codec {
namespace {

using client_session::FromClient;
using client_session::ToClient;

template <class T>
std::string why(const std::variant<T, FrameError>& result) {
  const auto* error = std::get_if<FrameError>(&result);
  return error == nullptr ? "accepted" : error->why;
}

bool is_refused(const std::variant<FromClient, FrameError>& result) {
  const auto* frame = std::get_if<FromClient>(&result);
  return frame == nullptr || std::any_of(frame->requests.begin(), frame->requests.end(),
                                         [](const auto& request) { return request.problem.has_value(); });
}

TEST(ClientCodec, EveryRequestRoundTrips) {
  const auto frame = samples::from_client();
  const auto bytes = encode(frame);
  const auto result = decode_from_client(bytes, Limits{});
  ASSERT_EQ(why(result), "accepted");
  const auto& back = std::get<FromClient>(result);
  ASSERT_EQ(back.requests.size(), std::variant_size_v<client_session::RequestBody>);
  for (std::size_t i = 0; i < back.requests.size(); ++i) {
    EXPECT_EQ(back.requests[i].body.index(), i);
    EXPECT_EQ(back.requests[i].first_epoch, frame.requests[i].first_epoch);
    EXPECT_EQ(back.requests[i].sequence, i + 1);
  }
  EXPECT_EQ(std::get<request::Begin>(back.requests[0].body).traceparent, "00-trace");
  EXPECT_EQ(encode(back), bytes);
}

TEST(ClientCodec, EveryReplyRoundTrips) {
  const auto frame = samples::to_client();
  const auto bytes = encode(frame);
  const auto result = decode_to_client(bytes);
  ASSERT_EQ(why(result), "accepted");
  const auto& back = std::get<ToClient>(result);
  ASSERT_EQ(back.replies.size(), frame.replies.size());
  EXPECT_EQ(std::get<answer::Transaction>(back.replies[0].answer).status, 202);
  const auto& refused = std::get<answer::Refused>(back.replies[2].answer);
  EXPECT_EQ(refused.problem.slug, Slug::kAborted);
  EXPECT_EQ(refused.problem.pointer, "/branches/0");
  ASSERT_TRUE(refused.transaction);
  EXPECT_TRUE(refused.transaction->effects_none);
  EXPECT_EQ(encode(back), bytes);
}

TEST(ClientCodec, PayloadsGetTheOneTextOfTheirContent) {
  auto frame = samples::from_client();
  auto& begin = std::get<request::Begin>(frame.requests[0].body);
  begin.branches[0].payload = " { \"b\" : 1.50, \"a\" : [ ] } ";
  const auto result = decode_from_client(encode(frame), Limits{});
  ASSERT_EQ(why(result), "accepted");
  const auto& body = std::get<request::Begin>(std::get<FromClient>(result).requests[0].body);
  EXPECT_EQ(body.branches[0].payload, R"({"a":[],"b":1.5})");
}

TEST(ClientCodec, WhatTheHttpApiRefusesIsRefusedHere) {
  Limits limits;
  limits.max_branches = 3;
  limits.max_payload_bytes = 23;
  const auto good = samples::from_client();
  ASSERT_EQ(why(decode_from_client(encode(good), limits)), "accepted");
  auto refused = [&](const char* name, auto change) {
    auto frame = samples::from_client();
    change(frame);
    EXPECT_TRUE(is_refused(decode_from_client(encode(frame), limits))) << name;
  };
  EXPECT_FALSE(is_refused(decode_from_client(encode(good), limits)));
  auto begin = [](FromClient& f) -> request::Begin& { return std::get<request::Begin>(f.requests[0].body); };
  refused("session", [](auto& f) { f.hello->session = "short"; });
  refused("sequence", [](auto& f) { f.requests[0].sequence = 0; });
  refused("watermark", [](auto& f) { f.requests[0].acked_below = 2; });
  refused("label", [&](auto& f) { begin(f).label = "a\nb"; });
  refused("timeout 0", [&](auto& f) { begin(f).timeout_ms = 0; });
  refused("timeout below 0", [&](auto& f) { begin(f).timeout_ms = -1; });
  refused("timeout", [&](auto& f) { begin(f).timeout_ms = limits.max_timeout_ms + 1; });
  refused("participant", [&](auto& f) { begin(f).branches[0].participant = "A"; });
  refused("key", [&](auto& f) { begin(f).branches[0].key = "a\nb"; });
  refused("payload", [&](auto& f) { begin(f).branches[0].payload = "{\"a\":1,}"; });
  refused("payload size", [&](auto& f) { begin(f).branches[1].payload = std::string(24, 'x'); });
  refused("branches", [&](auto& f) { begin(f).branches.resize(4, begin(f).branches[0]); });
  refused("wait", [&](auto& f) { begin(f).wait = static_cast<Wait>(9); });
  refused("enlist", [](auto& f) { std::get<request::Enlist>(f.requests[1].body).branch.participant = ""; });
  refused("reason", [](auto& f) { std::get<request::Abort>(f.requests[3].body).reason = std::string(1001, 'x'); });
}

TEST(ClientCodec, ABadRequestCostsTheOthersOfItsFrameNothing) {
  auto frame = samples::from_client();
  std::get<request::Begin>(frame.requests[0].body).label = "a\nb";
  const auto result = decode_from_client(encode(frame), Limits{});
  ASSERT_EQ(why(result), "accepted");
  const auto& requests = std::get<FromClient>(result).requests;
  ASSERT_TRUE(requests[0].problem);
  EXPECT_EQ(requests[0].problem->slug, Slug::kBadField);
  EXPECT_EQ(requests[0].problem->pointer, "/label");
  for (std::size_t i = 1; i < requests.size(); ++i) EXPECT_FALSE(requests[i].problem) << i;
}

TEST(ClientCodec, UnknownFieldsOfRequestsAreRefusedOfRepliesSkipped) {
  const std::string unknown("\xf8\x01\x01", 3);
  EXPECT_NE(why(decode_from_client(encode(samples::from_client()) + unknown, Limits{})), "accepted");
  EXPECT_EQ(why(decode_to_client(encode(samples::to_client()) + unknown)), "accepted");
}

TEST(ClientCodec, TooManyRequestsAreRefusedBeforeTheyAreRead) {
  std::string bytes;
  for (std::size_t i = 0; i <= kMaxRequestsInFrame; ++i) bytes += std::string("\x12\x00", 2);
  const auto result = decode_from_client(bytes, Limits{});
  EXPECT_NE(why(result).find("too many requests"), std::string::npos) << why(result);
}

}  // namespace
}  // namespace troth::codec
