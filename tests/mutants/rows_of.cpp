// What makes a step a case of a row of PROTOCOL.md's table: the row's words, taken literally, and the state in which
// the cell's words can come true.
#include <algorithm>

#include "proto/values/overloaded.h"
#include "tests/mutants/cells.h"

namespace troth::mutants {
namespace {

using core::Branch;
using core::Transaction;
namespace event = core::event;

const Branch* find(const Transaction& transaction, std::uint32_t n) {
  return n >= 1 && n <= transaction.branches.size() ? &transaction.branches[n - 1] : nullptr;
}

template <typename Test>
bool has_branch(const Transaction& transaction, Test test) {
  return std::any_of(transaction.branches.begin(), transaction.branches.end(), test);
}

/// An answer of this instance is heard: the branch is not bound to another.
bool may_speak(const Transaction& transaction, const Branch& branch, const std::string& instance) {
  if (branch.instance.empty() || branch.instance == instance) return true;
  const bool answers_one_phase = transaction.one_phase_started && branch.attempts > 0;
  const bool is_open_work = branch.joined && !branch.vote && !answers_one_phase;
  return branch.routing != Routing::kPinned && !is_open_work;
}

struct Classifier {
  const Transaction& transaction;
  core::Now now;
  Column column;
  RowSet rows;

  void note(Row row) { rows.set(static_cast<std::size_t>(row)); }
  void note_if(bool holds, Row row) {
    if (holds) note(row);
  }

  bool is_voting() const { return column == Column::kPreparing; }
  bool is_one_phase() const { return column == Column::kOnePhase; }
  bool is_undecided() const { return column <= Column::kOnePhase; }
  bool is_telling() const { return column == Column::kCommitting || column == Column::kAborting; }
  bool is_past_deadline() const { return !transaction.restored && transaction.deadline_due <= now.due; }
  /// A message to this branch is awaited an answer to.
  bool is_awaited(const Branch& branch) const {
    return is_telling() ? !branch.settled : (is_voting() || is_one_phase()) && !branch.vote;
  }

  void operator()(const event::Enlist& e) {
    const Branch& asked = e.branch;
    const bool is_reborn = asked.joined && has_branch(transaction, [&](const Branch& ours) {
                             return ours.joined && ours.participant == asked.participant &&
                                    ours.instance == asked.instance && ours.incarnation != asked.incarnation;
                           });
    if (is_reborn) return note(Row::kEnlistNewIncarnation);
    for (const Branch& ours : transaction.branches) {
      const bool is_same = ours.participant == asked.participant && ours.key == asked.key &&
                           ours.joined == asked.joined && (!ours.joined || ours.instance == asked.instance);
      if (is_same) {
        return note(ours.payload_hash == asked.payload_hash ? Row::kEnlistSame : Row::kEnlistOtherPayload);
      }
    }
    note(Row::kEnlistNew);
  }

  void operator()(const event::Commit& e) {
    const bool is_active = column == Column::kActive;
    if (is_active && transaction.branches.empty()) return;
    if (e.branch_count && *e.branch_count != transaction.branches.size()) return note(Row::kCommitOtherCount);
    if (is_active && transaction.abort_only) return;
    note(is_past_deadline() ? Row::kCommitAfterDeadline : Row::kCommit);
  }

  void operator()(const event::Abort&) { note(Row::kAbort); }

  void operator()(const event::Vote& e) {
    const Branch* branch = find(transaction, e.n);
    if (branch == nullptr) return;
    if (branch->participant != e.participant) return note(Row::kVoteOfAnother);
    const bool is_heard = !is_voting() || (branch->attempts > 0 && may_speak(transaction, *branch, e.instance));
    if (!is_heard) return;
    switch (e.vote) {
      case VoteKind::kAbort:
        return note(branch->vote == VoteKind::kCommit ? Row::kVoteAbortAfterCommit : Row::kVoteAbort);
      case VoteKind::kReadOnly: return note_if(!is_voting() || !branch->vote, Row::kVoteReadOnly);
      case VoteKind::kCommit: return commit_vote(*branch);
    }
  }

  void commit_vote(const Branch& branch) {
    if (branch.vote == VoteKind::kReadOnly) return note(Row::kVoteCommitAfterReadOnly);
    if (is_voting() && branch.vote) return;  // a repeat
    const bool is_last =
        !has_branch(transaction, [&](const Branch& other) { return other.n != branch.n && !other.vote; });
    note_if(is_last, Row::kVoteCommitLast);
    note_if(!is_voting() || !is_last, Row::kVoteCommit);
  }

  void operator()(const event::Ack& e) {
    const Branch* branch = find(transaction, e.n);
    if (branch == nullptr) return;
    if (branch->participant != e.participant) return note(Row::kAckOfAnother);
    if (!may_speak(transaction, *branch, e.instance)) return;
    if (is_one_phase() && branch->attempts == 0) return;
    if (column == Column::kCommitting && branch->settled) return;
    const bool is_closed = branch->heuristic || branch->by_operator || branch->vote == VoteKind::kReadOnly;
    if (column == Column::kAborting && is_closed) return;
    const bool may_settle = column != Column::kAborting || !branch->settled;
    switch (e.result) {
      case AckResult::kCommitted:
      case AckResult::kHeuristicCommit: return note(Row::kAckCommitted);
      case AckResult::kHeuristicMixed: return note(Row::kAckMixed);
      case AckResult::kAborted:
      case AckResult::kHeuristicAbort: return note_if(may_settle, Row::kAckAborted);
      case AckResult::kUnknownBranch: return note_if(may_settle, Row::kAckUnknownBranch);
    }
  }

