// Every row of the table in reliability.md §7, and its kin, as bytes on a real socket: refused, closed, never served.
#include <gtest/gtest.h>

#include "tests/transport/raw_socket.h"
#include "tests/transport/test_service.h"

namespace troth::test {
namespace {

struct Row {
  std::string name;
  std::string bytes;
  int status = 400;
};

std::string post(const std::string& headers, const std::string& body = "hello") {
  return "POST /a HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body;
}

std::string line(const std::string& request_line) {
  return request_line + "\r\nHost: a\r\n\r\n";
}

std::string trailers(int count) {
  std::string text = "0\r\n";
  for (int n = 0; n < count; ++n) text += "T" + std::to_string(n) + ": x\r\n";
  return text + "\r\n";
}

const std::string kChunked = "Transfer-Encoding: chunked\r\n";
const std::string kChunks = "5\r\nhello\r\n0\r\n\r\n";

std::vector<Row> encoding_rows() {
  return {
      {"ChunkedTrailerOf100Kilobytes", post(kChunked, "0\r\nA: " + std::string(100'000, 'x') + "\r\n\r\n")},
      {"ChunkExtensionOf100Kilobytes", post(kChunked, "5;" + std::string(100'000, 'x') + "\r\nhello\r\n0\r\n\r\n")},
      {"TenThousandTrailerFields", post(kChunked, trailers(10'000))},
      {"PlainChunked", post(kChunked, kChunks)},
      {"ChunkedThenGzip", post("Transfer-Encoding: chunked, gzip\r\n", kChunks)},
      {"GzipThenChunked", post("Transfer-Encoding: gzip, chunked\r\n", kChunks)},
      {"UnknownEncoding", post("Transfer-Encoding: xchunked\r\n", kChunks)},
      {"IdentityEncoding", post("Transfer-Encoding: identity\r\n")},
      {"EmptyEncoding", post("Transfer-Encoding:\r\n")},
      {"ChunkedInHttp10", "POST /a HTTP/1.0\r\nHost: a\r\n" + kChunked + "\r\n" + kChunks},
      {"LengthThenEncoding", post("Content-Length: 5\r\n" + kChunked, kChunks)},
      {"EncodingThenLength", post(kChunked + "Content-Length: 5\r\n", kChunks)},
      {"LengthsInOneField", post("Content-Length: 5, 5\r\n")},
      {"TwoEqualLengths", post("Content-Length: 5\r\nContent-Length: 5\r\n")},
      {"TwoDifferentLengths", post("Content-Length: 5\r\nContent-Length: 6\r\n")},
      {"LengthWithPlus", post("Content-Length: +5\r\n")},
      {"LengthWithMinus", post("Content-Length: -5\r\n")},
      {"LengthInHex", post("Content-Length: 0x5\r\n")},
      {"LengthOfTwoToThe64", post("Content-Length: 18446744073709551616\r\n")},
      {"EmptyLength", post("Content-Length:\r\n")},
      {"LengthWithSpaceInside", post("Content-Length: 1 2\r\n")},
  };
}

std::vector<Row> head_rows() {
  return {
      {"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {"NoHost", "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n"},
      {"EmptyHost", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
      {"HostWithPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"FoldedHeader", "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n"},
      {"FoldedFirstHeader", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
      {"AbsoluteForm", line("GET http://a/ HTTP/1.1")},
      {"AuthorityForm", line("CONNECT a:80 HTTP/1.1")},
      {"AsteriskForm", line("OPTIONS * HTTP/1.1")},
      {"SpaceInTarget", line("GET /a b HTTP/1.1")},
      {"FragmentInTarget", line("GET /a#b HTTP/1.1")},
      {"HighByteInTarget", line("GET /\xc3\xa4 HTTP/1.1")},
      {"TwoSpacesInRequestLine", line("GET  / HTTP/1.1")},
      {"TabInRequestLine", line("GET\t/\tHTTP/1.1")},
      {"Http10", line("GET / HTTP/1.0")},
      {"Http12", line("GET / HTTP/1.2")},
      {"Http09", "GET /\r\n\r\n"},
      {"VersionInLowerCase", line("GET / http/1.1")},
      {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"MethodWithBrace", line("GE{T / HTTP/1.1")},
      {"NulInHeader", std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 29)},
      {"BareLineFeeds", "GET / HTTP/1.1\nHost: a\n\n"},
      {"BareLineFeedAfterHeader", "GET / HTTP/1.1\r\nHost: a\n\r\n\r\n"},
      {"BareCarriageReturn", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n"},
      {"LeadingEmptyLine", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"},
      {"HeaderWithoutColon", "GET / HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n"},
      {"HeaderWithoutName", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"},
      {"OtherExpectation", post("Content-Length: 5\r\nExpect: 200-ok\r\n")},
      {"TlsHello", std::string("\x16\x03\x01\x02\x00\x01\x00", 7)},
      {"HeadOfNineKilobytes", "GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(9'000, 'x') + "\r\n\r\n", 431},
      {"RequestLineOfNineKilobytes", line("GET /" + std::string(9'000, 'x') + " HTTP/1.1"), 431},
      {"HeadThatNeverEnds", "GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(20'000, 'x'), 431},
      {"BodyOverTheLimit", post("Content-Length: 1001\r\n", std::string(1'001, 'x')), 413},
      {"HugeBodyAnnounced", post("Content-Length: 9000000000000000000\r\n"), 413},
  };
}

class Gate : public testing::TestWithParam<Row> {};

TEST_P(Gate, RefusesAndCloses) {
  RunningServer running;
  RawSocket client(running.port());
  client.send(GetParam().bytes);
  // What a smuggler would want to be read as a request of its own.
  client.send("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, GetParam().status);
  EXPECT_TRUE(response.close);
  EXPECT_EQ(response.headers.at("content-type"), "application/problem+json");
  client.half_close();
  EXPECT_EQ(client.read_all(), "");
  EXPECT_EQ(running.service.served(), 0u);

  RawSocket other(running.port());  // the process goes on
  other.send("GET /after HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(other.read_response().status, 200);
}

std::string name_of(const testing::TestParamInfo<Row>& row) {
  return row.param.name;
}
INSTANTIATE_TEST_SUITE_P(Encoding, Gate, testing::ValuesIn(encoding_rows()), name_of);
INSTANTIATE_TEST_SUITE_P(Head, Gate, testing::ValuesIn(head_rows()), name_of);

}  // namespace
}  // namespace troth::test
