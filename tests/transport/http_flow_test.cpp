// Answers that are pushed while they come: chunks, who stops reading, who goes away.
#include <gtest/gtest.h>

#include <deque>
#include <future>

#include "tests/transport/raw_socket.h"
#include "tests/transport/test_service.h"

namespace troth::test {
namespace {

constexpr const char* kAsk = "GET /flow HTTP/1.1\r\nHost: a\r\n\r\n";

/// Filled by the test, read by the connection.
class Tap : public BodyFlow {
 public:
  void begin(std::function<void()> wake) override { wake_ = std::move(wake); }
  State read(std::string& bytes, std::size_t most) override {
    if (broken_) throw std::runtime_error("thrown by a flow");
    while (!pieces_.empty() && bytes.size() < most) {
      bytes += pieces_.front();
      pieces_.pop_front();
    }
    return ended_ && pieces_.empty() ? State::kEnded : State::kOpen;
  }
  // On the io thread.
  void pour(std::string piece) {
    pieces_.push_back(std::move(piece));
    wake_();
  }
  void end() {
    ended_ = true;
    wake_();
  }
  void break_off() {
    broken_ = true;
    wake_();
  }
  std::size_t left() const { return pieces_.size(); }

 private:
  std::function<void()> wake_;
  std::deque<std::string> pieces_;
  bool ended_ = false;
  bool broken_ = false;
};

class FlowService : public TestService {
 public:
  std::function<void()> serve(HttpRequest request, Respond respond) override {
    if (request.head.path != "/flow") return TestService::serve(std::move(request), std::move(respond));
    auto tap = std::make_shared<Tap>();
    last = tap;
    HttpResponse response;
    response.content_type = "text/plain";
    response.flow = std::move(tap);
    respond(std::move(response));
    return {};
  }
  std::weak_ptr<Tap> last;  // io thread
};

class Flow : public testing::Test {
 protected:
  void start(HttpLimits limits = {}) {
    auto bound = HttpServer::bind(io_, "127.0.0.1", 0, limits, service_);
    server_ = std::move(std::get<std::unique_ptr<HttpServer>>(bound));
    server_->start();
  }
  /// Runs `act` with the tap on the io thread; false: its client has gone.
  bool with_tap(const std::function<void(Tap&)>& act) {
    std::promise<bool> done;
    io_.post([&] {
      const auto tap = service_.last.lock();
      if (tap) act(*tap);
      done.set_value(tap != nullptr);
    });
    return done.get_future().get();
  }
  bool pour(const std::string& piece) {
    return with_tap([&](Tap& tap) { tap.pour(piece); });
  }

  FlowService service_;
  Io io_;
  std::unique_ptr<HttpServer> server_;
};

std::string head_of(RawSocket& client) {
  std::string head;
  while (head.size() < 4 || head.substr(head.size() - 4) != "\r\n\r\n") {
    const std::string next = client.read(1);
    if (next.empty()) break;
    head += next;
  }
  return head;
}

TEST_F(Flow, IsSentInChunksAsItComesAndTheConnectionGoesOn) {
  start();
  RawSocket client(server_->port());
  client.send(kAsk);
  const std::string head = head_of(client);
  EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), head.npos) << head;
  EXPECT_EQ(head.find("Content-Length"), head.npos);
  ASSERT_TRUE(pour("hello"));
  EXPECT_EQ(client.read(10), "5\r\nhello\r\n");
  ASSERT_TRUE(pour(std::string(17, 'x')));
  EXPECT_EQ(client.read(23), "11\r\n" + std::string(17, 'x') + "\r\n");
  ASSERT_TRUE(with_tap([](Tap& tap) { tap.end(); }));
  EXPECT_EQ(client.read(5), "0\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return !pour("late"); })) << "what ended is let go of";
  client.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 200);
}

TEST_F(Flow, WithNothingToSayHasNoDeadlineAndBlocksNobody) {
  HttpLimits limits;
  limits.body_timeout_ms = limits.idle_timeout_ms = limits.header_timeout_ms = 40;
  start(limits);
  RawSocket client(server_->port());
  client.send(kAsk);
  head_of(client);
  EXPECT_FALSE(client.readable_within(300));
  RawSocket other(server_->port());
  other.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(other.read_response().status, 200);
  ASSERT_TRUE(pour("still"));
  EXPECT_EQ(client.read(10), "5\r\nstill\r\n");
}

TEST_F(Flow, OfAClientThatWentAwayIsLetGoOf) {
  start();
  {
    RawSocket client(server_->port());
    client.send(kAsk);
    head_of(client);
  }
  EXPECT_TRUE(eventually([&] { return !with_tap([](Tap&) {}); }));
  RawSocket half(server_->port());
  half.send(kAsk);
  head_of(half);
  half.half_close();
  EXPECT_TRUE(half.closed_by_peer());
  EXPECT_TRUE(eventually([&] { return server_->connections() == 0; }));
}

TEST_F(Flow, OfAClientThatStopsReadingIsReadNoFurtherAndThenCut) {
  HttpLimits limits;
  limits.body_timeout_ms = 200;
  start(limits);
  RawSocket client(server_->port());
  client.send(kAsk);
  head_of(client);
  // More than all buffers of the kernel hold: what is left was not taken from the flow.
  const std::string piece(65'536, 'y');
  std::shared_ptr<Tap> kept;  // beyond its connection, to be looked at then
  with_tap([&](Tap& tap) {
    kept = service_.last.lock();
    for (int i = 0; i < 1'000; ++i) tap.pour(piece);
  });
  EXPECT_TRUE(eventually([&] { return server_->connections() == 0; })) << "nobody waits for a reader for ever";
  std::size_t left = 0;
  with_tap([&](Tap& tap) { left = tap.left(); });
  EXPECT_GT(left, 100U);
}

TEST_F(Flow, ThatThrowsCutsTheBody) {
  start();
  RawSocket client(server_->port());
  client.send(kAsk);
  head_of(client);
  with_tap([](Tap& tap) { tap.break_off(); });
  EXPECT_EQ(client.read_all(), "") << "no last chunk: its client sees that it is not whole";
}

TEST_F(Flow, OutlivesNothing) {
  start();
  RawSocket client(server_->port());
  client.send(kAsk);
  head_of(client);
  std::shared_ptr<Tap> kept;
  with_tap([&](Tap&) { kept = service_.last.lock(); });
  server_.reset();
  EXPECT_TRUE(client.closed_by_peer());
  kept->pour("to nobody");  // the io thread has let go of it: harmless
}

}  // namespace
}  // namespace troth::test
