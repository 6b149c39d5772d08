// Prints digests of many seeded steps of core, engine, branch machine and fence. Built twice, over the product's
// libraries and over the mutable ones: with no mutant active both print the same. Takes the name of a mutant, where
// there are any.
#include <iostream>
#include <random>

#include "participant-sdk/core/branch.h"
#include "participant-sdk/runtime/fence.h"
#include "tests/core/core_test_kit.h"
#include "tests/engine/world.h"
#ifdef TROTH_HAS_MUTANTS
#include "tests/mutants/mutant.h"
#endif

namespace troth {
namespace {

constexpr unsigned kHistories = 300;
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
    case 1: {
      const auto count = dice.chance(30) ? std::optional<std::uint32_t>(dice.below(4)) : std::nullopt;
      return core::event::Commit{6, Wait::kCompleted, 20'000, count};
    }
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

void happen_and_put(core::test::Stage& stage, Dice& dice, Digest& digest) {
  stage.now.due += dice.below(1'200);
  stage.happen(some_event(dice));
  put(digest, stage.transaction);
  digest.put(core::wake_due(stage.transaction));
  for (const auto& fact : stage.out.facts) digest.put(codec::encode(fact));
  for (const auto& effect : stage.out.effects) digest.put(effect.index());
  digest.put(stage.out.ended);
}

/// What a restart makes of the latest of `facts` that is one to start from, with what was reported and done since.
std::optional<core::Transaction> restored(const std::vector<Fact>& facts, core::Now now) {
  std::optional<core::Transaction> transaction;
  for (const Fact& fact : facts) {
    if (const auto* decided = std::get_if<fact::CommitDecided>(&fact)) transaction = core::restore(*decided, now);
    if (const auto* started = std::get_if<fact::PrepareStarted>(&fact)) transaction = core::restore(*started, now);
    if (const auto* started = std::get_if<fact::OnePhaseStarted>(&fact)) transaction = core::restore(*started, now);
    if (!transaction) continue;
    if (const auto* told = std::get_if<fact::HeuristicReported>(&fact)) core::restore_heuristic(*transaction, *told);
    if (const auto* acted = std::get_if<fact::OperatorActed>(&fact)) core::restore_act(*transaction, *acted);
  }
  return transaction;
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
  stage.transaction.deadline_due = 2'000 + dice.below(12'000);
  std::vector<Fact> facts;
  if (dice.chance(80)) {
    stage.commit(1);
    facts = stage.out.facts;
  }
  for (int i = 0; i < kEventsEach; ++i) {
    happen_and_put(stage, dice, digest);
    facts.insert(facts.end(), stage.out.facts.begin(), stage.out.facts.end());
  }
  if (auto again = restored(facts, stage.now)) {
    stage.transaction = std::move(*again);
    put(digest, stage.transaction);
    for (int i = 0; i < kEventsEach; ++i) happen_and_put(stage, dice, digest);
  }
  digest.print("core", seed);
}

// ---- the branch machine ----

sdk::Event some_arrival(Dice& dice) {
  Branch branch;
  branch.attempt = 1 + dice.below(2);
  branch.joined = dice.chance(30);
  switch (dice.below(11)) {
    case 0:
    case 1: return sdk::event::PrepareCame{branch, dice.chance(5)};
    case 2: return sdk::event::CommitCame{1};
    case 3: return sdk::event::AbortCame{};
    case 4:
    case 9: return sdk::event::DecisionCame{static_cast<DecisionKind>(dice.below(5))};
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

void trace_fence(unsigned seed) {
  Dice dice(seed);
  Digest digest;
  for (int i = 0; i < kEventsEach; ++i) {
    session::Welcome welcome;
    welcome.log = LogId{dice.below(2)};
    welcome.epoch = {dice.below(3), dice.below(2)};
    digest.put(sdk::refusal({{LogId{0}, 1, 0, 5}, {LogId{1}, 2, 1, 5}}, welcome));
  }
  digest.print("fence", seed);
}

// ---- the engine: two sessions and a callback that answer as dice fall, clients that repeat themselves, crashes ----

void put(Digest& digest, const engine::Outgoing& message) {
  digest.put(message.index());
  if (const auto* reply = std::get_if<engine::Reply>(&message)) {
    digest.put(reply->reply);
    digest.put(reply->answer.index());
    if (const auto* told = std::get_if<answer::Transaction>(&reply->answer)) {
      digest.put(told->status);
      digest.put(told->view.id.sequence);
    }
    if (const auto* refused = std::get_if<answer::Refused>(&reply->answer)) digest.put(refused->problem.slug);
  } else if (const auto* said = std::get_if<engine::ToSession>(&message)) {
    digest.put(said->connection);
    digest.put(said->message.index());
    if (const auto* told = std::get_if<session::Decision>(&said->message)) digest.put(told->decision);
    if (const auto* told = std::get_if<session::Forget>(&said->message)) digest.put(told->horizon.sequence);
  }
}

/// One history of an engine.
class EngineTrace {
 public:
  explicit EngineTrace(unsigned seed) : dice_(seed), gap_(dice_.chance(70)) {
    fact::ParticipantRegistered registered;
    registered.name = "c";
    registered.kind = ParticipantKind::kCallback;
    registered.url = "http://c";
    write(registered);
  }

  void run(unsigned seed) {
    for (int i = 0; i < kEventsEach; ++i) {
      happen();
      const auto batch = std::exchange(world_.sent, {});
      for (const auto& message : batch) {
        put(digest_, message);
        if (dice_.chance(80)) answer(message);
      }
    }
    digest_.print("engine", seed);
  }

 private:
  /// A record that another start left, found by the next.
  void write(const Fact& fact) {
    const auto record = recovery::to_record(fact);
    world_.log.append({&record, 1});
    world_.log.sync();
    world_.crash();
  }

  void happen() {
    switch (dice_.below(10)) {
      case 0: return crash();
      case 1: return connect();
      case 2:
      case 3: return begin();
      case 4: world_.ask(request::Get{some_id(), std::nullopt}); return;
      case 5: return world_.pass(20'000);
      case 6:
        if (connection_ != 0) world_.say(connection_, session::Inquire{{some_id(), 1}});
        return;
      default: return dice_.chance(60) ? world_.settle() : world_.turn();
    }
  }

  void crash() {
    if (dice_.chance(70)) return;
    const EpochId before = world_.epoch();
    if (std::exchange(gap_, false)) {
      write(fact::GapOpened{before, {before.epoch + 1, 0}, 0});
      asked_epoch_ = before;
    }
    if (dice_.chance(50)) {
      world_.rebuild();
    } else {
      world_.crash();
    }
    connection_ = 0;
  }
  void connect() { connection_ = world_.connect(dice_.chance(50) ? "a" : "b", "i", std::to_string(dice_.below(2))); }

  void begin() {
    auto begin = test::World::transfer(dice_.chance(20) ? std::vector<std::string>{"a", "c"}
                                                        : std::vector<std::string>{"a", "b"});
    if (dice_.chance(30)) begin.origin.key = "key" + std::to_string(dice_.below(3));
    if (!begin.origin.key.empty() || dice_.chance(50)) {
      world_.ask(std::move(begin));
      return;
    }
    begin.origin.client_session = "client";
    begin.origin.sequence = 1 + dice_.below(4);
    const EpochId present = world_.epoch();
    world_.ask(std::move(begin), dice_.chance(70) ? present : first_epoch_);
  }

  /// Of this start, or of an earlier one.
  TransactionId some_id() {
    TransactionId id = world_.id(1 + dice_.below(5));
    if (dice_.chance(50)) id.epoch = asked_epoch_;
    return id;
  }

  void answer(const engine::Outgoing& message) {
    if (const auto* posted = std::get_if<engine::ToCallback>(&message)) return answer(*posted);
    const auto* said = std::get_if<engine::ToSession>(&message);
    if (said == nullptr) return;
    if (const auto* prepare = std::get_if<session::Prepare>(&said->message)) {
      world_.vote(said->connection, prepare->branch, some_vote());
    } else if (const auto* commit = std::get_if<session::Commit>(&said->message)) {
      world_.ack(said->connection, commit->branch, AckResult::kCommitted);
    }
  }
  void answer(const engine::ToCallback& posted) {
    if (const auto* prepare = std::get_if<session::Prepare>(&posted.message)) {
      world_.inbox.push_back(engine::CallbackSaid{"c", session::Vote{prepare->branch, some_vote(), ""}});
    } else if (const auto* commit = std::get_if<session::Commit>(&posted.message)) {
      world_.inbox.push_back(engine::CallbackSaid{"c", session::Ack{commit->branch, AckResult::kCommitted}});
    }
  }
  VoteKind some_vote() { return dice_.chance(80) ? VoteKind::kCommit : static_cast<VoteKind>(dice_.below(3)); }

  /// Outcomes are forgotten while the history lasts.
  static Limits forgetful() {
    Limits limits;
    limits.retain_ms = limits.key_retain_ms = 60'000;
    return limits;
  }

  Dice dice_;
  Digest digest_;
  test::World world_{forgetful()};
  bool gap_;
  engine::ConnectionId connection_ = 0;
  EpochId first_epoch_ = world_.epoch();
  EpochId asked_epoch_ = first_epoch_;  // the one of the gap, once there is one
};

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
    troth::trace_fence(seed);
    troth::EngineTrace(seed).run(seed);
  }
  return 0;
}
