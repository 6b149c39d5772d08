#include "participant-sdk/core/branch.h"

#include <algorithm>
#include <utility>

namespace troth::sdk {
namespace {

/// One event on one branch: the state, and short names for what events do to it.
struct Turn {
  BranchState& state;
  const BranchId& id;
  Millis now;
  std::vector<Effect>& effects;

  void vote(VoteKind kind) { effects.emplace_back(session::Vote{id, kind, state.reason}); }
  void ack(AckResult result) { effects.emplace_back(session::Ack{id, result}); }

  void start(Call call, Branch branch) {
    branch.id = id;
    state.call = call;
    state.waiting = false;
    state.wake_due = 0;
    effects.emplace_back(StartCall{call, std::move(branch)});
  }
  void start(Call call) {
    Branch branch;
    if (call == Call::kCommit) branch.lsn = state.lsn;
    // The payload of a one-phase commit that threw is gone: the resource answers from its marker.
    if (call == Call::kOnePhase) branch.attempt = 2;
    start(call, std::move(branch));
  }
  void look_up(LookUpFor why) {
    state.look_up_for = why;
    start(Call::kLookUp);
  }
  void refuse(std::string reason) {
    state.standing = Standing::kRefused;
    state.reason = std::move(reason);
    vote(VoteKind::kAbort);
  }
  /// The answer to the opposite of what was asked before: `right` if the resource then said `heuristic`, for so it is.
  AckResult opposite(AckResult heuristic, AckResult right, AckResult otherwise) const {
    if (state.result == AckResult::kHeuristicMixed) return state.result;
    return state.result == heuristic ? right : otherwise;
  }
  bool idle() const { return state.call == Call::kNone; }
  void finish_call() {
    state.call = Call::kNone;
    state.failures = 0;
    state.waiting = false;
    state.wake_due = 0;
  }
  /// Commit or abort, now that no call runs: done, or answered from what is already settled.
  void settle(Call wanted) {
    const bool commit = wanted == Call::kCommit;
    switch (state.standing) {
      case Standing::kCommitted:
        if (state.result == AckResult::kUnknownBranch && !commit) break;  // nothing is known: it needs its tombstone
        return ack(commit ? state.result
                          : opposite(AckResult::kHeuristicAbort, AckResult::kAborted, AckResult::kHeuristicCommit));
      case Standing::kAborted:
        return ack(commit ? opposite(AckResult::kHeuristicCommit, AckResult::kCommitted, AckResult::kHeuristicAbort)
                          : state.result);
      case Standing::kReadOnly: return ack(commit ? AckResult::kCommitted : AckResult::kAborted);
      case Standing::kFresh:
      case Standing::kEnlisted:
      case Standing::kPrepared:
      case Standing::kRefused: break;
    }
    state.answer = true;
    start(wanted);
  }
  /// True when a commit or abort waited for the end of the call and was taken up.
  bool take_next() {
    const Call wanted = std::exchange(state.next, Call::kNone);
    if (wanted == Call::kNone) return false;
    settle(wanted);
    return true;
  }

  void operator()(event::PrepareCame& e);
  void operator()(event::OnePhaseCame& e);
  void operator()(event::CommitCame& e);
  void operator()(event::AbortCame&);
  void operator()(event::DecisionCame& e);
  void operator()(event::EnlistAccepted& e);
  void operator()(event::Listed&);
  void operator()(event::Connected&);
  void operator()(event::Voted& e);
  void operator()(event::Acked& e);
  void operator()(event::Traced& e);
  void operator()(event::Threw& e);
  void operator()(event::TimePassed&);

