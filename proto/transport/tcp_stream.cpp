#include "proto/transport/tcp_stream.h"

#include <sys/socket.h>

#include <cerrno>
#include <sstream>

namespace troth::transport {
namespace {

class TcpStream : public Stream {
 public:
  explicit TcpStream(TcpSocket socket) : socket_(std::move(socket)) {}

  Executor executor() override { return socket_.get_executor(); }
  void read(asio::mutable_buffer into, TransferHandler done) override {
    socket_.async_read_some(into, std::move(done));
  }
  void write(const ConstBuffers& from, TransferHandler done) override {
    socket_.async_write_some(from, std::move(done));
  }
  void cancel() override {
    error_code ignored;
    socket_.cancel(ignored);
  }
  void end_send() override {
    error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  }
  void close() override {
    error_code ignored;
    socket_.close(ignored);
  }
  bool quiet() override {
    char byte = 0;
    if (!socket_.is_open()) return false;
    return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
  }

 private:
  TcpSocket socket_;
};

}  // namespace

AnyStream tcp_stream(TcpSocket socket) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  return AnyStream(std::make_shared<TcpStream>(std::move(socket)));
}

std::string remote_of(const TcpSocket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "";
  std::ostringstream text;
  text << endpoint;
  return text.str();
}

}  // namespace troth::transport
