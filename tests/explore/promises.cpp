#include "tests/explore/promises.h"

#include "tests/explore/coordinator.h"

namespace troth::explore {
namespace {

/// Settled by hand, at the participant or at the coordinator: reported, and excepted.
bool is_excepted(const World& world, int who) {
  if (world.participants[who].by_hand) return true;
  for (const LogFact& fact : world.log) {
    const bool is_act = fact.kind == FactKind::kActed || fact.kind == FactKind::kRetired;
    if (is_act && fact.who == who) return true;
  }
  return false;
}

/// The log says that the branch ended otherwise, or that an operator saw to it.
bool is_reported(const World& world, int who) {
  for (const LogFact& fact : world.log) {
    if (fact.kind >= FactKind::kHeuristic && fact.who == who) return true;
  }
  return false;
}

/// What was decided for it counts: it takes part, and did not only read.
bool is_bound(const World& world, int who) {
  const Participant& participant = world.participants[who];
  return participant.enlisted && !participant.read_only && !is_excepted(world, who);
}

bool is_process_done(const World& world, int who) {
  const Participant& participant = world.participants[who];
  if (!participant.known || participant.by_hand) return true;
  const sdk::Standing standing = participant.state.standing;
  return participant.state.call == sdk::Call::kNone && standing != sdk::Standing::kEnlisted &&
         standing != sdk::Standing::kPrepared;
}

/// CommitDecided was just appended: each branch has voted, durably.
const char* broken_by_decision(const Config& config, const World& world) {
  for (int who = 0; who < config.participants(); ++who) {
    const Participant& participant = world.participants[who];
    if (!participant.enlisted || is_excepted(world, who)) continue;
    const bool has_voted = participant.row == Row::kPrepared || participant.row == Row::kCommitted ||
                           participant.row == Row::kCommittedOnePhase || participant.done == Done::kCommitted;
    if (!has_voted && !participant.read_only) return "AC3: commit is decided without a durable vote of each branch";
    if (participant.work_lost) return "AC3: commit is decided though joined work was lost";
  }
  return nullptr;
}

/// What the log says is over, or must be shown.
const char* broken_by_log(const Config& config, const World& world) {
  const bool is_over = has_fact(world, FactKind::kCommitDecided) && has_fact(world, FactKind::kEnded);
  for (int who = 0; is_over && who < config.participants(); ++who) {
    const Participant& participant = world.participants[who];
    if (is_bound(world, who) && participant.done != Done::kCommitted) return "Ended is written before a branch is done";
    const bool is_otherwise = participant.by_hand && !participant.read_only && participant.done == Done::kAborted;
    if (is_otherwise && !is_reported(world, who)) return "a heuristic is swallowed";
  }
  bool must_show = false;
  for (const LogFact& fact : world.log) {
    if (fact.kind == FactKind::kHeuristic) must_show = true;
    const bool is_forgotten =
        fact.kind == FactKind::kActed && fact.what == static_cast<int>(fact::OperatorAct::kForgot);
    if (is_forgotten) return nullptr;
  }
  const bool is_shown = world.live && core::heuristic_of(world.transaction).has_value();
  return must_show && !is_shown ? "a heuristic is no longer shown, and nobody forgot it" : nullptr;
}

}  // namespace

const char* broken_promise(const Config& config, const World& world) {
  const bool has_decided = has_fact(world, FactKind::kCommitDecided);
  bool has_committed = false;
  bool has_aborted = false;
  for (int who = 0; who < config.participants(); ++who) {
    if (!is_bound(world, who)) continue;
    has_committed = has_committed || world.participants[who].done == Done::kCommitted;
    has_aborted = has_aborted || world.participants[who].done == Done::kAborted;
  }
  const bool is_one_phase = has_fact(world, FactKind::kOnePhaseStarted);
  if (has_committed && has_aborted) return "AC1: two branches reach different outcomes";
  if (has_aborted && has_decided) return "AC1: a branch aborts though commit is decided";
  if (has_committed && !is_one_phase && !has_fact(world, FactKind::kCommitDecided, true)) {
    return "AC3: a branch commits before the decision is durable";
  }
  if (has_decided) {
    if (const char* broken = broken_by_decision(config, world)) return broken;
  }
  if (const char* broken = broken_by_log(config, world)) return broken;
  if (world.told == Told::kCommitted && has_aborted) return "told is not done: committed was told, a branch aborts";
  if (world.told == Told::kAborted && has_committed) return "told is not done: aborted was told, a branch commits";
  const bool is_aborted = world.live ? world.transaction.outcome == Outcome::kAborted : !has_decided;
  if (config.must_commit && is_aborted) {
    return "AC4: nothing failed, all voted to commit, and it aborts";
  }
  return nullptr;
}

bool is_finished(const Config& config, const World& world) {
  if (world.live && world.transaction.phase != Phase::kFinished) return false;
  if (world.durable != world.log.count || world.replies.count != 0) return false;
  const bool has_decided = has_fact(world, FactKind::kCommitDecided);
  for (int who = 0; who < config.participants(); ++who) {
    const Participant& participant = world.participants[who];
    const bool waits_for_people = is_excepted(world, who);
    if (participant.row == Row::kPrepared && !waits_for_people) return false;
    if (!waits_for_people && !is_process_done(world, who)) return false;
    if (has_decided && is_bound(world, who) && participant.done != Done::kCommitted) return false;
  }
  return true;
}

}  // namespace troth::explore
