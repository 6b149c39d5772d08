// What goes wrong in a history, and when.
#include <algorithm>

#include "tests/sim/world.h"

namespace troth::sim {
namespace {

constexpr Micros kPauseMax = 3 * kSecond;
constexpr Micros kCutMax = 2 * kSecond;
constexpr Micros kCopyRuns = 1'500 * kMillisecond;

}  // namespace

void World::plan_faults() {
  // As long as clients are likely to begin new work, and somewhat after.
  const Micros span = operation_gap * (plan.transactions / plan.clients) / 2 + 500 * kMillisecond;
  plan_crashes(span);
  plan_network(span);
  plan_directory(span);
  plan_people(span);
}

void World::plan_crashes(Micros span) {
  const auto some_time = [&] { return clock.now() + rng.between(0, span); };
  for (std::uint32_t i = 0; i < plan.coordinator_kills; ++i) {
    clock.at(some_time(), [this] { kill_coordinator(); });
  }
  for (std::uint32_t i = 0; i < plan.failed_syncs; ++i) {
    clock.at(some_time(), [this] {
      if (faults_on_ && coordinator_->alive()) coordinator_->storage().fail_next_sync(rng.next());
    });
  }
  for (std::uint32_t i = 0; i < plan.orderly_restarts; ++i) {
    clock.at(some_time(), [this] {
      if (!faults_on_) return;
      note(Fault::kOrderlyRestart);
      coordinator_->restart_in_order();
    });
  }
  for (std::uint32_t i = 0; i < plan.participant_kills; ++i) {
    clock.at(some_time(), [this] { kill_participant(); });
  }
  for (const auto& one : plan.participants) {
    if (one.slow) note(Fault::kSlowParticipant);
  }
}

void World::plan_network(Micros span) {
  const auto some_time = [&] { return clock.now() + rng.between(0, span); };
  for (std::uint32_t i = 0; i < plan.partitions; ++i) {
    clock.at(some_time(), [this] { cut_somebody(); });
  }
  for (std::uint32_t i = 0; i < plan.pauses; ++i) {
    clock.at(some_time(), [this] { pause_somebody(); });
  }
  for (std::uint32_t i = 0; i < plan.clock_jumps; ++i) {
    clock.at(some_time(), [this] {
      if (!faults_on_) return;
      note(Fault::kClockJump);
      calendar_skew = rng.between(-3'600'000, 3'600'000);
      if (chance(5'000)) suspended += rng.between(0, 5'000);
      trace.line("the coordinator's clock jumps");
      coordinator_->wake();
    });
  }
}

void World::plan_directory(Micros span) {
  if (!plan.backup && !plan.old_copy) return;
  clock.at(clock.now() + rng.between(0, span / 2), [this, span] {
    if (!faults_on_ || !coordinator_->serving()) return;
    auto copied = std::make_shared<std::unique_ptr<Storage>>(coordinator_->storage().copy());
    copied_epoch_ = coordinator_->epoch();
    copied_lsn_ = coordinator_->durable_lsn();
    trace.line("the data directory is copied at LSN ", copied_lsn_);
    clock.at(clock.now() + rng.between(span / 8, span), [this, copied] {
      if (!faults_on_) return;
      if (plan.backup) {
        restore_backup(std::move(*copied));
      } else {
        start_old_copy(std::move(*copied));
      }
    });
  });
}

void World::kill_coordinator() {
  if (!faults_on_ || !coordinator_->alive()) return;
  ++crashes;
  const bool cut = chance(plan.power_cut);
  note(Fault::kCoordinatorKilled);
  if (cut) note(Fault::kPowerCut);
  coordinator_->kill(cut ? Fall::kPowerCut : Fall::kKill);
  start_later(*coordinator_);
}

void World::kill_participant() {
  if (!faults_on_) return;
  ++crashes;
  note(Fault::kParticipantKilled);
  const std::size_t who = rng.below(instances_.size() + callbacks_.size());
  const auto back = clock.now() + rng.between(1, kSecond);
  if (who < instances_.size()) {
    Instance& instance = *instances_[who];
    if (!instance.alive()) return;
    instance.kill();
    clock.at(back, [this, &instance] {
      if (!instance.alive() && instance.participant() != retired_) instance.start();
    });
    return;
  }
  Callback& callback = *callbacks_[who - instances_.size()];
  if (!callback.alive()) return;
  callback.kill();
  clock.at(back, [this, &callback] {
    if (!callback.alive() && callback.participant() != retired_) callback.start();
  });
}

void World::cut_somebody() {
  if (!faults_on_) return;
  note(Fault::kPartition);
  const std::size_t who = rng.below(plan.participants.size());
  trace.line("the network loses ", plan.participants[who].name);
  cut_until_[who] = clock.now() + rng.between(0, kCutMax);
  for (auto& instance : instances_) {
    if (instance->participant() == plan.participants[who].name) instance->cut();
  }
}

void World::pause_somebody() {
  if (!faults_on_) return;
  note(Fault::kPause);
  const Micros until = clock.now() + rng.between(0, kPauseMax);
  const std::size_t who = rng.below(1 + instances_.size());
  trace.line("a process is stopped: ", who);
  if (who == 0) {
    coordinator_->pause_until(until);
  } else {
    instances_[who - 1]->pause_until(until);
  }
}

// ---- the data directory ----

std::pair<EpochId, Lsn> World::highest_seen() const {
  std::pair<EpochId, Lsn> highest{coordinator_->epoch(), 0};
  for (const auto& database : databases_) {
    for (const Seen& seen : database->seen()) {
      highest.first = std::max(highest.first, EpochId{seen.epoch, seen.nonce});
      highest.second = std::max(highest.second, seen.lsn);
    }
  }
  return highest;
}

void World::restore_backup(std::unique_ptr<Storage> backup) {
  note(Fault::kBackup);
  ++crashes;
  by_hand_ = true;
  // What participants have in hand and not yet on disk counts as well: the operator waits until they are at rest.
  if (coordinator_->alive()) coordinator_->kill(Fall::kPowerCut);
  const auto seen = highest_seen();
  const EpochId epoch = seen.first;
  const Lsn lsn = std::max(seen.second, coordinator_->highest_lsn());
  trace.line("the directory is lost; its backup is restored above ", epoch.epoch, ":", lsn);
  backup->restore_above(epoch, lsn);
  coordinator_->replace_storage(std::move(backup), true);
  start_later(*coordinator_);
  if (!retired_.empty()) say_retired();  // the backup may not know
}

/// Beside the real one or instead of it. Only who has seen more dials it: unmasking an old copy is a safety net for
/// them, and no proof for others (design.md §9).
void World::start_old_copy(std::unique_ptr<Storage> copy) {
  const auto knows_better = std::find_if(instances_.begin(), instances_.end(), [this](const auto& instance) {
    return instance->alive() && instance->has_seen_more(copied_epoch_, copied_lsn_);
  });
  if (knows_better == instances_.end() || old_copy_) return;
  note(Fault::kOldCopy);
  const bool instead = chance(5'000);
  trace.line("an old copy is started ", instead ? "instead of" : "beside", " the real one");
  if (instead && coordinator_->alive()) {
    ++crashes;
    coordinator_->kill(Fall::kKill);
  }
  old_copy_ = std::make_unique<Coordinator>(*this, "old copy", std::move(copy));
  old_copy_->do_not_record();
  old_copy_->start();
  (*knows_better)->dial(*old_copy_);
  (*knows_better)->cut();
  const auto end = clock.now() + kCopyRuns;
  for (Micros at = clock.now() + 50 * kMillisecond; at < end; at += 50 * kMillisecond) {
    clock.at(at, [this] { question_old_copy(); });
  }
  clock.at(end, [this] { end_old_copy(); });
}

/// Once unmasked it answers, and presumes nothing: the oracle hears what it says.
void World::question_old_copy() {
  if (!old_copy_ || !old_copy_->is_old_copy() || known_.empty()) return;
  const TransactionId id = rng.pick(known_);
  old_copy_->ask(request::Get{id, std::nullopt}, std::nullopt, [](const answer::Answer&) {});
  old_copy_->ask(request::GetDecision{{id, 1}}, std::nullopt, [](const answer::Answer&) {});
}

void World::end_old_copy() {
  if (!old_copy_ || !old_copy_->alive()) return;
  const bool unmasked = old_copy_->is_old_copy();
  trace.line("the old copy ends, ", unmasked ? "unmasked" : "never unmasked");
  old_copy_->kill(Fall::kKill);
  if (unmasked) {
    old_copy_->start();
    if (old_copy_->alive()) oracle.fail("an old copy that was unmasked starts again");
  }
  if (old_copy_->alive()) old_copy_->kill(Fall::kKill);
  for (auto& instance : instances_) instance->dial(*coordinator_);
  if (!coordinator_->alive()) start_later(*coordinator_);
}

}  // namespace troth::sim
