#include "proto/transport/any_stream.h"

#include <algorithm>

namespace troth::transport {
namespace {

constexpr auto kLinger = std::chrono::seconds(1);
constexpr std::size_t kLingerBytesMax = 1 << 20;

// Owns the stream while it drains: the object that began it may be gone before the peer closed.
class Drain : public std::enable_shared_from_this<Drain> {
 public:
  Drain(std::shared_ptr<Stream> stream, DoneHandler done)
      : stream_(std::move(stream)), done_(std::move(done)), timer_(stream_->executor(), kLinger) {}

  void start() {
    stream_->end_send();
    timer_.async_wait([weak = weak_from_this()](error_code error) {
      if (auto self = weak.lock(); self && !error) self->stream_->close();
    });
    read();
  }

 private:
  void read() {
    stream_->read(asio::buffer(discarded_), [self = shared_from_this()](error_code error, std::size_t count) {
      self->total_ += count;
      if (!error && self->total_ < kLingerBytesMax) return self->read();
      self->timer_.cancel();
      self->stream_->close();
      std::move(self->done_)(error_code());
    });
  }

  std::shared_ptr<Stream> stream_;
  DoneHandler done_;
  Timer timer_;
  std::size_t total_ = 0;
  std::array<char, 4096> discarded_;
};

}  // namespace

void AnyStream::read(asio::mutable_buffer into, TransferHandler done) {
  if (pending_.empty() || into.size() == 0) return stream_->read(into, std::move(done));
  const std::size_t count = asio::buffer_copy(into, asio::buffer(pending_));
  pending_.erase(0, count);
  asio::post(stream_->executor(), [done = std::move(done), count]() mutable { std::move(done)(error_code(), count); });
}

void AnyStream::linger(DoneHandler done) {
  std::make_shared<Drain>(stream_, std::move(done))->start();
}

void beast_close_socket(AnyStream& stream) {
  stream.close();
}

void teardown(boost::beast::role_type, AnyStream& stream, error_code& error) {
  stream.close();
  error = {};
}

}  // namespace troth::transport
