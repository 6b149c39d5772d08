// tests/explore/world.h: one state of the explored world. Core's transaction and the SDK's branch states are the very
// values that ship; the rest is what engine, log, network, runtime and resource know besides.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "coordinator/core/step.h"
#include "participant-sdk/core/branch.h"
#include "tests/explore/config.h"

namespace troth::explore {

/// A message. Those to a participant, then those to the coordinator; `…Again` is attempt 2 or more.
enum class Say : std::uint8_t {
  kWelcome,
  kPrepare,
  kPrepareAgain,
  kOnePhase,
  kOnePhaseAgain,
  kCommit,
  kAbort,
  kDecideCommit,
  kDecideAbort,
  kDecideUndecided,
  kDecideUnknown,
  kEnlisted,
  kEnlistRefused,
  kForget,
  kVoteCommit,
  kVoteAbort,
  kVoteReadOnly,
  kAckCommitted,
  kAckAborted,
  kAckHeuristicCommit,
  kAckHeuristicAbort,
  kAckHeuristicMixed,
  kAckUnknown,
  kRecover,
  kInquire,
  kEnlist,
};
std::string_view name_of(Say what);
inline bool is_prepare(Say what) {
  return what >= Say::kPrepare && what <= Say::kOnePhaseAgain;
}

/// A short list in place: states are copied millions of times.
template <class T, std::size_t kMost>
struct Few {
  std::array<T, kMost> items{};
  std::uint8_t count = 0;

  /// False when it is full.
  bool push(T item) {
    if (count == kMost) return false;
    items[count++] = item;
    return true;
  }
  void erase(std::size_t at) {
    for (std::size_t i = at + 1; i < count; ++i) items[i - 1] = items[i];
    --count;
  }
  template <class Test>
  void erase_if(Test test) {
    std::uint8_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!test(items[i])) items[kept++] = items[i];
    }
    count = kept;
  }
  void clear() { count = 0; }
  const T* begin() const { return items.data(); }
  const T* end() const { return items.data() + count; }
};

/// What a participant keeps under the branch's one key.
enum class Row : std::uint8_t { kNone, kPrepared, kCommitted, kCommittedOnePhase, kAborted, kMixed };
/// What became of the branch's work for good, whatever was forgotten since.
enum class Done : std::uint8_t { kNone, kCommitted, kAborted };
enum class Told : std::uint8_t { kNothing, kCommitted, kAborted };

/// A message that waits for the log.
struct Held {
  Say what = Say::kWelcome;
  std::uint8_t rests_on = 0;
};

/// The list of what is in doubt, asked of the resource at each connect.
enum class Listing : std::uint8_t { kNone, kAsked, kWithout, kWith };

struct Participant {
  // ---- durable at the participant ----
  Row row = Row::kNone;
  Done done = Done::kNone;
  bool read_only = false;  // its resource has said so
  bool ran = false;        // its payload was executed
  bool by_hand = false;    // settled by hand: a heuristic
  std::uint8_t incarnation = 0;

  // ---- what the checker remembers ----
  bool enlisted = false;   // the coordinator accepted its branch
  bool worked = false;     // joined: the work was done
  bool work_lost = false;  // and the process died before it was prepared

  // ---- core's branch: its number, 0 when core does not have it ----
  std::uint32_t n = 0;
  bool nameless = false;  // a filler in an aborted transaction with heuristics

  // ---- the connection: either side may know of its end before the other ----
  bool coordinator_open = false;
  bool participant_open = false;
  bool adopted = false;
  std::uint8_t connected_as = 0;  // the incarnation that said Hello
  Few<Say, 10> to_participant;
  Few<Say, 10> to_coordinator;
  Few<Held, 6> held;

  // ---- the participant's process (sessions) ----
  bool known = false;  // the SDK has a state for the branch
  sdk::BranchState state;
  bool again = false;  // the one-phase call that runs is of attempt 2 or more
  Listing listing = Listing::kNone;
  bool enlisting = false;  // somebody waits in enlist()
  std::uint8_t enlists = 0;
  bool forgetting = false;

  // ---- callbacks: whatever was once on the way may arrive at any time, any number of times ----
  std::uint32_t requests = 0;   // bits of Say
  std::uint32_t responses = 0;  // bits of Say
};

enum class FactKind : std::uint8_t {
  kPrepareStarted,
  kOnePhaseStarted,
  kCommitDecided,
  kAbortTold,
  kEnded,
  kHeuristic,
  kActed,
  kRetired,
};
struct LogFact {
  FactKind kind = FactKind::kEnded;
  std::uint8_t who = 0;   // heuristics and acts: which participant
  std::uint8_t what = 0;  // heuristics: the kind; acts: the act; decisions: bits of the read-only participants
  std::uint8_t more = 0;  // acts: bit 0 contradicts, the rest the heuristic
};

struct HeldReply {
  std::uint8_t reply = 0;
  Told meaning = Told::kNothing;
  std::uint8_t rests_on = 0;
};

struct World {
  // ---- the coordinator ----
  core::Transaction transaction;
  bool live = false;  // else it has left the live ones, or was lost in a crash
  std::uint8_t rests_on = 0;
  Few<LogFact, 14> log;  // LSN of items[i] is i + 1
  std::uint8_t durable = 0;
  std::uint8_t epoch = 1;
  Few<HeldReply, 6> replies;
  bool draining = false;

  std::array<Participant, kMaxParticipants> participants;

  // ---- clients, and what anybody has been told ----
  bool asked = false;  // commit
  Told told = Told::kNothing;

  // ---- what has been spent ----
  std::uint8_t crashes = 0;
  std::uint8_t cuts = 0;
  std::uint8_t throws = 0;
  std::uint8_t hands = 0;
  std::uint8_t acts = 0;

  /// The promise that the last action broke; not part of the state.
  const char* violation = nullptr;
  void break_promise(const char* which) {
    if (violation == nullptr) violation = which;
  }
};

/// Time is due or not: what is set is far, what is to act now is made kPast before the step.
inline constexpr Millis kNow = 1'000;
inline constexpr Millis kPast = 500;
inline constexpr Millis kFar = 1'000'000;

inline bool is_callback(const Config& config, int who) {
  return who < config.callbacks;
}

}  // namespace troth::explore
