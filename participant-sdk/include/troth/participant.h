// troth/participant.h: take part in distributed transactions. The one header a participant's author includes; std types
// only.
//
// You implement `Resource`; `Participant` owns the connection to the coordinator, reconnection, recovery, fencing and
// retry. What is promised: after `prepare` returned Vote::kCommit, exactly one of `commit` and `abort` happens to the
// branch, whatever crashes in between, and it is the same one at every other participant of the transaction.
#pragma once

#include <troth/ids.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#define TROTH_API __attribute__((visibility("default")))

namespace troth {

/// The answer to prepare: a kind, and for a refusal a reason people read. Converts from the kind.
class Vote {
 public:
  enum Kind { kCommit, kAbort, kReadOnly };
  Vote(Kind kind, std::string reason = {}) : kind_(kind), reason_(std::move(reason)) {}  // NOLINT: meant to convert
  Kind kind() const { return kind_; }
  const std::string& reason() const { return reason_; }

 private:
  Kind kind_;
  std::string reason_;
};

/// The answer to commit and abort. kUnknownBranch in answer to commit is a hazard an operator must look at; in answer to
/// abort it is as good as kAborted.
enum class Ack { kCommitted, kAborted, kHeuristicCommit, kHeuristicAbort, kHeuristicMixed, kUnknownBranch };

/// What a callback is told of its branch. `payload` is what the client handed over (JSON text or bytes), empty when the
/// work was done before (`joined`) and on commit and abort.
struct Branch {
  BranchId id;
  std::string payload;
  bool joined = false;
  std::uint32_t attempt = 1;
  Lsn lsn = 0;  // of the decision, with commit; store it in the same local transaction as the marker if you keep markers
  std::string traceparent;
};

/// The highest (epoch, nonce, LSN) seen of one log: what refuses an old coordinator, and unmasks an old copy of a log.
struct Seen {
  LogId log;
  std::uint32_t epoch = 0;
  std::uint32_t nonce = 0;
  Lsn lsn = 0;
};

/// What your service implements. Calls for one branch never overlap; calls for different branches run on a pool of
/// threads. An exception from prepare is a vote to abort (unless the branch is then in `in_doubt`); from commit or abort it
/// means "not yet": the call is repeated with backoff until it returns.
class TROTH_API Resource {
 public:
  virtual ~Resource() = default;
  /// Make the branch's work durable such that both ways out are still open after a crash, then vote to commit.
  virtual Vote prepare(const Branch& branch) = 0;
  /// Must succeed in the end; repeated, does nothing and says the same.
  virtual Ack commit(const Branch& branch) = 0;
  /// Prepared or not, known or not: afterwards a late prepare of this branch must vote to abort.
  virtual Ack abort(const Branch& branch) = 0;
  /// Every branch that is prepared and not settled. Called at start and at every reconnect.
  virtual std::vector<BranchId> in_doubt() = 0;

  // ---- optional: what an adapter with a database of its own does better than the SDK's small state file ----

  /// True if this resource keeps what it has seen of logs by itself; then `seen` and `remember` are used instead of
  /// Options::state_file. `remember` returns after it is durable, and is shared by all instances that share branch state.
  virtual bool keeps_seen() const { return false; }
  virtual std::vector<Seen> seen() { return {}; }
  virtual void remember(const Seen&) {}
  /// The coordinator has ended these branches: their commit markers may go. Every marker and tombstone of a transaction of
  /// this log below `horizon` may go too, after `horizon` was made durable; a prepare below it is a vote to abort. A zero
  /// horizon: none, the coordinator remembers everything.
  virtual void forget(const std::vector<BranchId>&, const TransactionId& /*horizon*/) {}
  /// True if `commit_one_phase` is implemented: prepare and commit in one forced write, answered again from its marker
  /// (present: committed; absent, and attempt is 2 or more: write a tombstone and answer aborted).
  virtual bool has_one_phase() const { return false; }
  virtual Ack commit_one_phase(const Branch&) { return Ack::kAborted; }
};

struct Options {
  std::string participant;                       // registered name: [a-z0-9][a-z0-9._-]{0,62}
  std::string coordinator = "ws://127.0.0.1:7400";
  std::string instance;                          // configured and stable for `pinned`; empty: a random one
  bool pinned = false;                           // only this instance can finish what it prepared
  std::string state_file;                        // for Resources that do not keep `seen`; empty: <participant>.troth
  unsigned threads = 4;                          // pool that runs the Resource
  std::chrono::milliseconds reconnect_min{50};
  std::chrono::milliseconds reconnect_max{5'000};
  /// Told what happens to the connection: "connected", "disconnected: …", "replaced". From the SDK's thread: it must not
  /// block or enlist. What it throws is dropped.
  std::function<void(std::string_view)> on_state;

  /// TROTH_PARTICIPANT, TROTH_COORDINATOR, TROTH_INSTANCE, TROTH_STATE_FILE over the defaults above.
  TROTH_API static Options from_environment(std::string participant);
};

/// An accepted enlistment: work may start and goes into the branch `id`.
struct Enlistment {
  BranchId id;
  std::chrono::milliseconds deadline_in{0};  // finish the work before; later, prepare will not come
  std::string problem;                       // why it was refused (api.md slug, or below), empty when accepted
  explicit operator bool() const { return problem.empty(); }
};

class TROTH_API Participant {
 public:
  /// Connects in the background at once. `resource` must outlive this. Throws std::invalid_argument on bad options.
  Participant(Options options, Resource& resource);
  ~Participant();  // as stop(): not from a callback
  Participant(const Participant&) = delete;
  Participant& operator=(const Participant&) = delete;

  /// Joins a running transaction with work this process is about to do. Waits until the coordinator accepted or refused,
  /// or `timeout`. Without an acceptance, do no work. After "timeout" the coordinator may have enlisted the branch all
  /// the same: then the transaction aborts (its work is not here), unless enlisting again with the same key is accepted.
  /// Other problems of this side: "bad-field" (`key` must be at most 256 bytes of UTF-8 without control characters),
  /// "stopped", "replaced" and "refused" (there is no connection and will be none). Throws std::logic_error in on_state.
  Enlistment enlist(const TransactionId& transaction, const std::string& key = {},
                    std::chrono::milliseconds timeout = std::chrono::seconds(5));

  /// Blocks until SIGTERM or SIGINT, then stops. Returns the exit code for main: 0, or 1 when this instance was replaced
  /// by another one or refused by the coordinator for good.
  int run();
  /// Says Goodbye, waits for running callbacks, closes. Prepared branches stay in doubt until the next start. Throws
  /// std::logic_error in a callback, of the resource or on_state, for which it would wait.
  void stop();
  bool connected() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troth
