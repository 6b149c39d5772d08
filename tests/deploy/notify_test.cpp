// Type=notify: what a service manager hears from a real trothd, over a real socket.
#include "coordinator/server/notify.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <regex>

#include "tests/e2e/world.h"

namespace troth::deploy {
namespace {

constexpr int kWithinMs = 30'000;

/// The manager's end of NOTIFY_SOCKET, for everything that is started while it lives.
class Manager {
 public:
  explicit Manager(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (path.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~Manager() {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(socket_);
  }

  /// The next datagram; empty when none comes.
  std::string hear() const {
    pollfd look{socket_, POLLIN, 0};
    if (::poll(&look, 1, kWithinMs) != 1) return {};
    char buffer[4'096];
    const auto size = ::recv(socket_, buffer, sizeof buffer, 0);
    return size < 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(size));
  }

 private:
  int socket_;
};

std::string ready_line_of(const e2e::World& world) {
  std::smatch found;
  const std::string said = e2e::read_file(world.log());
  return std::regex_search(said, found, std::regex("trothd \\S+ ready on [^\n]*")) ? found.str() : "no ready line";
}

TEST(Notify, TellsAManagerThatItServesAndThatItStops) {
  e2e::World world;
  const Manager manager(world.file("notify"));
  world.start({"--drain-ms", "7000"});
  const std::string ready = manager.hear();
  EXPECT_EQ(ready, "READY=1\nSTATUS=" + ready_line_of(world) + "\n");
  EXPECT_EQ(world.stop().code, 0);
  EXPECT_EQ(manager.hear(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=127000000\nSTATUS=draining\n");
}

TEST(Notify, TakesASocketWithoutAFile) {
  e2e::World world;
  const Manager manager("@troth-notify-" + std::to_string(::getpid()));
  world.start();
  EXPECT_EQ(manager.hear().rfind("READY=1\n", 0), 0u);
}

TEST(Notify, AStartThatMakesProgressIsGivenMoreTime) {
  const e2e::TempDir dir;
  const Manager manager(dir.file("notify"));
  server::notify_starting("recovering: read 16384 of 40000 records");
  EXPECT_EQ(manager.hear(), "EXTEND_TIMEOUT_USEC=120000000\nSTATUS=recovering: read 16384 of 40000 records\n");
}

TEST(Notify, AManagerThatIsNotThereChangesNothing) {
  e2e::World world;
  for (const char* socket : {"/nowhere/notify", "not a socket", "", "@"}) {
    ::setenv("NOTIFY_SOCKET", socket, 1);
    world.start();
    EXPECT_EQ(world.stop().code, 0) << socket;
  }
  ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace troth::deploy
