#include "tests/transport/raw_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace troth::test {
namespace {

constexpr int kDeadlineMs = 30'000;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

bool ready(int fd, short events, int timeout_ms = kDeadlineMs) {
  pollfd watched{fd, events, 0};
  return ::poll(&watched, 1, timeout_ms) == 1;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

RawSocket::RawSocket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_in address = loopback(port);
  require(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connect");
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

RawSocket::~RawSocket() {
  if (fd_ >= 0) ::close(fd_);
}

RawSocket::RawSocket(RawSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), in_(std::move(other.in_)) {}

void RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if ((errno != EAGAIN && errno != EWOULDBLOCK) || !ready(fd_, POLLOUT)) {
      return;
    }
  }
}

void RawSocket::half_close() {
  ::shutdown(fd_, SHUT_WR);
}

void RawSocket::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(std::exchange(fd_, -1));
}

bool RawSocket::fill() {
  if (!ready(fd_, POLLIN)) return false;
  std::array<char, 65'536> chunk;
  const ssize_t count = ::recv(fd_, chunk.data(), chunk.size(), 0);
  if (count <= 0) return false;
  in_.append(chunk.data(), static_cast<std::size_t>(count));
  return true;
}

std::string RawSocket::read(std::size_t count) {
  while (in_.size() < count && fill()) {
  }
  std::string result = in_.substr(0, count);
  in_.erase(0, result.size());
  return result;
}

RawResponse RawSocket::read_response(bool is_head) {
  RawResponse response;
  while (in_.find("\r\n\r\n") == std::string::npos) {
    if (!fill()) return response;
  }
  std::string head = read(in_.find("\r\n\r\n") + 2);
  read(2);
  response.status = std::stoi(head.substr(9, 3));
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::size_t colon = head.find(": ", at);
    response.headers[lower(head.substr(at, colon - at))] = head.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  response.close = response.headers["connection"] == "close";
  const std::string length = response.headers["content-length"];
  if (!length.empty() && !is_head) response.body = read(std::stoul(length));
  return response;
}

bool RawSocket::readable_within(int timeout_ms) {
  return ready(fd_, POLLIN, timeout_ms);
}

bool RawSocket::closed_by_peer() {
  while (fill()) {
  }
  char byte = 0;
  return ::recv(fd_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

std::string RawSocket::read_all() {
  while (fill()) {
  }
  return std::exchange(in_, {});
}

RawListener::RawListener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  require(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0, "bind");
  require(::listen(fd_, 16) == 0, "listen");
  require(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
}

RawListener::~RawListener() {
  ::close(fd_);
}

RawSocket RawListener::accept() {
  require(ready(fd_, POLLIN), "nobody connected");
  return RawSocket(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC), true);
}

}  // namespace troth::test
