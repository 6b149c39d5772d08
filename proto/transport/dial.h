// proto/transport/dial.h: a name and a port become a connected stream.
#pragma once

#include <boost/asio/ip/basic_resolver.hpp>
#include <functional>
#include <string>
#include <vector>

#include "proto/transport/tcp_stream.h"
#include "proto/transport/url.h"

namespace troth::transport {

/// One attempt. Io thread only. Who made it keeps it until it is done or cancelled.
class Dial : public std::enable_shared_from_this<Dial> {
 public:
  /// `error` is empty on success, else it names the address and the reason.
  using Done = std::function<void(std::string error, AnyStream stream, std::string remote)>;

  Dial(Executor executor, const Url& url, Done done);
  void start();
  /// `done` will not be called any more.
  void cancel();

 private:
  void connect(std::vector<asio::ip::tcp::endpoint> endpoints);
  void finish(const error_code& error);

  Url url_;
  Done done_;
  asio::ip::basic_resolver<asio::ip::tcp, Executor> resolver_;
  TcpSocket socket_;
  std::vector<asio::ip::tcp::endpoint> endpoints_;
};

}  // namespace troth::transport
