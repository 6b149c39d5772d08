// tests/sim/plan.h: everything a seed decides before its history begins: who takes part, and what goes wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/values/words.h"
#include "tests/sim/clock.h"

namespace troth::sim {

/// What can go wrong or be special in a history; a run counts in how many histories each took place.
enum class Fault : std::uint8_t {
  kLoss,
  kDuplication,
  kLongDelay,
  kPartition,
  kPause,
  kCoordinatorKilled,
  kPowerCut,
  kFailedSync,
  kOrderlyRestart,
  kParticipantKilled,
  kClockJump,
  kForgetful,
  kSlowParticipant,
  kDoubleVote,
  kOwnDecision,
  kThrows,
  kBackup,
  kOldCopy,
  kOperator,
  kRetired,
  kSeveralInstances,
  kPinned,
  kCallback,
  kCompaction,
  kCompactionCutOff,
  kHorizonMoved,
  kMarkersSwept,
  kCount
};
const char* name_of(Fault fault);

struct ParticipantPlan {
  std::string name;
  ParticipantKind kind = ParticipantKind::kSession;
  Routing routing = Routing::kAny;
  std::uint32_t instances = 1;
  bool slow = false;
  bool asks = true;  // a callback: about what it holds prepared for long
};

/// Chances are in parts of 10,000.
struct Plan {
  explicit Plan(std::uint64_t seed);

  std::uint64_t seed;
  bool calm = false;  // nothing goes wrong until every transaction is over: all must commit (AC4)
  std::vector<ParticipantPlan> participants;
  std::uint32_t clients = 2;
  std::uint32_t transactions = 20;

  Micros latency_max = 2 * kMillisecond;
  std::uint32_t loss = 0;         // of callback calls and client requests; sessions lose their connection instead
  std::uint32_t duplication = 0;  // of callback calls
  std::uint32_t long_delay = 0;   // of any message
  Micros long_delay_max = 0;
  Micros sync_max = kMillisecond;

  std::uint32_t coordinator_kills = 0;
  std::uint32_t power_cut = 0;     // of the kills of the coordinator
  std::uint32_t failed_syncs = 0;  // how many of those ends come by a failed sync
  std::uint32_t orderly_restarts = 0;
  std::uint32_t participant_kills = 0;
  std::uint32_t partitions = 0;
  std::uint32_t pauses = 0;
  std::uint32_t clock_jumps = 0;

  std::uint32_t vote_abort = 0;
  std::uint32_t vote_read_only = 0;
  std::uint32_t throws = 0;         // of the calls of a resource
  std::uint32_t double_vote = 0;    // of the votes
  std::uint32_t own_decision = 0;   // of the prepared branches: its database decides by itself
  std::uint32_t forgetful = 0;      // of the prepared branches: lost from the database
  std::uint32_t operator_acts = 0;  // how many
  bool retires = false;             // one participant is taken away for good
  bool backup = false;              // the data directory is lost and restored from a backup
  bool old_copy = false;            // an old copy of it is started instead
  bool troubled = false;            // much of what is rare elsewhere: heuristics, refusals, operators, restarts
  bool small_memory = false;        // few details are kept: answers come from bits
  Micros compaction_step = 0;       // the longest time between two steps of a compaction; 0: there is none
  std::int64_t retain_ms = 0;       // outcomes are forgotten within the history; 0: not by their age
  std::uint64_t retain_count = 0;   // 0: not by their number
};

}  // namespace troth::sim
