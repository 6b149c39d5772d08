// tests/sim/instance.h: one process of a session participant: what the SDK's runtime does around the branch machine, in
// virtual time (participant-sdk/runtime; the machine, the table of branches and the fence are the SDK's own).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "participant-sdk/core/branches.h"
#include "proto/values/messages.h"
#include "tests/sim/database.h"
#include "tests/sim/process.h"
#include "tests/sim/wire.h"

namespace troth::sim {

class World;

class Instance final : public Process {
 public:
  using Enlisted = std::function<void(std::string problem)>;

  Instance(World& world, Database& database, const ParticipantPlan& plan, std::string name);

  void start();
  void kill();
  bool connected() const { return state_ == State::kSteady; }
  /// A service of this process does work for a running transaction: enlists, and only then works.
  void work(const TransactionId& transaction, const std::string& key, Enlisted done);
  /// Which coordinator it dials from now on; the present connection stays.
  void dial(Coordinator& coordinator) { coordinator_ = &coordinator; }
  /// Says something again that it said before, perhaps on another connection: true then, and true for ever. About `id`
  /// if that is given.
  void echo(const TransactionId* id = nullptr);
  /// A running transaction for which work is open here; null if none.
  const TransactionId* open_work() const {
    return open_work_.empty() ? nullptr : &open_work_.begin()->first.transaction;
  }
  /// Asks what became of a branch, though nothing makes it.
  void inquire(const BranchId& branch);
  void cut() {
    if (wire_) wire_->cut();
  }
  const std::string& participant() const { return plan_.name; }
  /// What it has seen is durable and belongs to a log that knows more than `epoch` and `lsn`.
  bool has_seen_more(EpochId epoch, Lsn lsn) const;

  // ---- the wire's ----
  void heard(const std::shared_ptr<Wire>& wire, const std::vector<session::Message>& messages);
  void closed(const std::shared_ptr<Wire>& wire, int code);

 private:
  enum class State { kIdle, kGreeting, kAdopting, kSteady };
  using EnlistKey = std::pair<TransactionId, std::string>;
  struct Waiter {
    std::uint64_t number = 0;
    Enlisted done;
  };

  void connect();
  void reconnect_in(Micros delay);
  void greeted(const session::Welcome& welcome);
  void adopted();
  void list_in_doubt();
  void listed(const std::vector<BranchId>& branches);
  void take(const session::Message& message);
  void take(const session::Enlisted& message);
  void apply(const BranchId& id, sdk::Event event);
  void flush();
  void start_call(sdk::StartCall call);
  sdk::Event run(const sdk::StartCall& call);
  void returned(const BranchId& id, sdk::Event event);
  void forget(std::vector<BranchId> branches, TransactionId horizon);
  void arm_timer();
  void perhaps_go_wrong(const BranchId& branch);
  void say(session::Message message);
  void say_vote(session::Vote vote);
  Micros call_time();
  Millis now() const;

  World& world_;
  Database& database_;
  const ParticipantPlan& plan_;
  std::string name_;
  Coordinator* coordinator_ = nullptr;
  std::string incarnation_;
  State state_ = State::kIdle;
  std::shared_ptr<Wire> wire_;
  std::uint64_t connection_ = 0;
  session::Welcome welcome_;
  std::vector<session::Message> held_;
  std::vector<session::Message> outgoing_;
  std::vector<session::Message> said_;  // votes and acknowledgements, some
  std::optional<sdk::Branches> branches_;
  std::vector<sdk::Effect> effects_;
  std::map<BranchId, bool> queued_;    // prepares that have not begun; true: skip it
  std::set<BranchId> answered_;        // by a Decision, and not looked up since
  std::map<BranchId, int> open_work_;  // of joined branches, pieces: gone with the process
  std::map<EnlistKey, Waiter> waiters_;
  std::uint64_t next_waiter_ = 1;
  Lsn highest_lsn_ = 0;
  Millis timer_due_ = 0;
};

}  // namespace troth::sim
