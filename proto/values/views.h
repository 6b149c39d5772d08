// proto/values/views.h: what the API shows of a transaction, a branch, a participant: the fields of api.md, one for
// one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proto/values/ids.h"
#include "proto/values/words.h"

namespace troth {

struct ErrorView {
  std::string code;
  std::string detail;
  Millis at = 0;
};

struct BranchView {
  std::uint32_t n = 0;
  std::string participant;
  std::string key;
  std::optional<std::string> instance;
  bool connected = false;
  BranchState state = BranchState::kActive;
  std::optional<VoteKind> vote;
  std::optional<std::string> vote_reason;
  bool in_doubt = false;
  std::optional<HeuristicKind> heuristic;
  std::uint32_t attempts = 0;
  std::optional<ErrorView> last_error;
  std::optional<Millis> next_attempt_at;
  std::optional<std::string> waiting_for;
};

struct TimelineView {
  Millis at = 0;
  std::string what;
  std::optional<std::uint32_t> branch;
  std::optional<std::string> detail;
};

struct AllowedAction {
  std::string action;
  std::string effect;
  std::string risk;
  std::optional<std::string> blocked_because;
};

struct TransactionView {
  TransactionId id;
  std::optional<std::string> label;
  Phase phase = Phase::kActive;
  std::optional<Outcome> outcome;
  bool effects_none = false;
  std::optional<HeuristicKind> heuristic;
  std::optional<AbortReason> abort_reason;
  std::optional<Attention> attention;
  std::optional<Lsn> lsn;
  std::uint64_t revision = 0;
  std::optional<Millis> timeout_ms;
  std::optional<Millis> begun_at;
  std::optional<Millis> deadline_at;
  std::optional<Millis> decided_at;
  std::optional<Millis> finished_at;
  std::optional<std::string> traceparent;
  std::vector<BranchView> branches;
  std::vector<TimelineView> timeline;
  std::vector<AllowedAction> allowed_actions;
};

struct InstanceView {
  std::string id;
  std::string remote;
  Millis connected_at = 0;
  std::uint32_t protocol = 1;
  std::uint64_t queued = 0;
  std::uint64_t in_flight = 0;
};

struct ParticipantView {
  std::string name;
  ParticipantKind kind = ParticipantKind::kSession;
  Routing routing = Routing::kAny;
  std::optional<std::string> url;
  ParticipantState state = ParticipantState::kDisconnected;
  std::vector<InstanceView> instances;
  std::uint64_t live_branches = 0;
  std::uint64_t in_doubt_branches = 0;
  std::optional<Millis> oldest_in_doubt_ms;
  std::uint64_t hazards = 0;
  Millis registered_at = 0;
  std::optional<Millis> last_seen_at;
  std::optional<ErrorView> last_error;
};

/// The typed answer to "what became of branch n?": only this, from the log that made the id, may be acted on.
struct DecisionView {
  LogId log;
  std::uint32_t epoch = 0;
  BranchId branch;
  DecisionKind decision = DecisionKind::kUnknown;
};

}  // namespace troth
