#include "tests/deploy/manager.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace troth::deploy {
namespace {

constexpr int kWithinMs = 30'000;

}  // namespace

Manager::Manager(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (path.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
}

Manager::~Manager() {
  ::unsetenv("NOTIFY_SOCKET");
  ::close(socket_);
}

std::string Manager::hear() const {
  pollfd look{socket_, POLLIN, 0};
  if (::poll(&look, 1, kWithinMs) != 1) return {};
  std::array<char, 4'096> buffer;
  const auto size = ::recv(socket_, buffer.data(), buffer.size(), 0);
  return size < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
}

}  // namespace troth::deploy
