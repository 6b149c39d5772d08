// proto/values/limits.h: every bound of the coordinator in one place (design.md §10; names and defaults: api.md
// "trothd").
#pragma once

#include <cstdint>

#include "proto/values/ids.h"

namespace troth {

struct Limits {
  Millis default_timeout_ms = 30'000;
  Millis max_timeout_ms = 3'600'000;
  Millis max_wait_ms = 30'000;
  Millis prepare_retry_ms_min = 50;
  Millis prepare_retry_ms_max = 2'000;
  Millis deliver_retry_ms_min = 100;
  Millis deliver_retry_ms_max = 30'000;
  Millis retain_ms = 7LL * 24 * 3'600'000;
  std::uint64_t retain_count = 1'000'000'000;
  Millis detail_ms = 24LL * 3'600'000;
  std::uint64_t detail_count = 1'000'000;
  Millis key_retain_ms = 24LL * 3'600'000;
  Millis drain_ms = 25'000;
  Millis header_timeout_ms = 5'000;
  Millis body_timeout_ms = 30'000;
  Millis idle_timeout_ms = 60'000;
  std::uint64_t max_live = 2'000'000;
  std::uint64_t max_unsettled = 1'000'000;
  std::uint32_t max_branches = 64;
  std::uint32_t max_payload_bytes = 65'536;
  std::uint32_t max_body_bytes = 262'144;
  std::uint32_t max_frame_bytes = 1'048'576;
  std::uint32_t max_header_bytes = 8'192;
  std::uint32_t max_connections = 10'000;
  std::uint32_t max_participants = 1'000;
  std::uint32_t max_queue = 100'000;
  std::uint32_t max_callbacks = 64;
  std::uint64_t ballast_bytes = 16'777'216;
  std::uint64_t compact_records = 250'000;  // after the cut of the last compaction, for the next to begin
};

}  // namespace troth