  void operator()(const event::Listed& e) {
    const Branch* branch = find(transaction, e.n);
    if (branch == nullptr || branch->participant != e.participant) return;
    const bool must_be_awaited = is_voting() || column == Column::kCommitting;
    note_if(!must_be_awaited || is_awaited(*branch), Row::kListed);
  }
  void operator()(const event::Inquired& e) { note_if(find(transaction, e.n) != nullptr, Row::kInquired); }

  void operator()(const event::Reachable& e) {
    const Branch* branch = find(transaction, e.n);
    const bool must_be_awaited = is_voting() || is_one_phase() || column == Column::kCommitting;
    note_if(branch != nullptr && (!must_be_awaited || is_awaited(*branch)), Row::kReachable);
  }
  void operator()(const event::Unreachable& e) {
    const Branch* branch = find(transaction, e.n);
    note_if(branch != nullptr && branch->kind == ParticipantKind::kSession && branch->reachable, Row::kUnreachable);
  }
  void operator()(const event::Reincarnated& e) {
    const bool is_open = column == Column::kActive || is_voting();
    note_if(has_branch(transaction,
                       [&](const Branch& branch) {
                         return branch.joined && branch.participant == e.participant && branch.instance == e.instance &&
                                branch.incarnation != e.incarnation && !(is_open && branch.vote);
                       }),
            Row::kReincarnated);
  }
  void operator()(const event::PrepareNotSent& e) {
    const Branch* branch = find(transaction, e.n);
    const bool must_be_counted = is_voting() || is_one_phase();
    note_if(branch != nullptr && (!must_be_counted || branch->attempts > 0), Row::kPrepareNotSent);
  }
  void operator()(const event::AttemptFailed& e) {
    const Branch* branch = find(transaction, e.n);
    const bool must_be_awaited = is_voting() || is_one_phase() || is_telling();
    note_if(branch != nullptr && (!must_be_awaited || is_awaited(*branch)), Row::kAttemptFailed);
  }

  void operator()(const event::Tick&) {
    const bool has_retry = has_branch(transaction, [&](const Branch& branch) {
      return branch.retry_due != 0 && branch.retry_due <= now.due && is_awaited(branch);
    });
    const bool has_waiter = std::any_of(transaction.waiters.begin(), transaction.waiters.end(),
                                        [&](const core::Waiter& waiter) { return waiter.until_due <= now.due; });
    const bool has_deadline = column == Column::kActive || is_voting();
    if (has_deadline && is_past_deadline()) return note(Row::kTickDeadline);
    note_if(has_retry, Row::kTickRetry);
    note_if(has_waiter, Row::kTickWaiter);
    const bool is_ending = is_telling() && !has_branch(transaction, [](const Branch& b) { return !b.settled; });
    if (has_retry || has_waiter || is_ending) return;
    note(is_past_deadline() ? Row::kTickDeadline : Row::kTickNothing);
  }

  void operator()(const event::Resolve& e) {
    const Branch* branch = find(transaction, e.n);
    if (branch == nullptr) return;
    if (e.action == ResolveAction::kForget) {
      if (e.dry_run) return;
      return note(branch->heuristic ? Row::kResolveForgetHeuristic : Row::kResolveForget);
    }
    if (is_telling() && branch->settled) return;
    const bool is_commit = e.action == ResolveAction::kCommit;
    if (e.dry_run) return note_if(is_commit && !e.heuristic, Row::kResolveDryRun);
    note_if(is_commit && !e.heuristic, Row::kResolveCommit);
    note_if(!is_commit && e.heuristic, Row::kResolveAbortHeuristic);
  }
  void operator()(const event::Retry& e) {
    const Branch* branch = find(transaction, e.n);
    const bool is_sending = is_voting() || is_one_phase() || is_telling();
    note_if(branch != nullptr && (!is_sending || (is_awaited(*branch) && branch->reachable)), Row::kRetry);
  }
  void operator()(const event::Retire& e) {
    note_if(has_branch(transaction,
                       [&](const Branch& branch) {
                         return branch.participant == e.participant && !(is_telling() && branch.settled);
                       }),
            Row::kRetire);
  }
  void operator()(const event::Drain&) {
    const bool must_wait = is_voting() || is_one_phase() || column == Column::kCommitting;
    note_if(must_wait != transaction.waiters.empty(), Row::kDrain);
  }
};

}  // namespace

Column column_of(const Transaction& before) {
  switch (before.phase) {
    case Phase::kActive: return Column::kActive;
    case Phase::kPreparing: return before.one_phase_started ? Column::kOnePhase : Column::kPreparing;
    case Phase::kCommitting: return Column::kCommitting;
    case Phase::kAborting: return Column::kAborting;
    case Phase::kFinished: return Column::kFinished;
  }
  return Column::kFinished;
}

RowSet rows_of(const Transaction& before, const core::Event& event, core::Now now) {
  Classifier classifier{before, now, column_of(before), {}};
  std::visit(classifier, event);
  return classifier.rows;
}

}  // namespace troth::mutants
