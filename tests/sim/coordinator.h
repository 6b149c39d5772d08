// tests/sim/coordinator.h: trothd without sockets: the real engine on a log of the simulator, started, killed and
// stopped.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "coordinator/engine/engine.h"
#include "recovery/compaction.h"
#include "tests/sim/oracle.h"
#include "tests/sim/process.h"
#include "tests/sim/storage.h"
#include "tests/sim/trace.h"
#include "tests/sim/wire.h"

namespace troth::sim {

class World;

class Coordinator final : public Process, private engine::Outbox {
 public:
  using Heard = std::function<void(answer::Answer)>;

  Coordinator(World& world, std::string name, std::unique_ptr<Storage> storage);
  ~Coordinator() override;

  /// Opens the log; serves when its new epoch is durable. Nothing when the directory may not be started.
  void start();
  void kill(Fall how);
  /// SIGTERM: drain, then an orderly stop, then a start.
  void restart_in_order();
  bool serving() const { return serving_; }
  /// Serves, and nothing is left to do but to show heuristics.
  bool is_idle() const;
  /// Looks at its clock again.
  void wake() { turn_soon(); }
  Lsn durable_lsn() const { return running_->durable(); }
  /// Nobody can have been told of a later one, by any start on any directory of this coordinator.
  Lsn highest_lsn() const { return highest_lsn_; }
  /// What its log says is not held against anybody: an old copy.
  void do_not_record() { recorded_ = false; }
  bool is_old_copy() const { return engine_ && engine_->is_old_copy(); }
  EpochId epoch() const { return epoch_; }
  Storage& storage() { return *storage_; }
  /// `older`: the directory may know less than was told, so what it lacks is excused.
  void replace_storage(std::unique_ptr<Storage> storage, bool older);

  /// A request that has arrived; `heard` gets the answer unless this start of the process is over before.
  void ask(request::Request request, std::optional<engine::InSession> in_session, Heard heard);
  void post(engine::Command command);
  /// What a participant has said arrives.
  void hear(const session::Message& message);

  // ---- participants' connections (wire.cpp) ----
  void dialled(const std::shared_ptr<Wire>& wire) { dialled_.push_back(wire); }
  void heard(const std::shared_ptr<Wire>& wire, const std::vector<session::Message>& messages);
  void lost(const std::shared_ptr<Wire>& wire);

 private:
  class Log;
  void release(std::vector<engine::Outgoing>& batch) override;
  void greeted(const std::shared_ptr<Wire>& wire, const session::Hello& hello);
  void release(engine::Reply& reply);
  void release(engine::ToSession& to);
  void release(const engine::OutcomesTold& told);
  void release(engine::CloseSession& close);
  void release(engine::ToCallback& to);
  void serve(recovery::Known known);
  void turn();
  void turn_soon();
  void arrange_write();
  void write();
  void arrange_wake();
  void arrange_compaction();
  void compact();
  core::Now now() const;
  void drop_connections();
  void stop_log();

  World& world_;
  std::string name_;
  std::unique_ptr<Storage> storage_;
  bool older_ = false;  // the directory may know less than was told
  bool recorded_ = true;
  Lsn highest_lsn_ = 0;
  std::unique_ptr<RunningLog> running_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<recovery::Compaction> compaction_;  // under way
  std::unique_ptr<engine::Engine> engine_;
  EpochId epoch_;
  bool serving_ = false;
  bool draining_ = false;
  bool turn_due_ = false;
  bool write_due_ = false;
  Micros wake_at_ = 0;
  std::vector<engine::Command> inbox_;
  engine::ReplyTo last_reply_ = 0;
  struct Asked {
    std::optional<TransactionId> about;
    bool keyed = false;
    Heard heard;
  };
  std::unordered_map<engine::ReplyTo, Asked> asked_;
  std::unordered_map<engine::ConnectionId, std::shared_ptr<Wire>> wires_;
  std::vector<std::weak_ptr<Wire>> dialled_;  // every one of this life: a process that dies takes them along
  std::unordered_map<engine::ConnectionId, std::vector<session::Message>> frames_;  // of this turn
};

}  // namespace troth::sim
