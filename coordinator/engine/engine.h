// coordinator/engine/engine.h: the one owner of all live transactions (design.md §5).
//
// One thread calls `turn`. A turn steps a batch of commands, appends their records, and holds each outgoing message
// until the highest forced LSN it rests on is durable. That write-ahead rule lives in `turn` and nowhere else.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/core/step.h"
#include "coordinator/engine/stats.h"
#include "proto/values/answers.h"
#include "proto/values/limits.h"
#include "proto/values/messages.h"
#include "proto/values/outcomes.h"
#include "proto/values/requests.h"
#include "recovery/known.h"
#include "wal/log.h"

namespace troth::engine {

using core::ReplyTo;
/// A participant session's connection, numbered by the server, never reused within a process.
using ConnectionId = std::uint64_t;

// ---- what goes in ----
/// What a request of a client session carries besides. Under another epoch than ours a begin is never executed.
struct InSession {
  std::string session;
  std::uint64_t sequence = 0;
  std::uint64_t acked_below = 0;
  EpochId first_epoch;
  std::optional<Problem> problem;  // what is wrong with it: told, unless it was executed under earlier limits
};
struct ClientRequest {
  ReplyTo reply = 0;  // chosen by the server, unique; answered by exactly one Reply, at the latest when the
                      // request's wait is over, also when nobody listens any more
  request::Request request;
  std::optional<InSession> in_session;
};
struct SessionOpened {
  ConnectionId connection = 0;
  session::Hello hello;
  std::string remote;
};
/// Recover, Vote, Ack, Inquire or Enlist of an opened session (Credit, Goodbye and pings are the server's).
struct SessionSaid {
  ConnectionId connection = 0;
  session::Message message;
};
/// The connection is gone; these prepares were still queued in it: no byte of them left.
struct SessionClosed {
  ConnectionId connection = 0;
  std::vector<BranchId> unsent_prepares;
  std::string error = "disconnected";  // as branches that waited for it show it: `queue_full` if it read too slowly
  std::string detail = {};
  bool orderly = false;  // one of both sides wanted it: no error of the participant
};
/// What a callback participant answered, in typed fields: Vote or Ack, or Recover, the branches of its `/prepared`.
struct CallbackSaid {
  std::string participant;
  session::Message message;
};
/// A ToCallback gave no usable answer. `sent`: a byte of it may have left.
struct CallbackFailed {
  BranchId branch;
  bool sent = true;
  std::string code;
  std::string detail;
  Millis retry_after_ms = 0;
};
/// No new transactions from now on; waiters hear what is.
struct DrainStarted {};

using Command =
    std::variant<ClientRequest, SessionOpened, SessionSaid, SessionClosed, CallbackSaid, CallbackFailed, DrainStarted>;

// ---- what comes out ----
struct Reply {
  ReplyTo reply = 0;
  answer::Answer answer;
};
/// Welcome, Prepare, CommitOnePhase, Commit, Abort, Decision, Enlisted or Forget.
struct ToSession {
  ConnectionId connection = 0;
  session::Message message;
};
struct CloseSession {
  ConnectionId connection = 0;
  int code = 0;
  std::string reason;
};
/// Prepare, Commit or Abort for a callback participant, to be posted to `endpoint`. Each is followed by one
/// CallbackSaid or CallbackFailed; the engine then decides whether and when it is sent again.
struct ToCallback {
  std::string participant;
  std::string endpoint;  // the base URL pinned when the branch was enlisted
  session::Message message;
};
/// What became known since the last of these, in the order of the log: outcomes, each durable, and the LSN up to which
/// all of them are told now.
struct OutcomesTold {
  std::vector<OutcomeView> outcomes;
  Lsn upto = 0;
};
using Outgoing = std::variant<Reply, ToSession, CloseSession, ToCallback, OutcomesTold>;

/// Where released messages go: the server, or the simulator. Called from within `turn`, at most once a turn.
class Outbox {
 public:
  virtual ~Outbox() = default;
  /// Takes the messages out of `batch`, in order; may keep its capacity.
  virtual void release(std::vector<Outgoing>& batch) = 0;
};

struct Options {
  Limits limits;
  std::string version;
  std::uint32_t ping_ms = 10'000;
  std::uint32_t session_window = 4'096;  // enlists in flight per session
  std::uint32_t max_messages = 16'384;   // per frame
};

class Engine {
 public:
  /// `known` is what the log says, `epoch` the EpochStarted of this start, durable already: ids of this process carry
  /// it.
  Engine(wal::Log& log, recovery::Known known, EpochId epoch, Options options, core::Now now);
  ~Engine();

  /// Steps `inbox` (and empties it), appends, takes the log's answers, and releases what is covered by now.
  void turn(std::vector<Command>& inbox, core::Now now, Outbox& outbox);

  /// When `turn` should be called even if nothing comes in.
  Millis wake_due() const;

  /// Nothing is held back and no transaction is undecided: a drain may end here.
  bool is_quiet() const;

  /// Counters and gauges as of the last turn. Engine thread only (the runner publishes copies).
  const Stats& stats() const;

  /// A participant has durably seen more of this log than it holds: we run on an old copy. Set until the process ends.
  bool is_old_copy() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troth::engine
