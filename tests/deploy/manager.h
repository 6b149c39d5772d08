// tests/deploy/manager.h: the service manager's end of NOTIFY_SOCKET.
#pragma once

#include <string>

namespace troth::deploy {

/// Everything that is started while it lives, and this process itself, talks to it. One at a time.
class Manager {
 public:
  /// "/run/notify", or "@name" for a socket without a file.
  explicit Manager(const std::string& path);
  ~Manager();
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// The next datagram; empty when none comes within half a minute.
  std::string hear() const;

 private:
  int socket_;
};

}  // namespace troth::deploy