  void prepare_fresh(event::PrepareCame& e);
  void not_in_doubt();
};

void Turn::prepare_fresh(event::PrepareCame& e) {
  if (e.below_horizon) return refuse("older than the horizon");
  if (e.branch.attempt >= 2) return look_up(LookUpFor::kRepeatedPrepare);
  if (e.branch.joined) return refuse("the work this branch joined with is not known here");
  start(Call::kPrepare, std::move(e.branch));
}

void Turn::operator()(event::PrepareCame& e) {
  // A prepare or look-up that runs will answer this one too; a decision that runs made it void.
  if (state.call == Call::kAbort) return vote(VoteKind::kAbort);
  if (!idle()) return;
  switch (state.standing) {
    case Standing::kFresh: return prepare_fresh(e);
    case Standing::kEnlisted: return start(Call::kPrepare, std::move(e.branch));
    case Standing::kPrepared: return vote(VoteKind::kCommit);
    case Standing::kReadOnly: return vote(VoteKind::kReadOnly);
    case Standing::kRefused:
    case Standing::kAborted: return vote(VoteKind::kAbort);
    case Standing::kCommitted: return;
  }
}

void Turn::operator()(event::OnePhaseCame& e) {
  // Given up just now: the tombstone is the answer. A commit in one phase that runs answers anyway.
  if (state.call == Call::kAbort) state.answer = true;
  if (!idle()) return;
  switch (state.standing) {
    case Standing::kCommitted:
    case Standing::kAborted: return ack(state.result);
    case Standing::kReadOnly: return ack(AckResult::kCommitted);
    case Standing::kPrepared: return settle(Call::kCommit);  // the decision was left to us, and we can commit
    case Standing::kFresh:
    case Standing::kEnlisted:
    case Standing::kRefused: break;
  }
  if (!e.supported) return settle(Call::kAbort);
  // Work that is not here must not be taken for work that did nothing: then only a marker may say "committed".
  const bool lost = state.standing == Standing::kRefused || (state.standing == Standing::kFresh && e.branch.joined);
  if (lost) e.branch.attempt = std::max(e.branch.attempt, 2u);
  state.answer = true;
  start(Call::kOnePhase, std::move(e.branch));
}

void Turn::operator()(event::CommitCame& e) {
  state.lsn = std::max(state.lsn, e.lsn);
  if (idle()) return settle(Call::kCommit);
  if (state.call == Call::kCommit) {
    state.answer = true;
  } else if (state.next == Call::kNone) {
    state.next = Call::kCommit;  // the first decision stands
  }
}

void Turn::operator()(event::AbortCame&) {
  if (idle()) return settle(Call::kAbort);
  if (state.call == Call::kCommit || state.call == Call::kAbort) {
    state.answer = true;
  } else if (state.next == Call::kNone) {
    state.next = Call::kAbort;
  }
}

void Turn::operator()(event::DecisionCame& e) {
  if (!idle()) return;
  const bool decided = e.decision == DecisionKind::kCommit || e.decision == DecisionKind::kAbort;
  if (state.standing == Standing::kPrepared) {
    if (!decided) {
      if (e.decision != DecisionKind::kForeignLog) state.wake_due = now + kInquireAgain;
      return;
    }
    state.decision = e.decision == DecisionKind::kCommit ? Call::kCommit : Call::kAbort;
    return look_up(LookUpFor::kDecision);
  }
  // Unprepared work of an aborted transaction: nothing was promised, so it may go at once.
  if (state.standing == Standing::kEnlisted && e.decision == DecisionKind::kAbort) start(Call::kAbort);
}

void Turn::operator()(event::EnlistAccepted& e) {
  if (!idle() || state.standing != Standing::kFresh) return;
  state.standing = Standing::kEnlisted;
  state.wake_due = e.give_up_due;
}

void Turn::operator()(event::Listed&) {
  if (!idle()) return;
  // Refused here, prepared by another instance on the same database: it is in doubt all the same.
  if (state.standing == Standing::kFresh || state.standing == Standing::kRefused) state.standing = Standing::kPrepared;
}

void Turn::operator()(event::Connected&) {
  // Its Abort may have been lost with the old connection, and is sent only once.
  if (idle() && state.standing == Standing::kEnlisted) effects.emplace_back(session::Inquire{id});
}

void Turn::operator()(event::Voted& e) {
  if (state.call != Call::kPrepare) return;
  finish_call();
  state.reason = std::move(e.reason);
  switch (e.vote) {
    case VoteKind::kCommit: state.standing = Standing::kPrepared; break;
    case VoteKind::kAbort: state.standing = Standing::kRefused; break;
    case VoteKind::kReadOnly: state.standing = Standing::kReadOnly; break;
  }
  if (!take_next()) vote(e.vote);
}

void Turn::operator()(event::Acked& e) {
  const Call done = state.call;
  if (done != Call::kCommit && done != Call::kAbort && done != Call::kOnePhase) return;
  finish_call();
  state.result = e.result;
  if (done == Call::kCommit && e.result == AckResult::kAborted) state.result = AckResult::kHeuristicAbort;
  if (done == Call::kAbort && e.result == AckResult::kCommitted) state.result = AckResult::kHeuristicCommit;
  // As good as aborted, and said so: a one-phase commit that comes late would take "unknown" for no answer.
  if (done == Call::kAbort && e.result == AckResult::kUnknownBranch) state.result = AckResult::kAborted;
  const bool committed = done == Call::kCommit || (done == Call::kOnePhase && e.result == AckResult::kCommitted);
  state.standing = committed ? Standing::kCommitted : Standing::kAborted;
  if (std::exchange(state.answer, false)) ack(state.result);
  take_next();
}

void Turn::not_in_doubt() {
  switch (state.look_up_for) {
    case LookUpFor::kRepeatedPrepare:
      if (!take_next()) refuse("prepared again, and no trace of the first time");
      return;
    case LookUpFor::kThrownPrepare:
      if (take_next()) return;
      vote(VoteKind::kAbort);
      state.standing = Standing::kRefused;
      return start(Call::kAbort);  // what the prepare left half done goes, too
    case LookUpFor::kDecision:
      state.standing = Standing::kFresh;  // settled meanwhile, by another instance: nothing is left to apply
      take_next();
      return;
  }
}

void Turn::operator()(event::Traced& e) {
  if (state.call != Call::kLookUp) return;
  finish_call();
  const Call decided = std::exchange(state.decision, Call::kNone);
  if (!e.in_doubt) return not_in_doubt();
  state.standing = Standing::kPrepared;
  if (take_next()) return;
  if (state.look_up_for != LookUpFor::kDecision) return vote(VoteKind::kCommit);
  state.answer = decided == Call::kCommit;
  start(decided);
}

void Turn::operator()(event::Threw& e) {
  if (idle() || state.waiting) return;
  if (state.call == Call::kPrepare) {
    state.reason = "prepare failed: " + e.why;
    return look_up(LookUpFor::kThrownPrepare);
  }
  const std::uint32_t doublings = std::min(state.failures++, 7u);
  const Millis gap = std::min(kRetryMin << doublings, kRetryMax);
  const auto jitter = static_cast<Millis>((IdHash{}(id) ^ state.failures) % static_cast<std::size_t>(gap / 2));
  state.waiting = true;
  state.wake_due = now + gap - jitter;
}

void Turn::operator()(event::TimePassed&) {
  if (state.wake_due == 0 || state.wake_due > now) return;
  state.wake_due = 0;
  if (state.waiting) return start(state.call);
  if (!idle()) return;
  if (state.standing == Standing::kPrepared) effects.emplace_back(session::Inquire{id});
  // Nothing was voted, and no prepare comes after the deadline: the work may go, and its locks with it.
  if (state.standing == Standing::kEnlisted) start(Call::kAbort);
}

}  // namespace

void step(BranchState& state, const BranchId& id, Event event, Millis now, std::vector<Effect>& effects) {
  Turn turn{state, id, now, effects};
  std::visit(turn, event);
}

}  // namespace troth::sdk
