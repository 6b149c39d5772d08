// tests/sim/world.h: one history: a coordinator, participants, clients and operators, the network between them, and
// what goes wrong. A seed decides everything; the same seed gives the same history.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proto/values/limits.h"
#include "tests/sim/callback.h"
#include "tests/sim/client.h"
#include "tests/sim/clock.h"
#include "tests/sim/coordinator.h"
#include "tests/sim/database.h"
#include "tests/sim/instance.h"
#include "tests/sim/oracle.h"
#include "tests/sim/plan.h"
#include "tests/sim/rng.h"
#include "tests/sim/storage.h"
#include "tests/sim/trace.h"

namespace troth::sim {

using FaultCounts = std::array<std::uint32_t, static_cast<std::size_t>(Fault::kCount)>;
/// Makes an empty data directory for the log with this id.
using MakeStorage = std::function<std::unique_ptr<Storage>(LogId, std::uint64_t seed)>;

class World {
 public:
  World(std::uint64_t seed, const MakeStorage& make_storage, bool trace_on);

  /// The whole history. Afterwards: oracle.violations(), faults, clock.
  void run();

  // ---- what everybody uses ----
  bool faults_on() const { return faults_on_; }
  bool chance(std::uint32_t of10000) { return of10000 != 0 && rng.chance(of10000); }
  Micros latency();
  /// How long until a side of a broken connection finds out.
  Micros notice();
  bool loses();
  bool duplicates();
  bool breaks_connection();
  bool is_cut(const std::string& participant) const;
  bool clients_cut() const { return clients_cut_; }
  bool can_reach(const Instance& instance, const Coordinator& coordinator) const;
  void note(Fault fault) { ++faults[static_cast<std::size_t>(fault)]; }
  void show(const std::string& from, const session::Message& message);

  Coordinator& coordinator() { return *coordinator_; }
  Callback& callback(const std::string& participant);
  Instance* some_instance(std::size_t participant);
  std::vector<std::size_t> some_participants(std::size_t count);
  std::size_t some_branch_count();
  Millis transaction_timeout();
  /// A request over HTTP: lost, late, or answered once; null when nothing came in time.
  void http(request::Request request, std::function<void(const answer::Answer*)> heard);

  // ---- the coordinator's environment ----
  void start_later(Coordinator& coordinator);
  void log_failed(Coordinator& coordinator);
  void refused_start(Coordinator& coordinator, const wal::OpenError& error);

  Plan plan;
  Rng rng;
  Clock clock;
  Trace trace;
  Oracle oracle;
  Limits limits;
  LogId log_id;
  FaultCounts faults{};
  Millis suspended = 0;      // the steady clock jumped so much
  Millis calendar_skew = 0;  // and the calendar
  std::uint64_t connections = 0;
  std::uint64_t crashes = 0;
  Micros operation_gap = 0;
  /// An id that anybody may come upon: people ask about it and act on it.
  void meet(const TransactionId& id);

 private:
  void make_people(const MakeStorage& make_storage);
  void plan_faults();  // faults.cpp, like all below
  void plan_crashes(Micros span);
  void plan_network(Micros span);
  void plan_directory(Micros span);
  void plan_people(Micros span);
  void kill_coordinator();
  void kill_participant();
  void cut_somebody();
  void pause_somebody();
  void inspect();
  void operate();
  void meddle();
  void look_after();
  void restart_at_work();
  void act_on(const TransactionView& view);
  void resolve(const BranchId& branch);
  void say_as_stranger();
  void retire(const std::string& participant);
  void say_retired();
  void restore_backup(std::unique_ptr<Storage> backup);
  void start_old_copy(std::unique_ptr<Storage> copy);
  void question_old_copy();
  void end_old_copy();
  std::pair<EpochId, Lsn> highest_seen() const;

  void heal();
  void audit();
  bool is_over() const;
  void finish_by_hand();
  void show_what_is_left();
  std::string live_transactions();

  bool faults_on_ = true;
  bool clients_cut_ = false;
  bool by_hand_ = false;  // an operator acted, or a log was restored: leftovers are settled by hand
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<Coordinator> old_copy_;
  EpochId copied_epoch_;  // of the copied directory
  Lsn copied_lsn_ = 0;
  std::vector<std::unique_ptr<Database>> databases_;  // by participant, like the plan
  std::vector<std::unique_ptr<Instance>> instances_;
  std::vector<std::unique_ptr<Callback>> callbacks_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Micros> cut_until_;  // by participant
  std::string retired_;
  std::vector<TransactionId> known_;  // met lately
  std::uint64_t stranger_ = 0;        // its connection
  std::uint64_t stranger_life_ = 0;
};

}  // namespace troth::sim
