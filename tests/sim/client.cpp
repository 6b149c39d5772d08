#include "tests/sim/client.h"

#include <algorithm>

#include "tests/sim/world.h"

namespace troth::sim {
namespace {

constexpr Micros kAgainMax = 150 * kMillisecond;
constexpr int kTriesOfAKey = 400;  // longer than any fault lasts
constexpr int kTriesOfAnEnd = 400;

bool is_outcome(const Result& result) {
  return result.kind == Result::kCommitted || result.kind == Result::kAborted;
}
/// Nobody will ever say more about it.
bool is_final(const Result& result) {
  return is_outcome(result) || result.kind == Result::kExpired || result.kind == Result::kAskOperator;
}

}  // namespace

/// An interactive transaction under way.
struct Client::Operation {
  std::string label;
  TransactionId id;
  std::vector<std::size_t> participants;  // by number, still to be enlisted
  std::uint32_t branches = 0;
  std::uint32_t wanted = 0;
  bool refused = false;
  bool counts = false;   // says how many branches it has in mind
  bool hurried = false;  // commit was sent while an enlist was under way
  std::uint32_t under_way = 0;
};

Client::Client(World& world, std::string name, std::uint32_t operations)
    : Process(world.clock), world_(world), name_(std::move(name)), operations_(operations) {}

void Client::start() {
  begin_life();
  later(world_.rng.between(0, 20 * kMillisecond), [this] { next_operation(); });
}

void Client::next_operation() {
  if (begun_ == operations_) return;
  const std::string label = name_ + "-" + std::to_string(++begun_);
  ++open_;
  switch (world_.rng.below(8)) {
    case 0: run_plain(label); break;
    case 1:
    case 2: run_keyed(label); break;
    case 3:
    case 4:
    case 5: run_in_session(label); break;
    default: run_interactive(label); break;
  }
  later(world_.rng.between(0, world_.operation_gap), [this] { next_operation(); });
}

request::Begin Client::some_begin(const std::string& label, std::size_t count) {
  request::Begin begin;
  begin.label = label;
  begin.commit = true;
  begin.wait = world_.chance(3'000) ? Wait::kCompleted : Wait::kDecided;
  begin.timeout_ms = world_.transaction_timeout();
  begin.one_phase = count == 1 && world_.chance(7'000);
  for (const std::size_t i : world_.some_participants(count)) {
    begin.branches.push_back({world_.plan.participants[i].name, "", PayloadType::kJson, "{}"});
  }
  return begin;
}

void Client::finish(const Result& result, const std::string& label) {
  --open_;
  if (is_outcome(result)) {
    world_.oracle.client_heard(label, result.committed() ? Outcome::kCommitted : Outcome::kAborted);
  } else {
    world_.trace.line(name_, " does not know what became of ", label, ": ", result.problem);
  }
}

void Client::ask(request::Request request, Heard heard) {
  world_.http(std::move(request), [heard = std::move(heard)](const answer::Answer* answer) {
    if (!answer) return heard(nullptr);
    std::visit(
        [&](const auto& one) {
          if constexpr (std::is_constructible_v<sdk::Answer, decltype(one)>) {
            const sdk::Answer known = one;
            heard(&known);
          } else {
            heard(nullptr);
          }
        },
        *answer);
  });
}

void Client::run_plain(const std::string& label) {
  ask(some_begin(label, world_.some_branch_count()),
      [this, label](const sdk::Answer* answer) { finish(answer ? sdk::to_result(*answer) : Result{}, label); });
}

// ---- with a key ----

void Client::run_keyed(const std::string& label) {
  auto begin = std::make_shared<request::Begin>(some_begin(label, world_.some_branch_count()));
  begin->origin.key = label;
  begin->origin.request_hash = "0123456789abcdef";
  ask_keyed(begin, label, 0);
}

void Client::ask_keyed(std::shared_ptr<request::Begin> begin, const std::string& label, int tries) {
  ask(*begin, [this, begin, label, tries](const sdk::Answer* answer) {
    const Result result = answer ? sdk::to_result(*answer) : Result{};
    if (is_final(result) || tries == kTriesOfAKey) return finish(result, label);
    later(world_.rng.between(1, kAgainMax), [this, begin, label, tries] { ask_keyed(begin, label, tries + 1); });
  });
}

// ---- in a client session ----

void Client::run_in_session(const std::string& label) {
  const Millis patience = 3'600'000;
  window_.add(some_begin(label, world_.some_branch_count()), world_.clock.now() / kMillisecond + patience,
              [this, label](Result result) { finish(result, label); });
  if (!session_up_) return connect_session();
  pump_session();
}

void Client::connect_session() {
  if (session_up_) return;
  Coordinator& coordinator = world_.coordinator();
  if (!coordinator.serving() || world_.clients_cut()) {
    return later(world_.rng.between(1, kAgainMax), [this] { connect_session(); });
  }
  session_up_ = true;
  ++session_life_;
  session_server_life_ = coordinator.life();
  sdk::Completions completions;
  window_.welcomed({world_.log_id, coordinator.epoch(), {}, 16}, completions);
  for (auto& [done, result] : completions) done(std::move(result));
  pump_session();
}

void Client::pump_session() {
  Coordinator& coordinator = world_.coordinator();
  const bool broken =
      coordinator.life() != session_server_life_ || !coordinator.serving() || world_.breaks_connection();
  if (broken) {
    session_up_ = false;
    sdk::Completions completions;
    window_.lost(sdk::Loss::kLink, "cut", completions);
    for (auto& [done, result] : completions) done(std::move(result));
    return later(world_.rng.between(1, kAgainMax), [this] { connect_session(); });
  }
  for (auto& request : window_.next()) {
    later(world_.latency(), [this, request, life = session_life_] {
      Coordinator& server = world_.coordinator();
      if (life != session_life_ || server.life() != session_server_life_) return;
      auto& begin = std::get<request::Begin>(request.body);
      world_.oracle.first_sent(begin.label, request.first_epoch);
      const engine::InSession from{name_ + "-session-id-16b", request.sequence, request.acked_below,
                                   request.first_epoch, request.problem};
      server.ask(begin, from, [this, life, sequence = request.sequence](const answer::Answer& answer) {
        client_session::Reply reply;
        reply.sequence = sequence;
        if (const auto* refused = std::get_if<answer::Refused>(&answer)) reply.answer = *refused;
        if (const auto* told = std::get_if<answer::Transaction>(&answer)) reply.answer = *told;
        later(world_.latency(), [this, life, reply] { session_heard(life, reply); });
      });
    });
  }
  // A server that is gone is noticed by and by, also when nothing is sent.
  if (window_.open() > 0) {
    later(50 * kMillisecond, [this, life = session_life_] {
      if (life == session_life_ && session_up_) pump_session();
    });
  }
}

void Client::session_heard(std::uint64_t life, client_session::Reply reply) {
  if (life != session_life_ || !session_up_) return;
  sdk::Completions completions;
  window_.replied(std::move(reply), completions);
  for (auto& [done, result] : completions) done(std::move(result));
}

// ---- step by step ----

void Client::run_interactive(const std::string& label) {
  auto operation = std::make_shared<Operation>();
  operation->label = label;
  operation->participants = world_.some_participants(world_.some_branch_count());
  request::Begin begin;
  begin.label = label;
  begin.timeout_ms = world_.transaction_timeout();
  begin.one_phase = operation->participants.size() == 1 && world_.chance(8'000);
  ask(begin, [this, operation](const sdk::Answer* answer) {
    const auto* begun = answer ? std::get_if<answer::Transaction>(answer) : nullptr;
    if (!begun) return finish(Result{}, operation->label);  // it dies at its deadline, if it lives
    operation->id = begun->view.id;
    world_.meet(operation->id);
    enlist(operation);
  });
}

void Client::enlist(const std::shared_ptr<Operation>& operation) {
  const auto participants = std::exchange(operation->participants, {});
  operation->wanted = static_cast<std::uint32_t>(participants.size());
  operation->under_way = static_cast<std::uint32_t>(participants.size());
  operation->hurried = world_.faults_on() && world_.chance(2'000);
  for (const std::size_t i : participants) {
    Instance* instance = world_.some_instance(i);
    if (instance && world_.chance(7'000)) {
      later(world_.latency(), [this, operation, instance] {
        instance->work(operation->id, "", [this, operation](const std::string& problem) {
          later(world_.latency(), [this, operation, problem] { enlisted(operation, problem.empty()); });
        });
      });
      continue;
    }
    const request::NewBranch branch{world_.plan.participants[i].name, "", PayloadType::kJson, "{}"};
    ask(request::Enlist{operation->id, branch}, [this, operation](const sdk::Answer* answer) {
      enlisted(operation, answer && std::holds_alternative<answer::Branch>(*answer));
    });
  }
  if (!operation->hurried) return;
  operation->counts = world_.chance(5'000);
  if (operation->counts) world_.oracle.expects(operation->label, operation->wanted);
  end(operation, 0);
}

void Client::enlisted(const std::shared_ptr<Operation>& operation, bool accepted) {
  --operation->under_way;
  if (accepted) {
    ++operation->branches;
  } else {
    operation->refused = true;
  }
  if (operation->under_way == 0 && !operation->hurried) end(operation, 0);
}

void Client::end(const std::shared_ptr<Operation>& operation, int tries) {
  request::Request request = request::Abort{operation->id, ""};
  const bool commits = !operation->refused && !(world_.faults_on() && world_.chance(300));
  if (operation->hurried) {
    request = request::Commit{operation->id, Wait::kDecided,
                              operation->counts ? std::optional(operation->wanted) : std::nullopt};
  } else if (commits) {
    request = request::Commit{operation->id, world_.chance(3'000) ? Wait::kCompleted : Wait::kDecided,
                              world_.chance(5'000) ? std::optional(operation->branches) : std::nullopt};
  }
  ask(std::move(request), [this, operation, tries](const sdk::Answer* answer) {
    const Result result = answer ? sdk::to_result(*answer) : Result{};
    const bool over = is_final(result) || tries == kTriesOfAnEnd || result.problem == "no-branches";
    if (over) return finish(result, operation->label);
    later(world_.rng.between(1, kAgainMax), [this, operation, tries] { end(operation, tries + 1); });
  });
}

}  // namespace troth::sim
