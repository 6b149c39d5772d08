// participant-sdk/runtime/url.h: where the coordinator is, as a user writes it.
#pragma once

#include <stdexcept>
#include <string>

namespace troth::sdk {

/// `ws://host:port` or `http://host:port` with `path` behind it. Throws std::invalid_argument on anything else.
inline std::string websocket_url(std::string coordinator, const std::string& path) {
  while (coordinator.ends_with('/')) coordinator.pop_back();
  if (coordinator.starts_with("http://")) coordinator = "ws" + coordinator.substr(4);
  const bool good = coordinator.starts_with("ws://") && coordinator.size() > 5 &&
                    coordinator.find_first_of("/?#@ ", 5) == std::string::npos;
  if (!good) throw std::invalid_argument("coordinator must be ws://host:port, not \"" + coordinator + "\"");
  return coordinator + path;
}

}  // namespace troth::sdk
