#include "proto/transport/http_exchange.h"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

namespace troth::transport {
namespace {

namespace http = boost::beast::http;
using Parser = http::response_parser<http::string_body>;

constexpr std::uint32_t kHeaderBytesMax = 65'536;
constexpr std::uint64_t kBodyBytesMax = 64ULL << 20;
constexpr std::size_t kReadBytes = 16'384;

class Exchange : public HttpExchange, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(Executor executor, const Url& url) : executor_(executor), url_(url) {}

  void run(std::string request, bool is_head, Done done) override {
    request_ = std::move(request);
    is_head_ = is_head;
    done_ = std::move(done);
    sent_ = false;
    if (stream_) return write();
    dial_ = std::make_shared<Dial>(executor_, url_,
                                   [self = shared_from_this()](std::string error, AnyStream stream, std::string) {
                                     self->dial_.reset();
                                     if (!error.empty()) return self->fail(error);
                                     self->stream_ = std::move(stream);
                                     self->write();
                                   });
    dial_->start();
  }

  bool sent() const override { return sent_; }
  bool idle_and_good() override { return stream_ && !done_ && buffer_.size() == 0 && stream_.stream().quiet(); }
  void close() override {
    done_ = nullptr;
    if (dial_) dial_->cancel();
    dial_.reset();
    stream_.close();
  }

 private:
  void write() {
    sent_ = true;  // from here on nobody can say that nothing left
    asio::async_write(stream_, asio::buffer(request_),
                      [self = shared_from_this()](error_code error, std::size_t count) {
                        if (!self->done_) return;
                        if (error && count == 0) self->sent_ = false;
                        // A server may answer and close before it read all: look for its answer first.
                        if (error && count == 0) return self->fail("cannot send: " + error.message());
                        self->begin_answer();
                      });
  }

  void begin_answer() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(kBodyBytesMax);
    parser_->eager(true);
    parser_->skip(is_head_);
    parse();
  }

  void read() {
    stream_.async_read_some(buffer_.prepare(kReadBytes),
                            [self = shared_from_this()](error_code error, std::size_t count) {
                              if (!self->done_) return;
                              self->buffer_.commit(count);
                              if (error) return self->ended(error);
                              self->parse();
                            });
  }

  // Beast's own read would let what the parser throws (a huge chunk trailer does) out of the io thread.
  void parse() {
    error_code error;
    try {
      while (!parser_->is_done() && buffer_.size() > 0 && !error) {
        buffer_.consume(parser_->put(buffer_.data(), error));
      }
    } catch (const std::exception& thrown) {
      return fail(std::string("the answer is malformed: ") + thrown.what());
    }
    if (error && error != http::error::need_more) return fail("the answer is malformed: " + error.message());
    if (!parser_->is_done()) return read();
    if (parser_->get().result_int() / 100 == 1) return begin_answer();  // an interim answer, the real one follows
    answered();
  }

  void ended(error_code why) {
    error_code error;
    if (why == asio::error::eof && parser_->got_some()) parser_->put_eof(error);
    if (why == asio::error::eof && !error && parser_->is_done()) return answered();
    fail("the connection ended before the answer: " + why.message());
  }

  void answered() {
    auto message = parser_->release();
    HttpResult result;
    result.status = static_cast<int>(message.result_int());
    result.sent = true;
    for (const auto& field : message.base()) {
      std::string name(field.name_string());
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      result.headers.emplace_back(std::move(name), std::string(field.value()));
    }
    const bool reusable = message.keep_alive() && buffer_.size() == 0;
    result.body = std::move(message.body());
    finish(std::move(result), reusable);
  }

  void fail(const std::string& why) {
    HttpResult result;
    result.error = why;
    result.sent = sent_;
    finish(std::move(result), false);
  }

  void finish(HttpResult result, bool reusable) {
    if (!done_) return;
    const auto self = shared_from_this();
    const Done done = std::move(done_);
    done_ = nullptr;
    if (!reusable) stream_.close();
    done(std::move(result), reusable);
  }

  Executor executor_;
  Url url_;
  std::shared_ptr<Dial> dial_;
  AnyStream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::string request_;
  bool is_head_ = false;
  bool sent_ = false;
  Done done_;
};

}  // namespace

std::shared_ptr<HttpExchange> new_exchange(Executor executor, const Url& url) {
  return std::make_shared<Exchange>(executor, url);
}

}  // namespace troth::transport
