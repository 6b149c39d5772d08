// proto/values/requests.h: what clients ask, as plain values, after the codec checked syntax and fields. HTTP/JSON,
// Protobuf bodies and the client WebSocket all end here.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "proto/values/facts.h"
#include "proto/values/ids.h"
#include "proto/values/words.h"

namespace troth::request {

struct NewBranch {
  std::string participant;
  std::string key;
  PayloadType payload_type = PayloadType::kNone;
  std::string payload;  // JSON text (as Boost.JSON serialises it) or raw bytes
};

struct Begin {
  std::string label;
  std::optional<Millis> timeout_ms;
  Wait wait = Wait::kDecided;
  bool one_phase = false;
  bool commit = false;
  std::vector<NewBranch> branches;
  std::string traceparent;
  RequestOrigin origin;  // key and hash, or client session and sequence
};
struct Enlist {
  TransactionId id;
  NewBranch branch;
};
struct Commit {
  TransactionId id;
  Wait wait = Wait::kDecided;
  std::optional<std::uint32_t> branch_count;
};
struct Abort {
  TransactionId id;
  std::string reason;
};
struct Get {
  TransactionId id;
  std::optional<std::uint64_t> wait_for_revision;
};
enum class StateFilter : std::uint8_t { kAll, kPhase, kInDoubt, kAttention };
struct List {
  StateFilter state = StateFilter::kAll;
  Phase phase = Phase::kActive;  // with kPhase
  std::string participant;
  std::string label;
  std::optional<Millis> older_than_ms;
  std::uint32_t page_size = 100;
  std::optional<TransactionId> after;  // the page token: the last id of the page before
};
struct GetDecision {
  BranchId branch;
};
struct Resolve {
  BranchId branch;
  ResolveAction action = ResolveAction::kForget;
  std::string reason;
  std::string actor;
  bool heuristic = false;
  bool dry_run = false;
  std::optional<std::uint64_t> if_revision;
};
struct ResolveGap {
  TransactionId id;
  Outcome outcome = Outcome::kAborted;
  std::string reason;
  std::string actor;
};
struct Retry {
  BranchId branch;
  std::optional<std::uint64_t> if_revision;
};
struct ListParticipants {};
struct GetParticipant {
  std::string name;
};
struct RemoveParticipant {
  std::string name;
};
struct RetireParticipant {
  std::string name;
  std::string reason;
  bool dry_run = false;
};

using Request = std::variant<Begin, Enlist, Commit, Abort, Get, List, GetDecision, Resolve, ResolveGap, Retry,
                             ListParticipants, GetParticipant, RemoveParticipant, RetireParticipant>;

}  // namespace troth::request
