// A compaction beside the running coordinator: a step now and then, as its own thread would take them. The process may
// die between any two.
#include "tests/sim/coordinator.h"
#include "tests/sim/world.h"

namespace troth::sim {
namespace {

constexpr Micros kRestMax = 400 * kMillisecond;  // between two compactions

}  // namespace

void Coordinator::arrange_compaction() {
  if (world_.plan.compaction_step == 0 || !world_.faults_on()) return;
  const Micros rest = compaction_ ? 1 : world_.rng.between(1, kRestMax);
  later(rest + world_.rng.between(1, world_.plan.compaction_step), [this] { compact(); });
}

void Coordinator::compact() {
  using Step = recovery::Compaction::Step;
  if (!compaction_) {
    compaction_ = std::make_unique<recovery::Compaction>(running_->supersede(), world_.limits, now().at);
  }
  const Step step = compaction_->step();
  if (step != Step::kMore) {
    if (step == Step::kFailed) world_.oracle.fail("a compaction cannot read the log: " + compaction_->why());
    compaction_.reset();
  }
  if (step == Step::kDone) {
    world_.note(Fault::kCompaction);
    world_.trace.line(name_, " has made its log shorter");
    arrange_write();  // what is superseded goes with the next batches
  }
  if (step == Step::kStopped && !running_->write_batch()) return world_.log_failed(*this);
  arrange_compaction();
}

}  // namespace troth::sim
