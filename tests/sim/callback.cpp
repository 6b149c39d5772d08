#include "tests/sim/callback.h"

#include <algorithm>

#include "proto/values/overloaded.h"
#include "tests/sim/world.h"

namespace troth::sim {
namespace {

constexpr Micros kTimeout = 150 * kMillisecond;
constexpr Micros kAskEvery = 700 * kMillisecond;

const BranchId& branch_of(const session::Message& message) {
  if (const auto* prepare = std::get_if<session::Prepare>(&message)) return prepare->branch;
  if (const auto* commit = std::get_if<session::Commit>(&message)) return commit->branch;
  return std::get<session::Abort>(message).branch;
}

AckResult to_result(Ack ack) {
  switch (ack) {
    case Ack::kCommitted: return AckResult::kCommitted;
    case Ack::kAborted: return AckResult::kAborted;
    case Ack::kHeuristicCommit: return AckResult::kHeuristicCommit;
    case Ack::kHeuristicAbort: return AckResult::kHeuristicAbort;
    case Ack::kHeuristicMixed: return AckResult::kHeuristicMixed;
    case Ack::kUnknownBranch: break;
  }
  return AckResult::kUnknownBranch;
}

}  // namespace

/// One call under way. The coordinator takes its first answer, or that there was none in time.
struct Callback::Call {
  Coordinator& coordinator;
  std::uint64_t life;
  session::Message message;
  bool over = false;
};

Callback::Callback(World& world, Database& database, const ParticipantPlan& plan)
    : Process(world.clock), world_(world), database_(database), plan_(plan) {}

void Callback::start() {
  begin_life();
  world_.trace.line(plan_.name, " starts");
  if (plan_.asks) ask_about_doubts();
}

void Callback::kill() {
  world_.trace.line(plan_.name, " is KILLED");
  end_life();
}

Micros Callback::work_time() {
  const bool slow = plan_.slow && world_.faults_on();
  return world_.rng.between(1, slow ? 400 * kMillisecond : 3 * kMillisecond);
}

void Callback::call(Coordinator& coordinator, session::Message message) {
  auto call = std::make_shared<Call>(Call{coordinator, coordinator.life(), std::move(message)});
  const BranchId branch = branch_of(call->message);
  const auto fail = [call, branch](bool sent, const char* code) {
    if (std::exchange(call->over, true) || call->coordinator.life() != call->life) return;
    call->coordinator.post(engine::CallbackFailed{branch, sent, code, "", 0});
  };
  if (!alive() || world_.is_cut(plan_.name)) {
    return coordinator.later(world_.latency(), [fail] { fail(false, "connection-refused"); });
  }
  coordinator.later(kTimeout, [fail] { fail(true, "timeout"); });
  const int copies = world_.duplicates() ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    if (world_.loses()) continue;
    world_.clock.at(world_.clock.now() + world_.latency(), [this, call] {
      if (alive()) later(0, [this, call] { arrive(call); });
    });
  }
}

/// The handler runs, and is done some time later; its process may die before, and the answer may be lost.
void Callback::arrive(const std::shared_ptr<Call>& call) {
  later(work_time(), [this, call] {
    if (world_.chance(world_.plan.throws)) return;  // 500: no usable answer
    session::Message said = handle(call->message);
    if (world_.loses() || world_.is_cut(plan_.name)) return;
    world_.clock.at(world_.clock.now() + world_.latency(), [call, said = std::move(said), name = plan_.name] {
      if (call->coordinator.life() != call->life) return;
      call->coordinator.later(0, [call, said, name] {
        if (std::exchange(call->over, true)) return;
        call->coordinator.hear(said);
        call->coordinator.post(engine::CallbackSaid{name, said});
      });
    });
  });
}

session::Message Callback::handle(const session::Message& message) {
  Branch branch;
  branch.id = branch_of(message);
  return std::visit(Overloaded{
                        [&](const session::Prepare& m) -> session::Message {
                          branch.attempt = m.attempt;
                          const Vote vote = database_.prepare(branch, true);
                          if (vote.kind() != Vote::kCommit) database_.take_no_part(branch.id);
                          const VoteKind kind = vote.kind() == Vote::kCommit     ? VoteKind::kCommit
                                                : vote.kind() == Vote::kReadOnly ? VoteKind::kReadOnly
                                                                                 : VoteKind::kAbort;
                          return session::Vote{m.branch, kind, vote.reason()};
                        },
                        [&](const session::Commit& m) -> session::Message {
                          return session::Ack{m.branch, to_result(database_.commit(branch))};
                        },
                        [&](const session::Abort& m) -> session::Message {
                          return session::Ack{m.branch, to_result(database_.abort(branch))};
                        },
                        [](const auto& other) -> session::Message { return other; },
                    },
                    message);
}

/// What it holds prepared for long it asks about: by the decision route, or by what `/prepared` shows when asked.
void Callback::ask_about_doubts() {
  later(kAskEvery, [this] {
    Coordinator& coordinator = world_.coordinator();
    if (coordinator.serving() && !world_.is_cut(plan_.name)) {
      session::Recover listed;
      for (const BranchId& id : database_.in_doubt()) {
        if (world_.chance(5'000)) {
          listed.branches.push_back(id);
          continue;
        }
        coordinator.ask(request::GetDecision{id}, std::nullopt,
                        [this, id, life = life()](const answer::Answer& answer) {
                          const auto* decision = std::get_if<answer::Decision>(&answer);
                          if (!decision || world_.loses() || life != this->life()) return;
                          later(world_.latency(), [this, id, kind = decision->view.decision] {
                            Branch branch;
                            branch.id = id;
                            const auto doubts = database_.in_doubt();
                            if (std::find(doubts.begin(), doubts.end(), id) == doubts.end())
                              return;  // settled meanwhile
                            if (kind == DecisionKind::kCommit) database_.commit(branch);
                            if (kind == DecisionKind::kAbort) database_.abort(branch);
                          });
                        });
      }
      if (!listed.branches.empty()) coordinator.post(engine::CallbackSaid{plan_.name, listed});
    }
    ask_about_doubts();
  });
}

}  // namespace troth::sim
