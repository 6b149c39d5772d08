// coordinator/core/internal.h: what the phases share. Not for other folders: they use step.h.
//
// A phase file holds one visitor with an overload for every event, so a missing case does not compile. What several
// phases do alike stands here once: deciding (decide.cpp), sending and repeating (deliver.cpp), waiters (waiters.cpp),
// operators' verbs (operators.cpp).
#pragma once

#include <string>
#include <utility>

#include "coordinator/core/step.h"

namespace troth::core::internal {

/// One call of `step`: the transaction, the clock of this step, and where its facts and effects go.
struct Step {
  Transaction& transaction;
  Now now;
  const Timing& timing;
  Output& out;

  /// Something that a reader of the transaction can see has changed.
  void touch() const { ++transaction.revision; }
  void record(Fact fact) const { out.facts.push_back(std::move(fact)); }
  void emit(Effect effect) const { out.effects.push_back(std::move(effect)); }
};

// ---- the phases ----
void step_active(const Step& step, const Event& event);
void step_preparing(const Step& step, const Event& event);
void step_committing(const Step& step, const Event& event);
void step_aborting(const Step& step, const Event& event);
void step_finished(const Step& step, const Event& event);

// ---- branches (deliver.cpp) ----
Branch* find_branch(Transaction& transaction, std::uint32_t n);
/// Branch n if it is enlisted to this participant, else null: nobody speaks for another's branch.
Branch* find_branch_of(Transaction& transaction, std::uint32_t n, const std::string& participant);
/// Branch n if (participant, instance) may speak for it: a pinned branch, and joined work that is not prepared yet,
/// live in one instance only; all else may be answered by any instance, because they share its state.
Branch* find_speaker(Transaction& transaction, std::uint32_t n, const std::string& participant,
                     const std::string& instance);
/// The participant may hold something for this branch, so it must hear of an abort.
bool may_know(const Branch& branch);
/// The phase still needs an answer from this branch: a vote, or an acknowledgement.
bool is_awaited(const Transaction& transaction, const Branch& branch);
bool is_all_settled(const Transaction& transaction);
/// Restored from between the records of one step: what its participant said in one phase, or that it was retired, is in
/// the log, and the abort that went with it is not.
bool is_ended_by_report(const Transaction& transaction);
DecidedBranch to_decided(const Branch& branch);
/// A joined branch, not prepared, whose incarnation this event replaces: its open work is lost. Null if none.
const Branch* find_lost(const Transaction& transaction, const event::Reincarnated& event);

// ---- sending and repeating (deliver.cpp) ----
/// From now on answers are waited for, and after half a minute somebody should look.
void expect_answers(const Step& step, Phase phase);
/// Notes that half a minute is over: it shows, and nothing else follows from it.
void note_lateness(const Step& step);
/// The latest attempt to get an answer from this branch failed.
void note_error(const Step& step, Branch& branch, std::string code, std::string detail);
/// Sends what the phase has to say to this branch if it is reachable, and counts the attempt; else notes the error.
void send(const Step& step, Branch& branch);
void send_due(const Step& step);
void on_reachable(const Step& step, const event::Reachable& event);
void on_unreachable(const Step& step, const event::Unreachable& event);
void on_attempt_failed(const Step& step, const event::AttemptFailed& event);
/// A listed branch is sent again what it waits for; one we expect nothing from is answered as an inquiry.
void on_listed(const Step& step, const event::Listed& event);
void on_inquired(const Step& step, const event::Inquired& event);
/// A commit vote after the decision comes from a branch in doubt: it is told the decision.
void on_late_vote(const Step& step, const event::Vote& event);

// ---- deciding and ending (decide.cpp) ----
void decide_commit(const Step& step);
/// Aborts an undecided transaction; the reason given first stays (an abort-only transaction has one already).
void abort_now(const Step& step, AbortReason reason);
/// It is past the deadline, and the deadline still counts.
bool is_overdue(const Transaction& transaction, Now now);
void report_heuristic(const Step& step, Branch& branch, HeuristicKind kind, const std::string& detail);
/// An acknowledgement from a branch of an aborted transaction: one that says it committed is a heuristic.
void on_ack_of_abort(const Step& step, const event::Ack& event);
/// Ends the transaction when no branch has anything left to say.
void finish_if_settled(const Step& step);

// ---- who waits (waiters.cpp) ----
void add_waiter(const Step& step, Waiter waiter);
void add_waiter(const Step& step, const event::Commit& event);
void add_waiter(const Step& step, const event::Abort& event);
/// Answers everybody whose answer is known by now, each exactly once.
void tell_waiters(const Step& step);
/// Answers those whose time is up with what is: 202 while undecided.
void tell_due_waiters(const Step& step);
/// The coordinator drains: nobody waits any longer.
void tell_all_waiters(const Step& step);
void reply_branch(const Step& step, ReplyTo reply, std::uint32_t n, int status);
void refuse(const Step& step, ReplyTo reply, Slug slug, std::string detail);
/// An enlist after the decision: refused with the outcome.
void refuse_enlist(const Step& step, const event::Enlist& event);

// ---- operators (operators.cpp) ----
void on_resolve(const Step& step, const event::Resolve& event);
void on_retry(const Step& step, const event::Retry& event);
/// Every unsettled branch of the participant becomes a hazard.
void retire_branches(const Step& step, const event::Retire& event);
bool has_participant(const Transaction& transaction, const std::string& participant);

}  // namespace troth::core::internal
