// troth/client.h: begin, commit and look at distributed transactions. std types only.
//
// Every call is exactly-once: it carries a session and a sequence, and is sent again, with the same ones, until it was
// answered. So a lost connection, or a coordinator that was killed and started again, never makes two transactions out
// of one call, and never leaves a caller with another outcome than the participants.
#pragma once

#include <troth/participant.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troth {

/// One participant's part, handed over with its work.
struct BranchSpec {
  std::string participant;
  std::string key;           // several branches of one participant: each its own
  std::string payload = {};  // JSON text, or bytes
  bool binary = false;       // payload is bytes
};

/// When a commit is answered: at the decision, or when every branch has acknowledged.
enum class WaitFor { kDecided, kCompleted };

struct TransactionSpec {
  std::string label = {};                                 // 1 to 64 printable characters, or empty
  std::optional<std::chrono::milliseconds> timeout = {};  // from begin to decision; the coordinator's default if none
  WaitFor wait = WaitFor::kDecided;
  std::vector<BranchSpec> branches = {};
  bool one_phase = false;  // exactly one branch: prepare and commit in one message
  std::string traceparent = {};
};

struct Result {
  enum Kind {
    kCommitted,    // for ever
    kAborted,      // for ever; `reason` says why
    kActive,       // begun, enlisted or shown, and nothing decided
    kUndecided,    // the commit is under way longer than the coordinator lets anybody wait: get() it later
    kExpired,      // too long ago: nobody knows any more
    kAskOperator,  // only an operator can say (a log was restored, or another log answers now)
    kRefused,      // not done; `problem` and `detail` say why
    kUnknown       // no answer within Options::patience, or one that cannot be read: it may or may not have happened
  };
  Kind kind = kUnknown;
  TransactionId transaction;  // sequence 0 when it is not known
  std::uint32_t branch = 0;   // after enlist: its number
  std::string reason = {};    // of an abort: api.md's abortReason, or the voter's reason behind it
  std::string problem = {};   // api.md's slug
  std::string detail = {};    // one sentence for people

  bool committed() const { return kind == kCommitted; }
  bool aborted() const { return kind == kAborted; }
};

/// A connection to the coordinator, many calls in flight. Any thread may call. A request above 1 MiB, and one more than
/// 65,536 open calls, is answered kRefused. Destroying it answers what is still open with kUnknown, and refuses what a
/// callback asks for meanwhile; it waits for the client's own thread, so never destroy it from a callback.
class TROTH_API Client {
 public:
  struct Options {
    std::string coordinator = "ws://127.0.0.1:7400";
    /// A call without an answer after this long returns kUnknown.
    std::chrono::milliseconds patience = std::chrono::seconds(60);
    std::chrono::milliseconds reconnect_min{20};
    std::chrono::milliseconds reconnect_max{2'000};
    /// "connected", "disconnected: …", "a callback threw: …". From the client's own thread; what it throws is dropped.
    std::function<void(std::string_view)> on_state = {};
  };
  /// Called once, on the client's own thread (by ~Client: on the destroying one). It must not block; the waiting forms
  /// below throw std::logic_error there. What it throws is told to on_state.
  using Done = std::function<void(Result)>;

  /// Connects in the background at once. Throws std::invalid_argument on bad options.
  explicit Client(Options options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Begin, enlist and commit in one round trip.
  Result run(const TransactionSpec& spec);
  void run(const TransactionSpec& spec, Done done);
  std::future<Result> run_async(const TransactionSpec& spec);

  /// Step by step: begin, hand the id to services that enlist themselves (or enlist for them), commit or abort.
  Result begin(const TransactionSpec& spec = {});
  void begin(const TransactionSpec& spec, Done done);
  Result enlist(const TransactionId& transaction, const BranchSpec& branch);
  void enlist(const TransactionId& transaction, const BranchSpec& branch, Done done);
  /// `branch_count`: how many branches the caller knows of; another number aborts, so none is silently left out.
  Result commit(const TransactionId& transaction, WaitFor wait = WaitFor::kDecided,
                std::optional<std::uint32_t> branch_count = {});
  void commit(const TransactionId& transaction, WaitFor wait, std::optional<std::uint32_t> branch_count, Done done);
  Result abort(const TransactionId& transaction, const std::string& reason = {});
  void abort(const TransactionId& transaction, const std::string& reason, Done done);
  Result get(const TransactionId& transaction);
  void get(const TransactionId& transaction, Done done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troth
