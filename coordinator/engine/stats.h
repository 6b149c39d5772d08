// coordinator/engine/stats.h: what the engine counts, for /metrics. Plain values, copied once a turn.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "proto/values/ids.h"

namespace troth::engine {

/// Upper bounds in milliseconds; the last bucket is +Inf.
inline constexpr std::array<double, 14> kDurationBoundsMs = {1,   2.5, 5,    10,   25,   50,    100,
                                                             250, 500, 1000, 2500, 5000, 10000, 30000};

struct DurationHistogram {
  std::array<std::uint64_t, kDurationBoundsMs.size() + 1> buckets{};
  double sum_ms = 0;
  std::uint64_t count = 0;
  void observe(double ms) {
    std::size_t i = 0;
    while (i < kDurationBoundsMs.size() && ms > kDurationBoundsMs[i]) ++i;
    ++buckets[i];
    sum_ms += ms;
    ++count;
  }
};

struct Stats {
  std::uint64_t begun = 0;
  std::uint64_t committed = 0;
  std::array<std::uint64_t, 8> aborted_by_reason{};   // index: AbortReason
  std::array<std::uint64_t, 4> heuristics_by_kind{};  // index: HeuristicKind
  std::array<std::uint64_t, 5> live_by_phase{};       // gauge; index: Phase
  std::uint64_t in_doubt_branches = 0;                // gauge
  Millis oldest_undecided_ms = 0;                     // gauge, 0 = none
  Millis oldest_undelivered_ms = 0;                   // gauge, 0 = none
  std::uint64_t read_only_votes = 0;
  std::uint64_t one_phase = 0;
  std::uint64_t carried_prepares = 0;    // work and prepare in one message
  std::uint64_t unknown_answers = 0;     // `unknown` told to a participant: each is an alert
  std::uint64_t held_back = 0;           // gauge: messages waiting for a sync
  std::uint64_t remembered_commits = 0;  // gauge
  std::uint64_t sessions = 0;            // gauge
  DurationHistogram prepare_ms;          // first prepare sent to last vote
  DurationHistogram decide_ms;           // commit asked to decision written (its sync: the log's own histogram)
  DurationHistogram complete_ms;         // decision to last acknowledgement
  std::map<std::string, std::uint64_t> in_doubt_by_participant;  // gauge
};

}  // namespace troth::engine
