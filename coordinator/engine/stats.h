// coordinator/engine/stats.h: what the engine counts, for /metrics. Plain values, copied once a turn.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proto/values/ids.h"
#include "proto/values/words.h"

namespace troth::engine {

/// Upper bounds in milliseconds; the last bucket is +Inf.
inline constexpr std::array<double, 14> kDurationBoundsMs = {1,   2.5, 5,    10,   25,   50,    100,
                                                             250, 500, 1000, 2500, 5000, 10000, 30000};

struct DurationHistogram {
  std::array<std::uint64_t, kDurationBoundsMs.size() + 1> buckets{};
  double sum_ms = 0;
  std::uint64_t count = 0;
  /// `times` of them took this long.
  void observe(double ms, std::uint64_t times = 1) {
    std::size_t i = 0;
    while (i < kDurationBoundsMs.size() && ms > kDurationBoundsMs[i]) ++i;
    buckets[i] += times;
    sum_ms += ms * static_cast<double>(times);
    count += times;
  }
};

/// Why the engine turned new work away.
enum class Refusal : std::uint8_t {
  kMaxLive,
  kMaxUnsettled,
  kMaxParticipants,
  kMaxBranches,
  kMaxWaiters,
  kDiskFull,
  kDraining,
  kOldCopy
};
inline constexpr std::size_t kRefusals = 8;

/// What is handed to a participant, and may have to be handed again.
enum class Delivery : std::uint8_t { kPrepare, kOnePhase, kCommit, kAbort };
struct Attempts {
  std::uint64_t first = 0;
  std::uint64_t repeat = 0;
};

/// Gauges of one registered participant, but for `refused`.
struct ParticipantStats {
  std::string name;
  ParticipantKind kind = ParticipantKind::kSession;
  bool retired = false;
  std::uint64_t instances = 0;    // connected; always 0 for callbacks
  std::uint64_t unsettled = 0;    // branches, what max-unsettled bounds
  std::uint64_t in_doubt = 0;     // branches
  std::uint64_t undelivered = 0;  // branches: decided, not acknowledged
  Millis in_doubt_since = 0;      // UTC, of the oldest; 0 = none
  std::uint64_t refused = 0;      // enlists, by max-unsettled
};

/// Ages are told as the time since when (UTC; 0 = none), so that they are right whenever somebody looks.
struct Stats {
  std::uint64_t begun = 0;
  std::uint64_t committed = 0;
  std::array<std::uint64_t, 8> aborted_by_reason{};   // index: AbortReason
  std::array<std::uint64_t, 4> heuristics_by_kind{};  // index: HeuristicKind
  std::array<std::uint64_t, 5> live_by_phase{};       // gauge; index: Phase
  std::uint64_t in_doubt_branches = 0;                // gauge
  std::uint64_t in_doubt_transactions = 0;            // gauge
  std::uint64_t undelivered_branches = 0;             // gauge
  std::uint64_t heuristics_unresolved = 0;            // gauge: branches
  std::uint64_t waiting_to_retry = 0;                 // gauge: branches whose next attempt waits for its time
  Millis undecided_since = 0;                         // since when the oldest undecided one is in phase one
  Millis undelivered_since = 0;                       // when the oldest that is not acknowledged was decided
  Millis in_doubt_since = 0;                          // when the oldest that is in doubt became it
  std::array<std::uint64_t, 3> votes{};               // index: VoteKind; all that were heard
  std::array<std::uint64_t, 6> acks{};                // index: AckResult; all that were heard
  std::array<Attempts, 4> deliveries{};               // index: Delivery
  std::uint64_t failed_attempts = 0;                  // callbacks that gave no usable answer
  std::array<std::uint64_t, kRefusals> refused{};     // index: Refusal
  std::uint64_t one_phase = 0;
  std::uint64_t carried_prepares = 0;               // work and prepare in one message
  std::uint64_t unknown_answers = 0;                // `unknown` told to a participant: each is an alert
  std::uint64_t held_back = 0;                      // gauge: messages waiting for a sync
  std::uint64_t remembered_commits = 0;             // gauge
  std::uint64_t sessions = 0;                       // gauge
  Lsn appended_lsn = 0;                             // gauge
  Millis remembered_since = 0;                      // gauge: when what the horizon names was begun; 0 = not known
  std::array<DurationHistogram, 2> transaction_ms;  // begin to outcome; index: Outcome
  DurationHistogram prepare_ms;                     // first prepare sent to last vote
  DurationHistogram decide_ms;                      // commit asked to decision written
  DurationHistogram log_ms;                         // decision written to durable
  DurationHistogram complete_ms;                    // decision to last acknowledgement
  /// By name. Made anew each second, never changed: a copy of Stats is a copy of numbers.
  std::shared_ptr<const std::vector<ParticipantStats>> participants = std::make_shared<std::vector<ParticipantStats>>();

  void deliver(Delivery what, std::uint32_t attempt) {
    Attempts& attempts = deliveries[static_cast<std::size_t>(what)];
    ++(attempt <= 1 ? attempts.first : attempts.repeat);
  }
  void refuse(Refusal why) { ++refused[static_cast<std::size_t>(why)]; }
};

}  // namespace troth::engine
