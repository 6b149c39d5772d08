// Preparing: every branch has been asked to vote; or, in one phase, the only branch to commit by itself.
#include <algorithm>

#include "coordinator/core/internal.h"

namespace troth::core::internal {
namespace {

/// A vote to abort, or one that contradicts the branch's first: either way the transaction cannot commit.
void refuse_to_commit(const Step& step, Branch& branch, const event::Vote& event) {
  const bool may_be_prepared = branch.vote == VoteKind::kCommit || event.vote == VoteKind::kCommit;
  branch.vote_reason = event.vote == VoteKind::kAbort ? event.reason : "voted commit after read-only";
  branch.vote = VoteKind::kAbort;
  branch.last_error.reset();
  branch.settled = !may_be_prepared;  // else it hears the abort like the others
  branch.state = BranchState::kRefused;
  abort_now(step, AbortReason::kVote);
}

void accept(const Step& step, Branch& branch, const event::Vote& event) {
  branch.vote = event.vote;
  branch.vote_reason = event.reason;
  branch.instance = event.instance;
  branch.incarnation = event.incarnation;
  branch.payload.reset();
  branch.retry_due = 0;
  branch.last_error.reset();
  branch.settled = event.vote == VoteKind::kReadOnly;
  branch.state = branch.settled ? BranchState::kReadOnly : BranchState::kPrepared;
  step.touch();
}

bool is_all_voted(const Transaction& transaction) {
  return std::all_of(transaction.branches.begin(), transaction.branches.end(),
                     [](const Branch& branch) { return branch.vote.has_value(); });
}

void vote(const Step& step, const event::Vote& event) {
  Branch* branch = find_speaker(step.transaction, event.n, event.participant, event.instance);
  const bool was_asked = branch != nullptr && branch->attempts > 0 && !step.transaction.one_phase_started;
  if (!was_asked) return;
  const bool contradicts = branch->vote == VoteKind::kReadOnly && event.vote == VoteKind::kCommit;
  if (event.vote == VoteKind::kAbort || contradicts) return refuse_to_commit(step, *branch, event);
  if (branch->vote) return;  // the first stands
  accept(step, *branch, event);
  if (is_all_voted(step.transaction)) decide_commit(step);
}

/// The answer to CommitOnePhase is the decision itself.
void end_one_phase(const Step& step, Branch& branch, bool is_committed) {
  branch.settled = true;
  branch.retry_due = 0;
  branch.last_error.reset();
  branch.vote = is_committed ? VoteKind::kCommit : VoteKind::kAbort;
  branch.state = is_committed ? BranchState::kCommitted : BranchState::kAborted;
  if (is_committed) {
    decide_commit(step);
  } else {
    abort_now(step, AbortReason::kVote);
  }
}

void ack(const Step& step, const event::Ack& event) {
  Branch* branch = find_speaker(step.transaction, event.n, event.participant, event.instance);
  const bool was_asked = branch != nullptr && branch->attempts > 0 && step.transaction.one_phase_started;
  if (!was_asked) return;  // in two phases nobody has been told an outcome yet
  switch (event.result) {
    case AckResult::kCommitted:
    case AckResult::kHeuristicCommit: return end_one_phase(step, *branch, true);
    case AckResult::kAborted:
    case AckResult::kHeuristicAbort: return end_one_phase(step, *branch, false);
    case AckResult::kHeuristicMixed:  // not what was asked for, so not "committed"; what it is stands beside the
                                      // outcome
      report_heuristic(step, *branch, HeuristicKind::kMixed, "said so in answer to commit in one phase");
      return abort_now(step, AbortReason::kVote);
    case AckResult::kUnknownBranch:  // neither marker nor tombstone: no answer, it is asked again when it connects
      return note_error(step, *branch, "unknown_branch", "the participant does not know the branch");
  }
}

/// Its participant is gone for good. In one phase nobody can say what it did: a hazard beside `aborted`.
void retire(const Step& step, const event::Retire& event) {
  if (!has_participant(step.transaction, event.participant)) return;
  if (step.transaction.one_phase_started) retire_branches(step, event);
  abort_now(step, AbortReason::kOperator);
  retire_branches(step, event);  // a callback that was told something
}

void take_attempt_back(const Step& step, const event::PrepareNotSent& event) {
  Branch* branch = find_branch(step.transaction, event.n);
  if (branch == nullptr || branch->attempts == 0) return;
  --branch->attempts;
  step.touch();
}

AbortReason reason_of_report(const Transaction& transaction) {
  return transaction.branches.front().by_operator ? AbortReason::kOperator : AbortReason::kVote;
}

struct Preparing {
  const Step& step;

  void operator()(const event::Enlist& event) const {
    refuse(step, event.reply, Slug::kPrepareBegan, "Commit has begun: no branch can be added any more.");
  }
  void operator()(const event::Commit& event) const { add_waiter(step, event); }
  void operator()(const event::Abort& event) const {
    add_waiter(step, event);
    if (!step.transaction.one_phase_started) abort_now(step, event.reason);
  }
  void operator()(const event::Vote& event) const { vote(step, event); }
  void operator()(const event::Ack& event) const { ack(step, event); }
  void operator()(const event::Listed& event) const { on_listed(step, event); }
  void operator()(const event::Inquired& event) const { on_inquired(step, event); }
  void operator()(const event::Reachable& event) const { on_reachable(step, event); }
  void operator()(const event::Unreachable& event) const { on_unreachable(step, event); }
  void operator()(const event::Reincarnated& event) const {
    const bool is_lost = find_lost(step.transaction, event) != nullptr;
    if (is_lost && !step.transaction.one_phase_started) abort_now(step, AbortReason::kIncarnation);
  }
  void operator()(const event::PrepareNotSent& event) const { take_attempt_back(step, event); }
  void operator()(const event::AttemptFailed& event) const { on_attempt_failed(step, event); }
  void operator()(const event::Tick&) const {
    if (is_overdue(step.transaction, step.now)) return abort_now(step, AbortReason::kDeadline);
    if (is_ended_by_report(step.transaction)) return abort_now(step, reason_of_report(step.transaction));
    note_lateness(step);
    send_due(step);
    tell_due_waiters(step);
  }
  void operator()(const event::Resolve& event) const { on_resolve(step, event); }
  void operator()(const event::Retry& event) const { on_retry(step, event); }
  void operator()(const event::Retire& event) const { retire(step, event); }
  void operator()(const event::Drain&) const { tell_all_waiters(step); }
};

}  // namespace

void step_preparing(const Step& step, const Event& event) {
  std::visit(Preparing{step}, event);
}

}  // namespace troth::core::internal
