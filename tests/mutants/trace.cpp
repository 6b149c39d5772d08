// Prints digests of many seeded steps of core, engine and branch machine. Built twice, over the product's libraries and
// over the mutable ones: with no mutant active both print the same. Takes the name of a mutant, where there are any.
#include <iostream>
#include <random>

#include "participant-sdk/core/branch.h"
#include "tests/core/core_test_kit.h"
#include "tests/engine/world.h"
#ifdef TROTH_HAS_MUTANTS
#include "tests/mutants/mutant.h"
#endif

namespace troth {
namespace {

constexpr unsigned kHistories = 400;
constexpr int kEventsEach = 60;

/// FNV-1a over everything that is put in.
class Digest {
 public:
  void put(std::string_view text) {
    for (const char c : text) mix(static_cast<unsigned char>(c));
    mix(0x100);
  }
  template <typename Number>
  requires(std::is_integral_v<Number> || std::is_enum_v<Number>) void put(Number number) {
    mix(static_cast<std::uint64_t>(number));
  }
  void print(const char* what, unsigned seed) const { std::cout << what << ' ' << seed << ' ' << value_ << '\n'; }

 private:
  void mix(std::uint64_t bits) { value_ = (value_ ^ bits) * 0x100000001b3ULL; }
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

/// Any numbers in any order: seeded.
class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  bool chance(std::uint32_t percent) { return below(100) < percent; }

