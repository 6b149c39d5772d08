// coordinator/server/metrics.h: the text of /metrics. Names and labels are an interface; labels come from closed sets.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "coordinator/engine/stats.h"
#include "coordinator/server/compactor.h"
#include "coordinator/server/connections.h"
#include "coordinator/server/http_counters.h"
#include "coordinator/server/readiness.h"
#include "wal/sqlite_log.h"

namespace troth::server {

/// Everything a scrape shows, taken at one moment.
struct Scrape {
  engine::Stats engine;
  wal::LogStats log;
  std::uint64_t log_records_after_set = 0;
  CompactorStats compactor;
  Readiness readiness;
  Millis now_at = 0;  // UTC
  Lsn durable_lsn = 0;
  Millis recovery_ms = 0;
  std::uint64_t recovered = 0;                  // transactions
  std::map<std::string, std::uint64_t> queued;  // messages for sessions, by participant
  std::uint32_t epoch = 0;
  std::uint64_t http_connections = 0;
  std::uint64_t inbox = 0;
};

/// Content type of the text.
inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

std::string metrics_text(const Scrape& scrape, const HttpCounters& http, const SocketCounters& sockets);

}  // namespace troth::server
