// Finished: nothing more is sent or expected. Late messages are answered from the outcome; a heuristic stays until an
// operator forgets it.
#include "coordinator/core/internal.h"

namespace troth::core::internal {
namespace {

struct Finished {
  const Step& step;

  void operator()(const event::Enlist& event) const { refuse_enlist(step, event); }
  void operator()(const event::Commit& event) const {
    add_waiter(step, event);
    tell_waiters(step);
  }
  void operator()(const event::Abort& event) const {
    add_waiter(step, event);
    tell_waiters(step);
  }
  void operator()(const event::Vote& event) const { on_late_vote(step, event); }
  void operator()(const event::Ack& event) const {
    if (*step.transaction.outcome == Outcome::kAborted) on_ack_of_abort(step, event);
  }
  void operator()(const event::Listed& event) const { on_listed(step, event); }
  void operator()(const event::Inquired& event) const { on_inquired(step, event); }
  void operator()(const event::Reachable& event) const { on_reachable(step, event); }
  void operator()(const event::Unreachable& event) const { on_unreachable(step, event); }
  void operator()(const event::Reincarnated&) const {}
  void operator()(const event::PrepareNotSent&) const {}
  void operator()(const event::AttemptFailed&) const {}
  void operator()(const event::Tick&) const {}  // nobody waits: finishing answered everybody
  void operator()(const event::Resolve& event) const { on_resolve(step, event); }
  void operator()(const event::Retry& event) const { on_retry(step, event); }
  void operator()(const event::Retire&) const {}
  void operator()(const event::Drain&) const {}
};

}  // namespace

void step_finished(const Step& step, const Event& event) {
  std::visit(Finished{step}, event);
}

}  // namespace troth::core::internal
