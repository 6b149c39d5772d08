// What hostile clients do to a WebSocket (reliability.md S11), as raw frames.
#include "tests/transport/websocket_fixture.h"

namespace troth::test {
namespace {

TEST_F(WebSockets, CloseATextMessageWith4400) {
  RawSocket raw = upgraded();
  raw.send(frame(kText, "hello"));
  EXPECT_EQ(close_code(raw), 4400);
  EXPECT_EQ((raw.half_close(), server_->closed().first), 4400);
  EXPECT_TRUE(server_->messages(0).empty());
}

TEST_F(WebSockets, CloseAFragmentedBombWith4413) {
  limits_.max_message_bytes = 10'000;
  RawSocket raw = upgraded();
  raw.send(frame(kBinary, std::string(1'000, 'x'), false));
  for (int n = 0; n < 100; ++n) raw.send(frame(kContinuation, std::string(1'000, 'x'), false));
  EXPECT_EQ(close_code(raw), 4413);
  raw.half_close();
  EXPECT_EQ(server_->closed().first, 4413);
}

TEST_F(WebSockets, DoNotBelieveAnAnnouncedLength) {
  RawSocket raw = upgraded();
  raw.send(std::string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14) + "only a little");
  raw.half_close();
  EXPECT_EQ(server_->closed().first, 0);
}

TEST_F(WebSockets, SurviveAFloodOfEmptyFragments) {
  RawSocket raw = upgraded();
  raw.send(frame(kBinary, "", false));
  std::string flood;
  for (int n = 0; n < 50'000; ++n) flood += frame(kContinuation, "", false);
  raw.send(flood);
  raw.send(frame(kContinuation, "end"));
  EXPECT_EQ(server_->messages(1), std::vector<std::string>{"end"});
}

TEST_F(WebSockets, CloseAPingFloodWith4429) {
  RawSocket raw = upgraded();
  std::string flood;
  for (int n = 0; n < 500; ++n) flood += frame(kPing, "p");
  raw.send(flood);
  EXPECT_EQ(close_code(raw), 4429);
  raw.half_close();
  EXPECT_EQ(server_->closed().first, 4429);
}

TEST_F(WebSockets, CloseAPongFloodWith4429) {
  RawSocket raw = upgraded();
  std::string flood;
  for (int n = 0; n < 500; ++n) flood += frame(kPong, "");
  raw.send(flood);
  EXPECT_EQ(close_code(raw), 4429);
}

TEST_F(WebSockets, AnswerAPing) {
  RawSocket raw = upgraded();
  raw.send(frame(kPing, "are you there"));
  EXPECT_EQ(raw.read(15), frame(kPong, "are you there", true, false));
}

TEST_F(WebSockets, CloseWith4408WhoAnswersNoPing) {
  limits_.ping_ms = 30;
  RawSocket raw = upgraded();
  EXPECT_EQ(raw.read(2), frame(kPing, "", true, false));
  EXPECT_EQ(close_code(raw), 4408);
  raw.half_close();
  EXPECT_EQ(server_->closed().first, 4408);
}

TEST_F(WebSockets, DropWhoNeverAnswersTheirClose) {
  RawSocket raw = upgraded();
  server_->socket()->close(4503, "draining");
  EXPECT_EQ(close_code(raw), 4503);
  EXPECT_EQ(server_->closed().first, 4503);  // after a second, without a word from the peer
  EXPECT_TRUE(raw.closed_by_peer());
}

TEST_F(WebSockets, TellTheCodeOfAPeerThatCloses) {
  RawSocket raw = upgraded();
  raw.send(frame(kClose, std::string("\x0f\xa1", 2) + "bye"));
  EXPECT_EQ(close_code(raw), 4001);
  raw.half_close();
  EXPECT_EQ(server_->closed(), std::make_pair(4001, std::string("bye")));
}

TEST_F(WebSockets, Tell1005ForACloseWithoutACode) {
  RawSocket raw = upgraded();
  raw.send(frame(kClose, ""));
  raw.half_close();
  EXPECT_EQ(server_->closed().first, 1005);
}

struct Violation {
  std::string name;
  std::string bytes;
};

class Violations : public WebSockets, public testing::WithParamInterface<Violation> {};

TEST_P(Violations, EndTheConnectionAndNoOther) {
  RawSocket raw = upgraded();
  raw.send(GetParam().bytes);
  EXPECT_EQ(close_code(raw), 1002);
  raw.half_close();
  EXPECT_EQ(server_->closed().first, 1002);
  EXPECT_TRUE(server_->messages(0).empty());
  RawSocket other(running_.port());
  other.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(other.read_response().status, 200);
}

INSTANTIATE_TEST_SUITE_P(
    Frames, Violations,
    testing::Values(Violation{"Unmasked", frame(kBinary, "x", true, false)},
                    Violation{"FirstReservedBit", frame(0x40 | kBinary, "x")},
                    Violation{"SecondReservedBit", frame(0x20 | kBinary, "x")},
                    Violation{"ThirdReservedBit", frame(0x10 | kBinary, "x")},
                    Violation{"ReservedDataOpcode", frame(3, "x")}, Violation{"ReservedControlOpcode", frame(11, "x")},
                    Violation{"FragmentedPing", frame(kPing, "x", false)},
                    Violation{"PingOf126Bytes", frame(kPing, std::string(126, 'x'))},
                    Violation{"ContinuationOfNothing", frame(kContinuation, "x")},
                    Violation{"MessageWithinAMessage", frame(kBinary, "x", false) + frame(kBinary, "y")},
                    Violation{"CloseOfOneByte", frame(kClose, "x")}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace troth::test
