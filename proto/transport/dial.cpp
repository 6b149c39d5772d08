#include "proto/transport/dial.h"

#include <boost/asio/connect.hpp>

namespace troth::transport {

using asio::ip::tcp;

Dial::Dial(Executor executor, const Url& url, Done done)
    : url_(url), done_(std::move(done)), resolver_(executor), socket_(executor) {}

void Dial::start() {
  error_code not_numeric;
  const auto address = asio::ip::make_address(url_.host, not_numeric);
  if (!not_numeric) return connect({tcp::endpoint(address, url_.port)});
  resolver_.async_resolve(url_.host, std::to_string(url_.port),
                          [self = shared_from_this()](error_code error, tcp::resolver::results_type found) {
                            if (error) return self->finish(error);
                            self->connect({found.begin(), found.end()});
                          });
}

void Dial::connect(std::vector<tcp::endpoint> endpoints) {
  if (!done_) return;
  endpoints_ = std::move(endpoints);
  asio::async_connect(socket_, endpoints_,
                      [self = shared_from_this()](error_code error, const tcp::endpoint&) { self->finish(error); });
}

void Dial::cancel() {
  done_ = nullptr;
  resolver_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

void Dial::finish(const error_code& error) {
  if (!done_) return;
  const Done done = std::move(done_);
  done_ = nullptr;
  if (error) return done("cannot connect to " + url_.authority + ": " + error.message(), AnyStream(), "");
  std::string remote = remote_of(socket_);
  done("", tcp_stream(std::move(socket_)), std::move(remote));
}

}  // namespace troth::transport
