// coordinator/server/http_counters.h: what the routes answered, for /metrics. Io thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "coordinator/engine/stats.h"

namespace troth::server {

struct RouteCounters {
  std::array<std::uint64_t, 6> by_status_class{};  // index: status / 100
  engine::DurationHistogram duration;
};

struct HttpCounters {
  explicit HttpCounters(std::size_t rows) : routes(rows) {}
  void count(std::size_t route, int status, double ms) {
    ++routes[route].by_status_class[static_cast<std::size_t>(status / 100)];
    routes[route].duration.observe(ms);
  }
  std::vector<RouteCounters> routes;  // by index in the route table; the last row is "no route"
};

}  // namespace troth::server
