// Aborting: the decision is abort, and a callback participant that may have been told something has not answered yet.
#include "coordinator/core/internal.h"

namespace troth::core::internal {
namespace {

struct Aborting {
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
    on_ack_of_abort(step, event);
    finish_if_settled(step);
  }
  void operator()(const event::Listed& event) const { on_listed(step, event); }
  void operator()(const event::Inquired& event) const { on_inquired(step, event); }
  void operator()(const event::Reachable& event) const { on_reachable(step, event); }
  void operator()(const event::Unreachable& event) const { on_unreachable(step, event); }
  void operator()(const event::Reincarnated&) const {}
  void operator()(const event::PrepareNotSent&) const {}  // attempts count the aborts by now
  void operator()(const event::AttemptFailed& event) const { on_attempt_failed(step, event); }
  void operator()(const event::Tick&) const {
    note_lateness(step);
    send_due(step);
    tell_due_waiters(step);
    finish_if_settled(step);  // restored with nothing left to do
  }
  void operator()(const event::Resolve& event) const { on_resolve(step, event); }
  void operator()(const event::Retry& event) const { on_retry(step, event); }
  void operator()(const event::Retire& event) const { retire_branches(step, event); }
  void operator()(const event::Drain&) const { tell_all_waiters(step); }
};

}  // namespace

void step_aborting(const Step& step, const Event& event) {
  std::visit(Aborting{step}, event);
}

}  // namespace troth::core::internal
