#include "tests/explore/coordinator.h"

#include <algorithm>

#include "proto/values/overloaded.h"

namespace troth::explore {
namespace {

constexpr core::ReplyTo kToSession = 9;

Told meaning_of(const core::Transaction& transaction) {
  if (!transaction.outcome) return Told::kNothing;
  return *transaction.outcome == Outcome::kCommitted ? Told::kCommitted : Told::kAborted;
}

Say decision_said(DecisionKind decision) {
  switch (decision) {
    case DecisionKind::kCommit: return Say::kDecideCommit;
    case DecisionKind::kAbort: return Say::kDecideAbort;
    case DecisionKind::kUndecided: return Say::kDecideUndecided;
    case DecisionKind::kUnknown:
    case DecisionKind::kForeignLog: break;
  }
  return Say::kDecideUnknown;
}

}  // namespace

int participant_of(const World& world, std::uint32_t n) {
  for (int who = 0; who < kMaxParticipants; ++who) {
    if (world.participants[who].n == n) return who;
  }
  return -1;
}

bool has_fact(const World& world, FactKind kind, bool durable_only) {
  const std::size_t end = durable_only ? world.durable : world.log.count;
  for (std::size_t i = 0; i < end; ++i) {
    if (world.log.items[i].kind == kind) return true;
  }
  return false;
}

std::uint8_t last_forced(const World& world) {
  std::uint8_t lsn = 0;
  for (std::size_t i = 0; i < world.log.count; ++i) {
    if (world.log.items[i].kind != FactKind::kEnded) lsn = static_cast<std::uint8_t>(i + 1);
  }
  return lsn;
}

void tell(World& world, Told what) {
  if (what == Told::kNothing) return;
  const bool has_decided = has_fact(world, FactKind::kCommitDecided);
  if (what == Told::kCommitted && !has_fact(world, FactKind::kCommitDecided, true)) {
    world.break_promise("committed is told before CommitDecided is durable");
  }
  if (what == Told::kAborted && has_decided) world.break_promise("aborted is told though CommitDecided is in the log");
  if (world.told != Told::kNothing && world.told != what)
    world.break_promise("told is not done: another outcome is told");
  world.told = what;
}

// ---- the step and the write-ahead rule ----

void Coordinator::apply(World& world, const core::Event& event, Millis now) const {
  if (!world.live) return;
  static thread_local core::Output output;
  output.facts.clear();
  output.effects.clear();
  output.ended = false;
  core::Transaction& transaction = world.transaction;
  const core::Now at{now, now};
  static const core::Timing kTiming{};
  if (cells_ != nullptr) cells_->note(transaction, event, at);
  const std::size_t branches = transaction.branches.size();
  const bool was_open = transaction.phase == Phase::kActive;
  core::step(transaction, event, at, kTiming, output);
  note_new_branches(world, transaction, branches, was_open);
  for (const Fact& fact : output.facts) append(world, fact);
  if (output.ended) append(world, LogFact{FactKind::kEnded});
  for (const core::Effect& effect : output.effects) emit(world, effect);
  if (transaction.phase == Phase::kFinished && !core::heuristic_of(transaction)) leave(world);
}

void Coordinator::note_new_branches(World& world, const core::Transaction& transaction, std::size_t before,
                                    bool was_open) const {
  for (std::size_t i = before; i < transaction.branches.size(); ++i) {
    Participant& participant = world.participants[participant_of(transaction.branches[i].participant)];
    participant.n = transaction.branches[i].n;
    participant.enlisted = true;
    if (!was_open) world.break_promise("a branch is accepted after prepare began");
  }
}

void Coordinator::leave(World& world) const {
  world.live = false;
  world.rests_on = 0;
  world.transaction.branches.clear();
  world.transaction.waiters.clear();
  for (Participant& participant : world.participants) participant.n = 0;
}

void Coordinator::append(World& world, LogFact fact) const {
  if (!world.log.push(fact)) world.break_promise("the model's log is too short");
}

void Coordinator::append(World& world, const Fact& fact) const {
  const auto who = [&](const BranchId& branch) { return static_cast<std::uint8_t>(participant_of(world, branch.n)); };
  std::visit(Overloaded{
                 [&](const fact::PrepareStarted&) { append(world, LogFact{FactKind::kPrepareStarted}); },
                 [&](const fact::OnePhaseStarted&) { append(world, LogFact{FactKind::kOnePhaseStarted}); },
                 [&](const fact::AbortTold&) { append(world, LogFact{FactKind::kAbortTold}); },
                 [&](const fact::CommitDecided& f) {
                   LogFact decided{FactKind::kCommitDecided};
                   for (const auto& row : f.branches) {
                     if (row.read_only) decided.what |= static_cast<std::uint8_t>(1u << participant_of(world, row.n));
                   }
                   append(world, decided);
                 },
                 [&](const fact::HeuristicReported& f) {
                   append(world, LogFact{FactKind::kHeuristic, who(f.branch), static_cast<std::uint8_t>(f.kind)});
                 },
                 [&](const fact::OperatorActed& f) {
                   const auto more =
                       static_cast<std::uint8_t>(f.contradicts | (static_cast<unsigned>(f.heuristic) << 1));
                   append(world, LogFact{FactKind::kActed, who(f.branch), static_cast<std::uint8_t>(f.act), more});
                 },
                 [](const auto&) {},
             },
             fact);
  world.rests_on = world.log.count;
  if (world.told == Told::kAborted && std::holds_alternative<fact::CommitDecided>(fact)) {
    world.break_promise("told is not done: commit is decided after an abort was told");
  }
}

void Coordinator::sync(World& world) const {
  ++world.durable;
  for (int who = 0; who < config_.participants(); ++who) {
    const auto held = world.participants[who].held;
    world.participants[who].held.erase_if([&](const Held& one) { return one.rests_on <= world.durable; });
    for (const Held& one : held) {
      if (one.rests_on <= world.durable) release(world, who, one.what);
    }
  }
  for (const HeldReply& one : world.replies) {
    if (one.rests_on <= world.durable) tell(world, one.meaning);
  }
  world.replies.erase_if([&](const HeldReply& one) { return one.rests_on <= world.durable; });
}

// ---- what leaves ----

void Coordinator::emit(World& world, const core::Effect& effect) const {
  namespace e = core::effect;
  const auto repeated = [](std::uint32_t attempt, Say first, Say again) { return attempt >= 2 ? again : first; };
  std::visit(
      Overloaded{
          [&](const e::SendPrepare& s) { send(world, s.n, repeated(s.attempt, Say::kPrepare, Say::kPrepareAgain)); },
          [&](const e::SendOnePhase& s) { send(world, s.n, repeated(s.attempt, Say::kOnePhase, Say::kOnePhaseAgain)); },
          [&](const e::SendCommit& s) { send(world, s.n, Say::kCommit); },
          [&](const e::SendAbort& s) { send(world, s.n, Say::kAbort); },
          [&](const e::SendForget& s) {
            const int who = participant_of(world, s.n);
            if (world.participants[who].coordinator_open) say(world, who, Say::kForget, world.log.count);
          },
          [&](const e::Decide& s) { decide(world, participant_of(s.participant), s.decision, world.rests_on); },
          [&](const e::ReplyTransaction& s) {
            reply(world, s.reply, s.status == 200 ? meaning_of(world.transaction) : Told::kNothing);
          },
          [&](const e::ReplyBranch& s) {
            if (s.reply == kToSession) say(world, enlisting_, Say::kEnlisted, world.rests_on);
          },
          [&](const e::ReplyProblem& s) {
            const bool is_outcome = s.slug == Slug::kAborted || s.slug == Slug::kCommitted;
            if (s.reply == kToSession) return say(world, enlisting_, Say::kEnlistRefused, world.rests_on);
            if (is_outcome) reply(world, s.reply, meaning_of(world.transaction));
          },
          [](const e::ReplyDryRun&) {},
      },
      effect);
}

bool Coordinator::may_carry(const World& world, int who) const {
  const Participant& participant = world.participants[who];
  if (!participant.coordinator_open || participant.n == 0) return false;
  const core::Branch& branch = world.transaction.branches[participant.n - 1];
  if (branch.instance.empty()) return true;
  const bool is_prepared = branch.vote.has_value() || !branch.joined || world.transaction.one_phase_started;
  return is_prepared || branch.incarnation[0] - '0' == participant.connected_as;
}

void Coordinator::send(World& world, std::uint32_t n, Say what) const {
  const int who = participant_of(world, n);
  if (who < 0) return;
  if (is_callback(config_, who) || may_carry(world, who)) say(world, who, what, world.rests_on);
}

void Coordinator::say(World& world, int who, Say what, std::uint8_t rests_on) const {
  const bool is_answer = what >= Say::kDecideCommit && what <= Say::kDecideUnknown;
  const bool is_early = config_.broken.sends_early || (config_.broken.answers_early && is_answer) ||
                        (config_.broken.forgets_early && what == Say::kForget);
  if (rests_on <= world.durable || is_early) return release(world, who, what);
  auto& held = world.participants[who].held;
  const bool is_repeat = std::any_of(held.begin(), held.end(), [&](const Held& one) {
    return is_callback(config_, who) && one.what == what && one.rests_on == rests_on;
  });
  if (!is_repeat && !held.push(Held{what, rests_on})) world.break_promise("the model holds too few messages");
}

void Coordinator::release(World& world, int who, Say what) const {
  Participant& participant = world.participants[who];
  const bool is_done = participant.by_hand || participant.read_only;
  switch (what) {
    case Say::kCommit:
    case Say::kDecideCommit:
      tell(world, Told::kCommitted);
      for (const LogFact& fact : world.log) {
        const bool is_in_list = fact.kind != FactKind::kCommitDecided || ((fact.what >> who) & 1) == 0;
        if (!is_in_list) world.break_promise("a branch that only read is told to commit");
      }
      break;
    case Say::kAbort:
    case Say::kDecideAbort:
      // A branch that is not in the list hears abort also when the others committed.
      if (!is_done) tell(world, Told::kAborted);
      break;
    case Say::kForget:
      if (!has_fact(world, FactKind::kEnded, true)) world.break_promise("Forget leaves before Ended is durable");
      break;
    default: break;
  }
  if (is_callback(config_, who)) {
    participant.requests |= 1u << static_cast<unsigned>(what);
    return;
  }
  const bool is_kept = participant.coordinator_open && (participant.participant_open || is_prepare(what));
  if (is_kept && !participant.to_participant.push(what)) world.break_promise("the model's queue is too short");
}

void Coordinator::decide(World& world, int who, DecisionKind decision, std::uint8_t rests_on) const {
  if (is_callback(config_, who)) {
    if (decision == DecisionKind::kCommit) say(world, who, Say::kCommit, rests_on);
    if (decision == DecisionKind::kAbort) say(world, who, Say::kAbort, rests_on);
  } else if (world.participants[who].coordinator_open) {
    say(world, who, decision_said(decision), rests_on);
  }
}

void Coordinator::reply(World& world, core::ReplyTo to, Told meaning) const {
  if (to == 0 || meaning == Told::kNothing) return;
  if (world.rests_on <= world.durable || config_.broken.answers_early) return tell(world, meaning);
  const HeldReply held{static_cast<std::uint8_t>(to), meaning, world.rests_on};
  if (!world.replies.push(held)) world.break_promise("the model holds too few replies");
}

// ---- clients and operators ----

void Coordinator::begin(World& world) const {
  world.live = true;
  world.transaction = core::Transaction{};
  world.transaction.id = the_transaction();
  world.transaction.deadline_due = kFar;
  world.transaction.one_phase_wanted = config_.one_phase;
  if (config_.keyed) world.transaction.origin.key = "key";
}

void Coordinator::commit(World& world, core::ReplyTo to, Wait wait, std::optional<std::uint32_t> count,
                         bool is_late) const {
  if (!world.live) return;
  core::Transaction& transaction = world.transaction;
  if (transaction.phase == Phase::kActive && transaction.branches.size() == 1) {
    transaction.one_phase_wanted = transaction.one_phase_wanted && transaction.branches[0].reachable;
  }
  const bool was_active = transaction.phase == Phase::kActive;
  if (world.draining) wait = Wait::kDecided;
  if (is_late && !transaction.restored) transaction.deadline_due = kPast;
  apply(world, core::event::Commit{to, wait, kFar, count});
  const bool is_other_count = count && was_active && world.live && *count != transaction.branches.size();
  if (is_other_count && transaction.phase == Phase::kPreparing) world.break_promise("a branch is silently left out");
  if (is_late) apply(world, core::event::Tick{});  // the same turn runs its timers last
}

void Coordinator::ask(World& world) const {
  const auto& known = world.live ? world.transaction.outcome : remembered(world).outcome;
  if (!known) return;
  const std::uint8_t rests_on = world.live ? world.rests_on : last_forced(world);
  // What waits for the log is heard later, as if it were asked later.
  if (rests_on > world.durable && !config_.broken.answers_early) return;
  tell(world, *known == Outcome::kCommitted ? Told::kCommitted : Told::kAborted);
}

void Coordinator::retire(World& world, int who) const {
  append(world, LogFact{FactKind::kRetired, static_cast<std::uint8_t>(who)});
  const auto takes_part = [&] {
    const std::uint32_t n = world.live ? world.participants[who].n : 0;
    return n != 0 && !world.transaction.branches[n - 1].settled;
  };
  if (takes_part()) apply(world, core::event::Retire{participant_name(who), "gone", "operator"});
  if (!is_callback(config_, who) && world.participants[who].coordinator_open) close(world, who, false);
}

void Coordinator::drain(World& world) const {
  world.draining = true;
  apply(world, core::event::Drain{});
}

void Coordinator::enlist(World& world, core::Branch branch, core::ReplyTo to) const {
  enlisting_ = participant_of(branch.participant);
  if (world.live) return apply(world, core::event::Enlist{to == 0 ? kToSession : to, std::move(branch), 64});
  if (to == 0) say(world, enlisting_, Say::kEnlistRefused, last_forced(world));
}

}  // namespace troth::explore
