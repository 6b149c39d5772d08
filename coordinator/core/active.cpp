// Active: branches enlist, work is done, nobody has been asked to prepare.
#include <algorithm>

#include "coordinator/core/internal.h"

namespace troth::core::internal {
namespace {

/// Enlisted over HTTP a branch is known by (participant, key), joined by a session by (participant, instance, key).
bool is_same_branch(const Branch& ours, const Branch& asked) {
  return ours.participant == asked.participant && ours.key == asked.key && ours.joined == asked.joined &&
         (!ours.joined || ours.instance == asked.instance);
}

/// Its instance started anew since it joined this transaction, so the work it did here before is gone.
bool is_work_lost(const Transaction& transaction, const Branch& asked) {
  return asked.joined &&
         find_lost(transaction, event::Reincarnated{asked.participant, asked.instance, asked.incarnation}) != nullptr;
}

void make_abort_only(const Step& step, AbortReason reason) {
  Transaction& transaction = step.transaction;
  if (transaction.abort_only) return;
  transaction.abort_only = true;
  transaction.abort_reason = reason;
  step.touch();
}

Branch fresh(const Branch& asked, std::uint32_t n) {
  Branch branch;
  branch.n = n;
  branch.participant = asked.participant;
  branch.key = asked.key;
  branch.kind = asked.kind;
  branch.routing = asked.routing;
  branch.instance = asked.instance;
  branch.incarnation = asked.incarnation;
  branch.endpoint = asked.endpoint;
  branch.joined = asked.joined;
  branch.payload_type = asked.payload_type;
  branch.payload = asked.payload;
  branch.payload_hash = asked.payload_hash;
  branch.reachable = asked.reachable || asked.kind == ParticipantKind::kCallback;
  return branch;
}

void add_branch(const Step& step, const event::Enlist& event) {
  auto& branches = step.transaction.branches;
  if (step.transaction.abort_only) {
    return refuse(step, event.reply, Slug::kAborted, "The transaction can only abort: work done for it was lost.");
  }
  if (branches.size() >= event.max_branches) {
    return refuse(step, event.reply, Slug::kTooManyBranches,
                  "A transaction has at most " + std::to_string(event.max_branches) + " branches.");
  }
  branches.push_back(fresh(event.branch, static_cast<std::uint32_t>(branches.size() + 1)));
  step.touch();
  reply_branch(step, event.reply, branches.back().n, 201);
}

void enlist(const Step& step, const event::Enlist& event) {
  if (is_work_lost(step.transaction, event.branch)) {
    make_abort_only(step, AbortReason::kIncarnation);
    return refuse(step, event.reply, Slug::kAborted,
                  "The instance started anew since it joined, its work is lost: the transaction can only abort.");
  }
  const auto& branches = step.transaction.branches;
  const auto same = std::find_if(branches.begin(), branches.end(),
                                 [&event](const Branch& ours) { return is_same_branch(ours, event.branch); });
  if (same == branches.end()) return add_branch(step, event);
  if (same->payload_hash != event.branch.payload_hash) {
    return refuse(step, event.reply, Slug::kBranchConflict,
                  "This participant and key are enlisted with another payload: use another key.");
  }
  reply_branch(step, event.reply, same->n, 200);
}

/// A callback participant need not ask, and a one-phase answer cannot be presumed: both are in the log before anything
/// leaves, so that a crash finds them again.
void record_start(const Step& step) {
  Transaction& transaction = step.transaction;
  const auto& branches = transaction.branches;
  const bool has_callback = std::any_of(branches.begin(), branches.end(),
                                        [](const Branch& branch) { return branch.kind == ParticipantKind::kCallback; });
  if (has_callback) {
    fact::PrepareStarted started;
    started.id = transaction.id;
    for (const Branch& branch : branches) started.branches.push_back(to_decided(branch));
    started.origin = transaction.origin;
    started.label = transaction.label;
    started.traceparent = transaction.traceparent;
    started.begun_at = transaction.begun_at;
    step.record(std::move(started));
    transaction.prepare_started = true;
  } else if (transaction.one_phase_wanted && branches.size() == 1) {
    step.record(fact::OnePhaseStarted{transaction.id, to_decided(branches.front()), transaction.origin,
                                      transaction.label, transaction.traceparent, transaction.begun_at});
    transaction.one_phase_started = true;
  }
}

void start_preparing(const Step& step) {
  expect_answers(step, Phase::kPreparing);
  step.touch();
  record_start(step);
  for (Branch& branch : step.transaction.branches) {
    branch.state = BranchState::kPreparing;
    send(step, branch);
  }
}

void commit(const Step& step, const event::Commit& event) {
  const Transaction& transaction = step.transaction;
  if (transaction.branches.empty()) {
    return refuse(step, event.reply, Slug::kNoBranches, "Nothing to commit: enlist a branch first, or abort.");
  }
  add_waiter(step, event);
  if (event.branch_count && *event.branch_count != transaction.branches.size()) {
    return abort_now(step, AbortReason::kBranchCount);
  }
  if (transaction.abort_only) return abort_now(step, AbortReason::kIncarnation);
  if (is_overdue(transaction, step.now)) return abort_now(step, AbortReason::kDeadline);
  start_preparing(step);
}

struct Active {
  const Step& step;

  void operator()(const event::Enlist& event) const { enlist(step, event); }
  void operator()(const event::Commit& event) const { commit(step, event); }
  void operator()(const event::Abort& event) const {
    add_waiter(step, event);
    abort_now(step, event.reason);
  }
  void operator()(const event::Vote&) const {}  // nobody asked
  void operator()(const event::Ack&) const {}
  void operator()(const event::Listed& event) const { on_listed(step, event); }
  void operator()(const event::Inquired& event) const { on_inquired(step, event); }
  void operator()(const event::Reachable& event) const { on_reachable(step, event); }
  void operator()(const event::Unreachable& event) const { on_unreachable(step, event); }
  void operator()(const event::Reincarnated& event) const {
    if (find_lost(step.transaction, event) != nullptr) make_abort_only(step, AbortReason::kIncarnation);
  }
  void operator()(const event::PrepareNotSent&) const {}
  void operator()(const event::AttemptFailed&) const {}
  void operator()(const event::Tick&) const {
    if (is_overdue(step.transaction, step.now)) abort_now(step, AbortReason::kDeadline);
    tell_due_waiters(step);
  }
  void operator()(const event::Resolve& event) const { on_resolve(step, event); }
  void operator()(const event::Retry& event) const { on_retry(step, event); }
  void operator()(const event::Retire& event) const {
    if (has_participant(step.transaction, event.participant)) abort_now(step, AbortReason::kOperator);
  }
  void operator()(const event::Drain&) const { tell_all_waiters(step); }
};

}  // namespace

void step_active(const Step& step, const Event& event) {
  std::visit(Active{step}, event);
}

}  // namespace troth::core::internal
