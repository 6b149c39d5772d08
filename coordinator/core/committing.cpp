// Committing: the decision is commit, and every branch that voted commit is told until it acknowledges.
#include "coordinator/core/internal.h"

namespace troth::core::internal {
namespace {

void settle(const Step& step, Branch& branch) {
  branch.state = BranchState::kCommitted;
  branch.settled = true;
  branch.retry_due = 0;
  branch.last_error.reset();
  step.touch();
}

void ack(const Step& step, const event::Ack& event) {
  Branch* branch = find_speaker(step.transaction, event.n, event.participant, event.instance);
  if (branch == nullptr || branch->settled) return;
  switch (event.result) {
    case AckResult::kCommitted:
    case AckResult::kHeuristicCommit:  // by itself, but what was decided
      settle(step, *branch);
      break;
    case AckResult::kAborted:
    case AckResult::kHeuristicAbort:
      report_heuristic(step, *branch, HeuristicKind::kAbort, "said so in answer to commit");
      break;
    case AckResult::kHeuristicMixed:
      report_heuristic(step, *branch, HeuristicKind::kMixed, "said so in answer to commit");
      break;
    case AckResult::kUnknownBranch:  // never "done": nobody can say what became of it
      report_heuristic(step, *branch, HeuristicKind::kHazard, "does not know the branch it voted to commit");
      break;
  }
  finish_if_settled(step);
}

struct Committing {
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
  void operator()(const event::Ack& event) const { ack(step, event); }
  void operator()(const event::Listed& event) const { on_listed(step, event); }
  void operator()(const event::Inquired& event) const { on_inquired(step, event); }
  void operator()(const event::Reachable& event) const { on_reachable(step, event); }
  void operator()(const event::Unreachable& event) const { on_unreachable(step, event); }
  void operator()(const event::Reincarnated&) const {}
  void operator()(const event::PrepareNotSent&) const {}  // attempts count the commits by now
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

void step_committing(const Step& step, const Event& event) {
  std::visit(Committing{step}, event);
}

}  // namespace troth::core::internal
