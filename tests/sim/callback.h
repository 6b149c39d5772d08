// tests/sim/callback.h: a callback participant: a handler of calls, and the network between it and the coordinator,
// which loses, delays and duplicates them one by one.
#pragma once

#include <memory>
#include <string>

#include "proto/values/messages.h"
#include "tests/sim/coordinator.h"
#include "tests/sim/database.h"
#include "tests/sim/process.h"

namespace troth::sim {

class World;

class Callback final : public Process {
 public:
  Callback(World& world, Database& database, const ParticipantPlan& plan);

  void start();
  void kill();
  const std::string& participant() const { return plan_.name; }
  /// The coordinator's call: answered by exactly one CallbackSaid or CallbackFailed in the same life of it.
  void call(Coordinator& coordinator, session::Message message);

 private:
  struct Call;
  void arrive(const std::shared_ptr<Call>& call);
  session::Message handle(const session::Message& message);
  void ask_about_doubts();
  Micros work_time();

  World& world_;
  Database& database_;
  const ParticipantPlan& plan_;
};

}  // namespace troth::sim
