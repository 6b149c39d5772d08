// proto/transport/tcp_stream.h: the plain TCP kind of Stream.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "proto/transport/any_stream.h"

namespace troth::transport {

using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

/// A connected socket as a stream, without Nagle's delay: we write whole messages.
AnyStream tcp_stream(TcpSocket socket);

/// "127.0.0.1:7400", "[::1]:7400"; empty when the peer is already gone.
std::string remote_of(const TcpSocket& socket);

}  // namespace troth::transport
