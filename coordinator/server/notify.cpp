#include "coordinator/server/notify.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace troth::server {
namespace {

/// "/run/systemd/notify", or "@name" for a name without a file.
bool to_address(std::string_view name, sockaddr_un& address, socklen_t& size) {
  address = {};
  address.sun_family = AF_UNIX;
  if (name.size() < 2 || name.size() >= sizeof address.sun_path) return false;
  if (name.front() != '/' && name.front() != '@') return false;
  name.copy(address.sun_path, name.size());
  if (name.front() == '@') address.sun_path[0] = '\0';
  size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  return true;
}

void send_state(const std::string& state) {
  const char* name = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  socklen_t size = 0;
  if (name == nullptr || !to_address(name, address, size)) return;
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  // A manager that is busy may have its socket full for a moment; it must not lose READY=1, nor hold us up for long.
  const timeval patience{5, 0};
  (void)::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  (void)::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
  ::close(socket);
}

std::string extend(Millis ms) {
  return "EXTEND_TIMEOUT_USEC=" + std::to_string(ms * 1'000) + "\n";
}

}  // namespace

void notify_ready(const std::string& status) {
  send_state("READY=1\nSTATUS=" + status + "\n");
}

void notify_stopping(Millis drain_ms) {
  send_state("STOPPING=1\n" + extend(drain_ms + kNotifyPatienceMs) + "STATUS=draining\n");
}

void notify_starting(const std::string& status) {
  send_state(extend(kNotifyPatienceMs) + "STATUS=" + status + "\n");
}

}  // namespace troth::server
