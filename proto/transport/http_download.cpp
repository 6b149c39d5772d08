#include "proto/transport/http_download.h"

#include <algorithm>
#include <array>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <future>
#include <limits>
#include <optional>

#include "proto/transport/dial.h"

namespace troth::transport {
namespace {

namespace http = boost::beast::http;

constexpr std::uint32_t kHeaderBytesMax = 65'536;
constexpr std::size_t kRefusalBytesMax = 65'536;
constexpr std::size_t kReadBytes = 65'536;

class Download : public Closable, public std::enable_shared_from_this<Download> {
 public:
  Download(std::shared_ptr<IoCore> core, const Url& url, std::string request, Millis idle_ms, TakePiece take,
           std::function<void(HttpResult)> done)
      : core_(std::move(core)),
        url_(url),
        request_(std::move(request)),
        idle_ms_(idle_ms),
        take_(std::move(take)),
        done_(std::move(done)),
        timer_(core_->executor()) {
    parser_.header_limit(kHeaderBytesMax);
    parser_.body_limit(std::numeric_limits<std::uint64_t>::max());
    parser_.eager(true);
  }

  void start() {
    core_->registry.add(this);
    watch();
    dial_ = std::make_shared<Dial>(core_->executor(), url_,
                                   [self = shared_from_this()](std::string error, AnyStream stream, std::string) {
                                     self->dial_.reset();
                                     if (!error.empty()) return self->fail(error);
                                     self->stream_ = std::move(stream);
                                     self->write();
                                   });
    dial_->start();
  }

  void shut() override { fail("stopped"); }

 private:
  /// Nothing may be silent for longer.
  void watch() {
    timer_.expires_after(std::chrono::milliseconds(idle_ms_));
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->fail("nothing came for " + std::to_string(self->idle_ms_) + " ms");
    });
  }

  void write() {
    result_.sent = true;
    asio::async_write(stream_, asio::buffer(request_), [self = shared_from_this()](error_code error, std::size_t) {
      if (!self->done_) return;
      if (error) return self->fail("cannot send: " + error.message());
      self->read();
    });
  }

  void read() {
    stream_.async_read_some(buffer_.prepare(kReadBytes),
                            [self = shared_from_this()](error_code error, std::size_t count) {
                              if (!self->done_) return;
                              self->buffer_.commit(count);
                              if (error) return self->ended(error);
                              self->watch();
                              self->parse();
                            });
  }

  void parse() {
    error_code error;
    try {
      while (!parser_.is_done() && buffer_.size() > 0 && !error) {
        parser_.get().body().data = piece_.data();
        parser_.get().body().size = piece_.size();
        buffer_.consume(parser_.put(buffer_.data(), error));
        if (error == http::error::need_buffer) error = {};
        const std::size_t filled = piece_.size() - parser_.get().body().size;
        if (filled > 0 && !hand_over({piece_.data(), filled})) return fail("it was not wanted any more");
      }
    } catch (const std::exception& thrown) {
      return fail(std::string("the answer is malformed: ") + thrown.what());
    }
    if (error && error != http::error::need_more) return fail("the answer is malformed: " + error.message());
    if (!parser_.is_done()) return read();
    answered();
  }

  bool hand_over(std::string_view piece) {
    if (parser_.get().result_int() == 200) return take_(piece);
    result_.body.append(piece.substr(0, kRefusalBytesMax - std::min(kRefusalBytesMax, result_.body.size())));
    return true;
  }

  void ended(error_code why) {
    error_code error;
    if (why == asio::error::eof && parser_.got_some()) parser_.put_eof(error);
    if (why == asio::error::eof && !error && parser_.is_done()) return answered();
    fail("the connection ended before the answer was whole: " + why.message());
  }

  void answered() {
    result_.status = static_cast<int>(parser_.get().result_int());
    finish();
  }

  void fail(const std::string& why) {
    result_.status = 0;
    result_.error = why;
    finish();
  }

  void finish() {
    if (!done_) return;
    const auto self = shared_from_this();
    const auto done = std::move(done_);
    done_ = nullptr;
    core_->registry.remove(this);
    timer_.cancel();
    if (dial_) dial_->cancel();
    dial_.reset();
    stream_.close();
    done(std::move(result_));
  }

  std::shared_ptr<IoCore> core_;
  Url url_;
  std::string request_;
  Millis idle_ms_;
  TakePiece take_;
  std::function<void(HttpResult)> done_;
  Timer timer_;
  std::shared_ptr<Dial> dial_;
  AnyStream stream_;
  boost::beast::flat_buffer buffer_;
  http::response_parser<http::buffer_body> parser_;
  std::array<char, kReadBytes> piece_;
  HttpResult result_;
};

}  // namespace

HttpResult download(Io& io, const std::string& base_url, const std::string& method, const std::string& target,
                    Millis idle_ms, TakePiece take) {
  const auto url = parse_url(base_url, "http");
  if (!url) return {0, {}, {}, "not an http:// address: " + base_url, false};
  std::string request = method + " " + target + " HTTP/1.1\r\nHost: " + url->authority + "\r\nConnection: close\r\n";
  if (method == "POST") request += "Content-Length: 0\r\n";
  request += "\r\n";
  const auto core = core_of(io);
  auto promise = std::make_shared<std::promise<HttpResult>>();
  auto result = promise->get_future();
  const bool posted = core->post([core, url, request, idle_ms, take = std::move(take), promise] {
    std::make_shared<Download>(core, *url, request, idle_ms, take, [promise](HttpResult answer) {
      promise->set_value(std::move(answer));
    })->start();
  });
  return posted ? result.get() : HttpResult{0, {}, {}, "stopped", false};
}

}  // namespace troth::transport
