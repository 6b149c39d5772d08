// proto/transport/any_stream.h: a byte stream whose kind (TCP, TLS, in memory) the code above does not know. Beast is
// instantiated once, for this type; a new kind costs one small class and no compile time elsewhere (ecosystem.md §0b).
#pragma once

#include <array>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/role.hpp>
#include <memory>
#include <string>

#include "proto/transport/io_core.h"

namespace troth::transport {

using error_code = boost::system::error_code;
// Never std::function: it would lose the associated executor and allocator of the operation. Never assigned to, only
// constructed: the move assignment of Boost 1.81 copies, and the copy calls itself until the stack ends.
using TransferHandler = asio::any_completion_handler<void(error_code, std::size_t)>;
using DoneHandler = asio::any_completion_handler<void(error_code)>;

/// At most eight buffers of a sequence: one gathered write carries the head and body of a message.
class ConstBuffers {
 public:
  template <typename Sequence>
  explicit ConstBuffers(const Sequence& sequence) {
    for (auto at = asio::buffer_sequence_begin(sequence); at != asio::buffer_sequence_end(sequence); ++at) {
      if (count_ == buffers_.size()) break;
      const asio::const_buffer next = *at;
      if (next.size() != 0) buffers_[count_++] = next;
    }
  }
  const asio::const_buffer* begin() const { return buffers_.data(); }
  const asio::const_buffer* end() const { return buffers_.data() + count_; }

 private:
  std::array<asio::const_buffer, 8> buffers_;
  std::size_t count_ = 0;
};

/// One kind of stream. Io thread only; handlers are never called from within the call that took them.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual Executor executor() = 0;
  virtual void read(asio::mutable_buffer into, TransferHandler done) = 0;
  virtual void write(const ConstBuffers& from, TransferHandler done) = 0;
  /// Ends a read or write under way with operation_aborted; the stream stays usable.
  virtual void cancel() = 0;
  /// The peer reads the end of the stream after what was written.
  virtual void end_send() = 0;
  virtual void close() = 0;
  /// Open, with nothing to read: an idle connection that is still good.
  virtual bool quiet() = 0;
};

/// Models Asio's AsyncStream over a Stream.
class AnyStream {
 public:
  using executor_type = Executor;

  AnyStream() = default;
  explicit AnyStream(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}

  explicit operator bool() const { return stream_ != nullptr; }
  Executor get_executor() { return stream_->executor(); }
  Stream& stream() { return *stream_; }
  /// Bytes that were read too early; the next reads return them first.
  void unread(std::string bytes) { pending_ = std::move(bytes); }
  void close() {
    if (stream_) stream_->close();
  }
  /// Ends sending, then discards what still comes until the peer closes, for at most a second, then closes. Closing
  /// with unread bytes would reset the connection and could destroy what was just written.
  void linger(DoneHandler done);

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this, into = first_of(buffers)](auto handler) { read(into, TransferHandler(std::move(handler))); }, token);
  }
  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this, from = ConstBuffers(buffers)](auto handler) {
          stream_->write(from, TransferHandler(std::move(handler)));
        },
        token);
  }

 private:
  template <typename Buffers>
  static asio::mutable_buffer first_of(const Buffers& buffers) {
    for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers); ++at) {
      const asio::mutable_buffer next = *at;
      if (next.size() != 0) return next;
    }
    return {};
  }
  void read(asio::mutable_buffer into, TransferHandler done);

  std::shared_ptr<Stream> stream_;
  std::string pending_;
};

// Found by Beast through the namespace of AnyStream.
void beast_close_socket(AnyStream& stream);
void teardown(boost::beast::role_type role, AnyStream& stream, error_code& error);
template <typename Handler>
void async_teardown(boost::beast::role_type, AnyStream& stream, Handler&& handler) {
  stream.linger(DoneHandler(std::forward<Handler>(handler)));
}

}  // namespace troth::transport
