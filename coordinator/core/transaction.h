// coordinator/core/transaction.h: the state of one live transaction. Plain values, no behaviour: `step` is the only
// writer, the engine and the views are readers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/values/facts.h"
#include "proto/values/ids.h"
#include "proto/values/words.h"

namespace troth::core {

/// Who waits for an answer; given by the engine, meaningless to core. 0 = nobody.
using ReplyTo = std::uint64_t;

/// Two clocks handed in together: `due` never goes back and drives timers, `at` is UTC and is only shown.
struct Now {
  Millis due = 0;
  Millis at = 0;
};

struct Timing {
  Millis prepare_retry_ms_min = 50;
  Millis prepare_retry_ms_max = 2'000;
  Millis deliver_retry_ms_min = 100;
  Millis deliver_retry_ms_max = 30'000;
};

/// `detail` is empty for what the code says in full: `not_connected`, `disconnected`.
struct LastError {
  std::string code;
  std::string detail;
  Millis at = 0;
};

struct Branch {
  std::uint32_t n = 0;
  std::string participant;
  std::string key;
  ParticipantKind kind = ParticipantKind::kSession;
  Routing routing = Routing::kAny;
  std::string instance;     // owner while joined or once prepared; empty: any instance may get the prepare
  std::string incarnation;  // with `instance`, until prepared
  std::string endpoint;     // callbacks: pinned at enlist
  bool joined = false;      // the work was done before prepare
  PayloadType payload_type = PayloadType::kNone;
  std::shared_ptr<const std::string> payload;  // dropped after the vote
  std::string payload_hash;                    // to tell a repeat from a conflict after the payload is gone

  BranchState state = BranchState::kActive;
  bool reachable = false;        // a connection that may carry its messages exists (callbacks: always true)
  std::optional<VoteKind> vote;  // the first that stood
  std::string vote_reason;
  std::optional<HeuristicKind> heuristic;
  bool settled = false;                         // nothing more is sent or expected
  bool decided_in_list = false;                 // part of CommitDecided and told to commit
  std::uint32_t attempts = 0;                   // of prepare, then of the decision: those of which a byte may have left
  Millis retry_due = 0;                         // callbacks: when to send again; 0 = not by time
  std::shared_ptr<const LastError> last_error;  // of the latest attempt; stays until an answer comes, not with silence
  bool by_operator = false;  // an operator settled, retired or forgot it: who asks about it hears `unknown`
};

struct Waiter {
  ReplyTo reply = 0;
  Wait wait = Wait::kDecided;
  Millis until_due = 0;      // then it hears what is (202 undecided, or 200 decided)
  bool wants_abort = false;  // asked for abort: hears 200 aborted instead of 409
};

struct Transaction {
  TransactionId id;
  std::string label;
  std::string traceparent;
  RequestOrigin origin;
  Millis begun_at = 0;
  Millis timeout_ms = 0;
  Millis deadline_due = 0;
  Millis deadline_at = 0;
  Phase phase = Phase::kActive;
  bool one_phase_wanted = false;
  bool one_phase_started = false;  // OnePhaseStarted is in the log: no abort, deadline or presumption any more
  bool prepare_started = false;    // PrepareStarted is in the log
  bool abort_only = false;         // will abort at commit, reason kept
  std::optional<AbortReason> abort_reason;
  std::optional<Outcome> outcome;
  Lsn decision_lsn = 0;  // set by the engine when it appends CommitDecided
  Millis decided_at = 0;
  Millis finished_at = 0;
  Millis late_due = 0;           // when it has waited unusually long for the answers of its phase; 0: not timed
  bool is_late = false;          // it has
  std::uint64_t revision = 1;    // grows with every visible change
  std::vector<Branch> branches;  // branches[i].n == i + 1
  std::vector<Waiter> waiters;
  bool restored = false;  // folded from the log by this start: attempts go on at 2, payloads are gone
};

}  // namespace troth::core