 private:
  std::mt19937_64 random_;
};

// ---- core ----

core::Event some_event(Dice& dice) {
  const std::uint32_t n = 1 + dice.below(3);
  const std::string who(1, static_cast<char>('a' + n - 1));
  const std::string instance = who + (dice.chance(15) ? "-2" : "-1");
  const std::string incarnation = dice.chance(15) ? "second" : "first";
  switch (dice.below(14)) {
    case 0: return core::event::Enlist{5, core::test::session(who, dice.chance(50)), 4};
    case 1: return core::event::Commit{6, Wait::kCompleted, 20'000, std::nullopt};
    case 2: return core::event::Ack{n, who, instance, static_cast<AckResult>(dice.below(6))};
    case 3: return core::event::Ack{n, who, instance, AckResult::kCommitted};
    case 4: return core::event::Listed{n, who, instance, incarnation};
    case 5: return core::event::Inquired{n, who, instance};
    case 6: return core::event::Reachable{n};
    case 7: return core::event::Unreachable{n};
    case 8: return core::event::Reincarnated{who, instance, incarnation};
    case 9: return core::event::AttemptFailed{n, "timeout", "", 0};
    case 10: return core::event::Tick{};
    case 11:
      return core::event::Resolve{8, n, static_cast<ResolveAction>(dice.below(3)), "r", "a", dice.chance(50), false};
    default: {
      const auto vote = dice.chance(75) ? VoteKind::kCommit : static_cast<VoteKind>(dice.below(3));
      return core::event::Vote{n, who, instance, incarnation, vote, "because"};
    }
  }
}

void put(Digest& digest, const core::Transaction& transaction) {
  digest.put(transaction.phase);
  digest.put(transaction.revision);
  digest.put(transaction.outcome ? static_cast<int>(*transaction.outcome) : -1);
  digest.put(transaction.waiters.size());
  for (const core::Branch& branch : transaction.branches) {
    digest.put(branch.state);
    digest.put(branch.vote ? static_cast<int>(*branch.vote) : -1);
    digest.put(branch.heuristic ? static_cast<int>(*branch.heuristic) : -1);
    digest.put(branch.settled);
    digest.put(branch.attempts);
    digest.put(branch.retry_due);
    digest.put(core::decision_for(transaction, branch.n));
  }
}

void trace_core(unsigned seed) {
  Dice dice(seed);
  Digest digest;
  core::test::Stage stage;
  const std::uint32_t count = 1 + dice.below(3);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string who(1, static_cast<char>('a' + i));
    const auto branch = dice.chance(25) ? core::test::callback(who) : core::test::session(who, dice.chance(30));
    stage.happen(core::event::Enlist{0, branch, 64});
  }
  stage.transaction.one_phase_wanted = dice.chance(50);
  if (dice.chance(80)) stage.commit(1);
  for (int i = 0; i < kEventsEach; ++i) {
    stage.now.due += dice.below(800);
    stage.happen(some_event(dice));
    put(digest, stage.transaction);
    digest.put(core::wake_due(stage.transaction));
    for (const auto& fact : stage.out.facts) digest.put(codec::encode(fact));
    for (const auto& effect : stage.out.effects) digest.put(effect.index());
    digest.put(stage.out.ended);
  }
  digest.print("core", seed);
}

// ---- the branch machine ----

sdk::Event some_arrival(Dice& dice) {
  Branch branch;
  branch.attempt = 1 + dice.below(2);
  branch.joined = dice.chance(30);
  switch (dice.below(9)) {
    case 0:
    case 1: return sdk::event::PrepareCame{branch, dice.chance(5)};
    case 2: return sdk::event::CommitCame{1};
    case 3: return sdk::event::AbortCame{};
    case 4: return sdk::event::DecisionCame{static_cast<DecisionKind>(dice.below(5))};
    case 5: return sdk::event::EnlistAccepted{10'000};
    case 6: return sdk::event::Connected{};
    case 7: return sdk::event::OnePhaseCame{branch, dice.chance(80)};
    default: return sdk::event::Listed{};
  }
}

sdk::Event some_return(Dice& dice) {
  switch (dice.below(5)) {
    case 0: return sdk::event::Threw{"why"};
    case 1: return sdk::event::Traced{dice.chance(50)};
    case 2: return sdk::event::Acked{static_cast<AckResult>(dice.below(6))};
    default: return sdk::event::Voted{static_cast<VoteKind>(dice.below(3)), ""};
  }
}

void trace_branch(unsigned seed) {
  Dice dice(seed);
  Digest digest;
  sdk::BranchState state;
  std::vector<sdk::Effect> effects;
  Millis now = 1'000;
  for (int i = 0; i < kEventsEach; ++i) {
    now += dice.below(4'000);
    effects.clear();
    sdk::Event event = dice.chance(15)   ? sdk::Event(sdk::event::TimePassed{})
                       : dice.chance(45) ? some_return(dice)
                                         : some_arrival(dice);
    sdk::step(state, BranchId{core::test::some_id(), 1}, std::move(event), now, effects);
    for (const auto& effect : effects) {
      digest.put(effect.index());
      if (const auto* start = std::get_if<sdk::StartCall>(&effect)) digest.put(start->call);
      if (const auto* vote = std::get_if<session::Vote>(&effect)) digest.put(vote->vote);
      if (const auto* ack = std::get_if<session::Ack>(&effect)) digest.put(ack->result);
    }
    digest.put(state.standing);
    digest.put(state.call);
    digest.put(state.wake_due);
  }
  digest.print("branch", seed);
}

// ---- the engine: two participants that answer as dice fall, clients that repeat themselves, crashes ----

void put(Digest& digest, const engine::Outgoing& message) {
  digest.put(message.index());
  if (const auto* reply = std::get_if<engine::Reply>(&message)) {
    digest.put(reply->reply);
    digest.put(reply->answer.index());
    if (const auto* told = std::get_if<answer::Transaction>(&reply->answer)) digest.put(told->status);
  } else if (const auto* said = std::get_if<engine::ToSession>(&message)) {
    digest.put(said->connection);
    digest.put(said->message.index());
  }
}

void answer_all(test::World& world, std::vector<engine::Outgoing> batch, Dice& dice) {
  for (const auto& message : batch) {
    const auto* said = std::get_if<engine::ToSession>(&message);
    if (said == nullptr || dice.chance(20)) continue;
    if (const auto* prepare = std::get_if<session::Prepare>(&said->message)) {
      const auto vote = dice.chance(80) ? VoteKind::kCommit : static_cast<VoteKind>(dice.below(3));
      world.vote(said->connection, prepare->branch, vote);
    } else if (const auto* commit = std::get_if<session::Commit>(&said->message)) {
      world.ack(said->connection, commit->branch, AckResult::kCommitted);
    } else if (const auto* decision = std::get_if<session::Decision>(&said->message)) {
      world.say(said->connection, session::Inquire{decision->branch});
    }
  }
}

void trace_engine(unsigned seed) {
  Dice dice(seed);
  Digest digest;
  test::World world;
  for (int i = 0; i < kEventsEach; ++i) {
    switch (dice.below(10)) {
      case 0:
        if (dice.chance(30)) world.crash();
        break;
      case 1: world.connect(dice.chance(50) ? "a" : "b", "i", std::to_string(dice.below(2))); break;
      case 2:
      case 3: {
        auto begin = test::World::transfer({"a", "b"});
        if (dice.chance(50)) begin.origin.key = "key" + std::to_string(dice.below(3));
        world.ask(std::move(begin));
        break;
      }
      case 4: world.ask(request::Get{world.id(1 + dice.below(5)), std::nullopt}); break;
      case 5: world.pass(20'000); break;
      default: dice.chance(60) ? world.settle() : world.turn();
    }
    const auto batch = std::exchange(world.sent, {});
    for (const auto& message : batch) put(digest, message);
    answer_all(world, batch, dice);
  }
  digest.print("engine", seed);
}

}  // namespace
}  // namespace troth

int main(int argc, char** argv) {
#ifdef TROTH_HAS_MUTANTS
  if (argc > 1 && !troth::mutant::set(argv[1])) return 2;
#else
  if (argc > 1) return 2;
#endif
  static_cast<void>(argv);
  for (unsigned seed = 0; seed < troth::kHistories; ++seed) {
    troth::trace_core(seed);
    troth::trace_branch(seed);
    troth::trace_engine(seed);
  }
  return 0;
}
