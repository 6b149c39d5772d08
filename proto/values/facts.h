// proto/values/facts.h: what the log remembers (design.md §4 "Records"), as plain values. The codec gives each its
// bytes, the log stores kind and bytes, recovery folds them back. Adding a fact means adding it here, in record.proto,
// in the codec and in recovery's fold; the closed variant makes the compiler name the places.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "proto/values/ids.h"
#include "proto/values/words.h"

namespace troth {

/// A branch as a decision must know it after a crash: enough to find the participant again.
struct DecidedBranch {
  std::uint32_t n = 0;
  std::string participant;
  std::string instance;  // who last prepared it; empty for callbacks
  std::string key;
  std::string endpoint;  // callbacks: the base URL pinned at enlist
  Routing routing = Routing::kAny;
  bool read_only = false;  // voted read-only: part of the list, nothing is sent to it
  bool operator==(const DecidedBranch&) const = default;
};

/// Who must hear the same answer again: an Idempotency-Key, or a client session's (session, sequence), or nobody.
struct RequestOrigin {
  std::string key;             // Idempotency-Key, empty if none
  std::string request_hash;    // 16 bytes: hash of the parsed request that came with the key
  std::string client_session;  // 16 bytes, empty if none
  std::uint64_t sequence = 0;
  std::uint64_t acked_below = 0;  // every sequence below has been heard by the client
  bool operator==(const RequestOrigin&) const = default;
};

namespace fact {

struct EpochStarted {
  EpochId epoch;
  Lsn first_lsn = 0;  // no earlier epoch can have told anybody of this LSN or a later one; 0 in the record itself: its
                      // own
  Millis at = 0;
  bool operator==(const EpochStarted&) const = default;
};
/// Forced before the first prepare of a transaction with a callback participant: whom to tell after a crash.
struct PrepareStarted {
  TransactionId id;
  std::vector<DecidedBranch> branches;
  RequestOrigin origin;
  std::string label;
  std::string traceparent;
  Millis begun_at = 0;
  bool operator==(const PrepareStarted&) const = default;
};
/// Forced before CommitOnePhase leaves: from then on no abort, deadline or presumption applies.
struct OnePhaseStarted {
  TransactionId id;
  DecidedBranch branch;
  RequestOrigin origin;
  std::string label;
  std::string traceparent;
  Millis begun_at = 0;
  bool operator==(const OnePhaseStarted&) const = default;
};
/// The decision and the prepared list in one: a client hears "committed" only after this is durable.
struct CommitDecided {
  TransactionId id;
  std::vector<DecidedBranch> branches;
  RequestOrigin origin;
  std::string label;
  std::string traceparent;
  Millis begun_at = 0;
  Millis decided_at = 0;
  Lsn lsn = 0;             // 0 in the record itself; its LSN when a set restates it
  bool one_phase = false;  // decided by the participant's answer to CommitOnePhase
  bool operator==(const CommitDecided&) const = default;
};
/// A keyed transaction aborted: the reply waits for it, so that a repeat hears the same.
struct AbortTold {
  TransactionId id;
  RequestOrigin origin;
  AbortReason reason = AbortReason::kVote;
  std::string label;
  Millis begun_at = 0;
  Millis decided_at = 0;
  std::string traceparent = {};  // empty in records of 0.1
  bool operator==(const AbortTold&) const = default;
};
struct Ended {
  std::vector<TransactionId> ids;
  bool operator==(const Ended&) const = default;
};
/// Ids a restored log cannot know: from the first id of `from` up to, not including, the first of `to`.
struct GapOpened {
  EpochId from;
  EpochId to;
  Millis at = 0;
  bool operator==(const GapOpened&) const = default;
};
/// Ends a set: it says all that the records at or before `cut` said.
struct Checkpoint {
  Lsn cut = 0;
  bool operator==(const Checkpoint&) const = default;
};
struct HeuristicReported {
  BranchId branch;
  std::string participant;
  HeuristicKind kind = HeuristicKind::kHazard;
  std::string detail;
  Millis at = 0;
  bool operator==(const HeuristicReported&) const = default;
};
enum class OperatorAct : std::uint8_t { kSettledCommit, kSettledAbort, kForgot, kRetired, kGapCommitted, kGapAborted };
/// An operator's recorded act. `branch.n` is 0 for an act on a whole gap id.
struct OperatorActed {
  BranchId branch;
  OperatorAct act = OperatorAct::kForgot;
  std::string actor;
  std::string reason;
  HeuristicKind heuristic = HeuristicKind::kHazard;  // meaningful when contradicts
  bool contradicts = false;                          // the act is against the decision: a heuristic now stands
  Millis at = 0;
  bool operator==(const OperatorActed&) const = default;
};
struct ParticipantRegistered {
  std::string name;
  ParticipantKind kind = ParticipantKind::kSession;
  std::string url;
  std::string secret;  // callbacks: the signing secret; never shown again
  std::uint32_t concurrency = 0;
  std::uint32_t timeout_ms = 0;
  Millis at = 0;
  bool operator==(const ParticipantRegistered&) const = default;
};
struct ParticipantChanged {
  std::string name;
  bool retired = false;
  std::string url;
  std::string reason;
  Millis at = 0;
  bool operator==(const ParticipantChanged&) const = default;
};
struct ParticipantRemoved {
  std::string name;
  Millis at = 0;
  bool operator==(const ParticipantRemoved&) const = default;
};
/// Every commit at or after `id` is remembered; forced before an older outcome is dropped.
struct Horizon {
  TransactionId id;
  bool operator==(const Horizon&) const = default;
};
/// Compacted form of many CommitDecided: bit i of `bits` (least significant first) is sequence `first + i`.
struct CommitBits {
  EpochId epoch;
  std::uint64_t first = 0;
  std::string bits;
  bool operator==(const CommitBits&) const = default;
};
/// Compacted form of a client session's window: every sequence below `acked_below` has been heard.
struct ClientWindow {
  std::string client_session;
  std::uint64_t acked_below = 0;
  struct Told {
    std::uint64_t sequence = 0;
    TransactionId id;
    bool operator==(const Told&) const = default;
  };
  std::vector<Told> committed;
  bool operator==(const ClientWindow&) const = default;
};
/// A sample of time, for retention: every id below `id` was given, and every record at or below `lsn` written, before
/// `at`.
struct Mark {
  TransactionId id;
  Lsn lsn = 0;  // 0 in the record itself: its own
  Millis at = 0;
  bool operator==(const Mark&) const = default;
};

}  // namespace fact

using Fact = std::variant<fact::EpochStarted, fact::PrepareStarted, fact::OnePhaseStarted, fact::CommitDecided,
                          fact::AbortTold, fact::Ended, fact::GapOpened, fact::Checkpoint, fact::HeuristicReported,
                          fact::OperatorActed, fact::ParticipantRegistered, fact::ParticipantChanged,
                          fact::ParticipantRemoved, fact::Horizon, fact::CommitBits, fact::ClientWindow, fact::Mark>;

/// Lazy facts may be lost with the tail of the log; nobody waits for them but Forget.
inline bool is_forced(const Fact& fact) {
  return !std::holds_alternative<fact::Ended>(fact) && !std::holds_alternative<fact::Mark>(fact);
}

}  // namespace troth
