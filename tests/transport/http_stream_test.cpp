// A body that is larger than anybody holds in memory: written as its client takes it, and let go of with its client.
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "proto/transport/http_download.h"
#include "tests/transport/raw_socket.h"
#include "tests/transport/test_service.h"

namespace troth::test {
namespace {

constexpr std::uint64_t kLarge = std::uint64_t{64} << 20;

char byte_at(std::uint64_t at) {
  return static_cast<char>('a' + at * 7 % 26);
}

/// `size` bytes that nobody holds at once, of which `fails_at` cannot be read.
class Pattern : public BodySource {
 public:
  Pattern(std::uint64_t size, std::uint64_t fails_at, std::promise<void>& let_go)
      : size_(size), fails_at_(fails_at), let_go_(let_go) {}
  ~Pattern() override { let_go_.set_value(); }
  std::uint64_t size() const override { return size_; }
  bool read(std::string& bytes, std::size_t most) override {
    largest_ = std::max(largest_, most);
    if (at_ >= fails_at_) return false;
    for (std::size_t i = 0; i < most; ++i) bytes.push_back(byte_at(at_++));
    return true;
  }
  std::size_t largest_ = 0;

 private:
  std::uint64_t size_;
  std::uint64_t fails_at_;
  std::uint64_t at_ = 0;
  std::promise<void>& let_go_;
};

class StreamService : public TestService {
 public:
  std::function<void()> serve(HttpRequest request, Respond respond) override {
    if (request.head.path != "/large") return TestService::serve(std::move(request), std::move(respond));
    HttpResponse response;
    response.source = std::make_shared<Pattern>(size, fails_at, let_go);
    respond(std::move(response));
    return {};
  }
  std::uint64_t size = kLarge;
  std::uint64_t fails_at = kLarge;
  std::promise<void> let_go;
};

class HttpStream : public ::testing::Test {
 protected:
  void start(HttpLimits limits = {}) {
    auto bound = HttpServer::bind(io_, "127.0.0.1", 0, limits, service_);
    server_ = std::move(std::get<std::unique_ptr<HttpServer>>(bound));
    server_->start();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  bool is_let_go() {
    return service_.let_go.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready;
  }

  StreamService service_;
  Io io_;
  Io client_io_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpStream, ALargeBodyArrivesWholeInPieces) {
  start();
  std::uint64_t at = 0;
  bool same = true;
  std::size_t largest = 0;
  const HttpResult result = download(client_io_, url(), "POST", "/large", 5'000, [&](std::string_view piece) {
    largest = std::max(largest, piece.size());
    for (const char c : piece) same = same && c == byte_at(at++);
    return true;
  });
  EXPECT_EQ(result.status, 200) << result.error;
  EXPECT_EQ(at, kLarge);
  EXPECT_TRUE(same);
  EXPECT_LE(largest, std::size_t{65'536});
  EXPECT_TRUE(is_let_go());
}

TEST_F(HttpStream, ItIsLetGoWhenItsClientGoesAway) {
  start();
  const HttpResult result =
      download(client_io_, url(), "POST", "/large", 5'000, [](std::string_view) { return false; });
  EXPECT_EQ(result.status, 0);
  EXPECT_TRUE(is_let_go());
}

TEST_F(HttpStream, ItIsLetGoWhenItsClientReadsNothingForTooLong) {
  HttpLimits limits;
  limits.body_timeout_ms = 200;
  start(limits);
  RawSocket client(server_->port());
  client.send("POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(is_let_go());
}

TEST_F(HttpStream, ASourceThatFailsCutsTheBodyAndTheClientNotices) {
  service_.fails_at = kLarge / 2;
  start();
  const HttpResult result = download(client_io_, url(), "POST", "/large", 5'000, [](std::string_view) { return true; });
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.error.find("before the answer was whole"), std::string::npos) << result.error;
  EXPECT_TRUE(is_let_go());
}

TEST_F(HttpStream, AnAnswerThatIsNoSuccessIsGivenWithItsBody) {
  start();
  const HttpResult result =
      download(client_io_, url(), "GET", "/nowhere", 5'000, [](std::string_view) { return true; });
  EXPECT_EQ(result.status, 404);
  EXPECT_EQ(result.body, "no-such-route");
}

TEST_F(HttpStream, NobodyThereIsAnError) {
  const HttpResult result =
      download(client_io_, "http://127.0.0.1:1", "GET", "/x", 5'000, [](std::string_view) { return true; });
  EXPECT_EQ(result.status, 0);
  EXPECT_FALSE(result.error.empty());
}

}  // namespace
}  // namespace troth::test
