// From the model's log to what recovery makes of it: the product's fold and answers, and core's restore.
#include <algorithm>

#include "recovery/known.h"
#include "tests/explore/coordinator.h"

namespace troth::explore {
namespace {

std::vector<DecidedBranch> branch_list(const Config& config, const World& world, std::uint8_t read_only) {
  std::vector<DecidedBranch> list;
  for (int who = 0; who < config.participants(); ++who) {
    if (!world.participants[who].enlisted) continue;
    DecidedBranch row;
    row.n = static_cast<std::uint32_t>(list.size() + 1);
    row.participant = participant_name(who);
    row.endpoint = is_callback(config, who) ? "http://x" : "";
    row.instance = is_callback(config, who) ? "" : "1";
    row.read_only = ((read_only >> who) & 1) != 0;
    list.push_back(std::move(row));
  }
  return list;
}

/// The number that the branch of this participant had: that of its place among those enlisted.
std::uint32_t number_of(const World& world, int who) {
  std::uint32_t n = 0;
  for (int i = 0; i <= who; ++i) n += world.participants[i].enlisted;
  return n;
}

Fact to_fact(const Config& config, const World& world, const LogFact& fact) {
  const TransactionId id = the_transaction();
  const BranchId branch{id, number_of(world, fact.who)};
  RequestOrigin origin;
  if (config.keyed) origin.key = "key";
  const auto list = branch_list(config, world, fact.what);
  switch (fact.kind) {
    case FactKind::kPrepareStarted: return fact::PrepareStarted{id, branch_list(config, world, 0), origin, "", "", 0};
    case FactKind::kOnePhaseStarted:
      return fact::OnePhaseStarted{id, branch_list(config, world, 0).at(0), origin, "", "", 0};
    case FactKind::kCommitDecided:
      return fact::CommitDecided{id, list, origin, "", "", 0, 0, 0, has_fact(world, FactKind::kOnePhaseStarted)};
    case FactKind::kAbortTold: return fact::AbortTold{id, origin, AbortReason::kVote, "", 0, 0};
    case FactKind::kEnded: return fact::Ended{{id}};
    case FactKind::kHeuristic:
      return fact::HeuristicReported{branch, participant_name(fact.who), static_cast<HeuristicKind>(fact.what), "", 0};
    case FactKind::kActed:
      return fact::OperatorActed{branch, static_cast<fact::OperatorAct>(fact.what),  "",
                                 "",     static_cast<HeuristicKind>(fact.more >> 1), (fact.more & 1) != 0,
                                 0};
    case FactKind::kRetired: return fact::ParticipantChanged{participant_name(fact.who), true, "", "", 0};
  }
  return fact::Ended{};
}

EpochId epoch_of(const World& world) {
  return {world.epoch, world.epoch};
}

recovery::Known fold(const Config& config, const World& world) {
  recovery::Known known;
  known.log = the_transaction().log;
  Lsn lsn = 0;
  for (std::uint32_t epoch = 1; epoch <= world.epoch; ++epoch) {
    recovery::fold(known, ++lsn, fact::EpochStarted{{epoch, epoch}, lsn, 0});
  }
  for (const LogFact& fact : world.log) recovery::fold(known, ++lsn, to_fact(config, world, fact));
  return known;
}

std::uint64_t last_given(const World& world) {
  return world.epoch == 1 ? 1 : 0;
}

/// engine/start.cpp: what is reported or was acted on, over a restored transaction.
void add_heuristics(const recovery::Known& known, core::Transaction& transaction) {
  const auto reported = known.heuristics.find(transaction.id);
  const bool has_reports = reported != known.heuristics.end();
  if (has_reports) {
    for (const auto& heuristic : reported->second) core::restore_heuristic(transaction, heuristic);
  }
  const auto is_reported = [&](const BranchId& branch) {
    return has_reports && std::any_of(reported->second.begin(), reported->second.end(),
                                      [&](const auto& heuristic) { return heuristic.branch == branch; });
  };
  for (const auto& [branch, acted] : known.acts) {
    core::restore_act(transaction, acted);
    if (is_reported(branch)) continue;
    auto forgot = acted;
    forgot.act = fact::OperatorAct::kForgot;
    const core::Branch* shown = branch.n <= transaction.branches.size() ? &transaction.branches[branch.n - 1] : nullptr;
    if (shown != nullptr && shown->heuristic) core::restore_act(transaction, forgot);
  }
}

/// engine/start.cpp: a finished, aborted transaction of which only heuristics are known.
core::Transaction aborted_with(const std::vector<fact::HeuristicReported>& reported) {
  core::Transaction transaction;
  transaction.id = the_transaction();
  transaction.restored = true;
  transaction.phase = Phase::kFinished;
  transaction.outcome = Outcome::kAborted;
  for (const auto& heuristic : reported) {
    while (transaction.branches.size() < heuristic.branch.n) {
      core::Branch& branch = transaction.branches.emplace_back();
      branch.n = static_cast<std::uint32_t>(transaction.branches.size());
      branch.state = BranchState::kAborted;
      branch.settled = true;
    }
    transaction.branches[heuristic.branch.n - 1].participant = heuristic.participant;
  }
  return transaction;
}

/// engine/start.cpp: every branch of an ended transaction is settled.
core::Transaction finished_as(const fact::CommitDecided& decided, core::Now now) {
  core::Transaction transaction = core::restore(decided, now);
  for (auto& branch : transaction.branches) {
    branch.settled = true;
    branch.retry_due = 0;
    branch.state = branch.vote == VoteKind::kReadOnly ? BranchState::kReadOnly : BranchState::kCommitted;
  }
  transaction.phase = Phase::kFinished;
  return transaction;
}

std::optional<core::Transaction> restored_from(const recovery::Known& known) {
  const core::Now now{kNow, kNow};
  const TransactionId id = the_transaction();
  std::optional<core::Transaction> transaction;
  if (const auto live = known.live.find(id); live != known.live.end()) {
    transaction = std::visit([&](const auto& fact) { return core::restore(fact, now); }, live->second);
  } else if (const auto reported = known.heuristics.find(id); reported != known.heuristics.end()) {
    const auto detail = known.details.find(id);
    transaction =
        detail == known.details.end() ? aborted_with(reported->second) : finished_as(detail->second.decided, now);
  }
  if (transaction) add_heuristics(known, *transaction);
  return transaction;
}

}  // namespace

void Coordinator::restore(World& world) const {
  const recovery::Known known = fold(config_, world);
  auto transaction = restored_from(known);
  world.live = transaction.has_value();
  for (Participant& participant : world.participants) {
    participant.n = 0;
    participant.nameless = false;
  }
  if (!transaction) return;
  world.transaction = std::move(*transaction);
  for (int who = 0; who < config_.participants(); ++who) {
    const std::uint32_t n = number_of(world, who);
    if (!world.participants[who].enlisted || n > world.transaction.branches.size()) continue;
    world.participants[who].n = n;
    world.participants[who].nameless = world.transaction.branches[n - 1].participant.empty();
  }
}

void Coordinator::crash(World& world, std::uint8_t kept) const {
  world.log.count = kept;
  world.durable = kept;
  ++world.epoch;
  world.replies.clear();
  world.draining = false;
  world.rests_on = 0;
  leave(world);
  for (Participant& participant : world.participants) {
    participant.coordinator_open = false;
    participant.to_coordinator.clear();
    participant.held.clear();
    participant.responses = 0;
    if (!participant.participant_open) participant.to_participant.clear();
  }
  restore(world);
  world.rests_on = world.live ? world.durable : 0;
}

const Remembered& Coordinator::remembered(const World& world) const {
  std::string key;
  key.push_back(static_cast<char>(world.epoch));
  for (const Participant& participant : world.participants) key.push_back(participant.enlisted ? 'e' : '-');
  for (const LogFact& fact : world.log) {
    for (const std::uint8_t part : {static_cast<std::uint8_t>(fact.kind), fact.who, fact.what, fact.more}) {
      key.push_back(static_cast<char>(part));
    }
  }
  if (const auto found = cache_.find(key); found != cache_.end()) return found->second;
  const recovery::Known known = fold(config_, world);
  Remembered answer;
  switch (recovery::classify(known, epoch_of(world), last_given(world), the_transaction())) {
    case recovery::IdStatus::kLive:
    case recovery::IdStatus::kRemembered:
    case recovery::IdStatus::kBitOnly: answer.outcome = Outcome::kCommitted; break;
    case recovery::IdStatus::kAborted: answer.outcome = Outcome::kAborted; break;
    default: break;
  }
  for (int who = 0; who < kMaxParticipants; ++who) {
    const BranchId branch{the_transaction(), number_of(world, who)};
    answer.decisions[who] = recovery::decision_about(known, epoch_of(world), last_given(world), branch);
  }
  return cache_.emplace(std::move(key), answer).first->second;
}

}  // namespace troth::explore
