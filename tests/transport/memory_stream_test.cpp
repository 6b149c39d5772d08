// The seam of the type-erased stream: the same HTTP and WebSocket code over two ends in memory, without a socket.
#include <gtest/gtest.h>

#include <future>

#include "proto/transport/http_connection.h"
#include "proto/transport/websocket_session.h"
#include "tests/transport/recording_peer.h"
#include "tests/transport/test_service.h"

namespace troth::test {
namespace {

/// One direction: bytes on the way and whoever waits for them. It hands over one byte at a time when told to, so that
/// every boundary between two reads is met.
struct Pipe {
  std::string bytes;
  bool ended = false;
  asio::mutable_buffer into;
  std::optional<TransferHandler> reader;  // never assigned to: see any_stream.h
};

class MemoryStream : public Stream {
 public:
  MemoryStream(Executor executor, std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out, std::size_t step)
      : executor_(executor), in_(std::move(in)), out_(std::move(out)), step_(step) {}

  Executor executor() override { return executor_; }
  void read(asio::mutable_buffer into, TransferHandler done) override {
    in_->into = into;
    in_->reader.emplace(std::move(done));
    serve(*in_);
  }
  void write(const ConstBuffers& from, TransferHandler done) override {
    std::size_t count = 0;
    for (const asio::const_buffer& buffer : from) {
      out_->bytes.append(static_cast<const char*>(buffer.data()), buffer.size());
      count += buffer.size();
    }
    serve(*out_);
    complete(std::move(done), error_code(), count);
  }
  void cancel() override {
    if (in_->reader) complete(take_reader(*in_), asio::error::operation_aborted, 0);
  }
  void end_send() override {
    out_->ended = true;
    serve(*out_);
  }
  void close() override {
    cancel();
    end_send();
  }
  bool quiet() override { return in_->bytes.empty() && !in_->ended; }

 private:
  static TransferHandler take_reader(Pipe& pipe) {
    TransferHandler reader(std::move(*pipe.reader));
    pipe.reader.reset();
    return reader;
  }
  void complete(TransferHandler done, error_code error, std::size_t count) {
    asio::post(executor_, [done = std::move(done), error, count]() mutable { std::move(done)(error, count); });
  }
  void serve(Pipe& pipe) {
    if (!pipe.reader || (pipe.bytes.empty() && !pipe.ended)) return;
    if (pipe.bytes.empty()) return complete(take_reader(pipe), asio::error::eof, 0);
    const std::size_t count = asio::buffer_copy(pipe.into, asio::buffer(pipe.bytes), step_);
    pipe.bytes.erase(0, count);
    complete(take_reader(pipe), error_code(), count);
  }

  Executor executor_;
  std::shared_ptr<Pipe> in_;
  std::shared_ptr<Pipe> out_;
  std::size_t step_;
};

class Memory : public testing::TestWithParam<std::size_t> {
 protected:
  Memory() {
    state_->core = core_of(io_);
    state_->service = &service_;
    service_.on_upgrade = [this](const HttpHead&) -> std::variant<HttpService::Upgrade, HttpResponse> {
      return HttpService::Upgrade{server_, "troth.test", {}};
    };
  }
  ~Memory() override { io_.stop(); }

  /// Runs on the io thread: a served connection, and the other end of it.
  AnyStream serve() {
    auto up = std::make_shared<Pipe>();
    auto down = std::make_shared<Pipe>();
    const Executor executor = state_->core->executor();
    AnyStream server(std::make_shared<MemoryStream>(executor, up, down, GetParam()));
    std::make_shared<HttpConnection>(state_, std::move(server), "memory", nullptr)->start();
    return AnyStream(std::make_shared<MemoryStream>(executor, down, up, GetParam()));
  }

  TestService service_;
  std::shared_ptr<RecordingPeer> server_ = std::make_shared<RecordingPeer>();
  std::shared_ptr<RecordingPeer> client_ = std::make_shared<RecordingPeer>();
  Io io_;
  std::shared_ptr<ServerState> state_ = std::make_shared<ServerState>();
};

TEST_P(Memory, CarriesAWebSocketFromHandshakeToClose) {
  io_.post([this] {
    Url url;
    url.authority = "memory";
    url.target = "/s";
    begin_websocket({state_->core, nullptr, nullptr}, serve(), "memory", url, "troth.test", {}, client_);
  });
  client_->send("ping");
  EXPECT_EQ(server_->messages(1), std::vector<std::string>{"ping"});
  server_->send(std::string(5'000, 'x'));
  EXPECT_EQ(client_->messages(1), std::vector<std::string>{std::string(5'000, 'x')});
  EXPECT_EQ(server_->socket()->remote(), "memory");
  client_->socket()->close(4000, "done");
  EXPECT_EQ(server_->closed(), std::make_pair(4000, std::string("done")));
  EXPECT_EQ(client_->closed(), std::make_pair(4000, std::string("done")));
}

TEST_P(Memory, CarriesHttpWhateverTheBoundariesOfItsReads) {
  std::promise<std::string> answer;
  struct Reading {
    AnyStream stream;
    std::array<char, 512> chunk;
    std::string text;
  };
  auto reading = std::make_shared<Reading>();
  std::function<void()> read = [&, reading] {
    reading->stream.async_read_some(asio::buffer(reading->chunk), [&, reading](error_code error, std::size_t count) {
      reading->text.append(reading->chunk.data(), count);
      if (error) return answer.set_value(reading->text);
      read();
    });
  };
  io_.post([&, reading] {
    reading->stream = serve();
    const std::string request =
        "POST /a HTTP/1.1\r\nHost: m\r\nContent-Length: 4\r\n\r\nbodyGET /b HTTP/1.1\r\nHost: m\r\nConnection: "
        "close\r\n\r\n";
    reading->stream.async_write_some(asio::buffer(request), [](error_code, std::size_t) {});
    read();
  });
  const std::string text = answer.get_future().get();
  EXPECT_NE(text.find("POST /a? body"), std::string::npos) << text;
  EXPECT_NE(text.find("GET /b? "), std::string::npos) << text;
}

INSTANTIATE_TEST_SUITE_P(Steps, Memory, testing::Values(1, 7, 100'000));

}  // namespace
}  // namespace troth::test
