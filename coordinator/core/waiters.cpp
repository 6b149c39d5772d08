#include <string>

#include "coordinator/core/actions.h"
#include "coordinator/core/internal.h"

namespace troth::core::internal {
namespace {

bool has_answer(const Transaction& transaction, const Waiter& waiter) {
  if (!transaction.outcome) return false;
  if (*transaction.outcome == Outcome::kAborted || waiter.wants_abort) return true;
  return waiter.wait == Wait::kDecided || transaction.phase == Phase::kFinished;
}

void refuse_with_transaction(const Step& step, ReplyTo reply, Slug slug, std::string detail) {
  if (reply != 0) step.emit(effect::ReplyProblem{reply, slug, std::move(detail), true});
}

void refuse_as_aborted(const Step& step, ReplyTo reply) {
  std::string detail = "The transaction was aborted";
  if (step.transaction.abort_reason) detail.append(": ").append(word(*step.transaction.abort_reason));
  refuse_with_transaction(step, reply, Slug::kAborted, detail + ". Begin a new one to try again.");
}

void refuse_as_committed(const Step& step, ReplyTo reply) {
  refuse_with_transaction(step, reply, Slug::kCommitted, why_not_abort(step.transaction));
}

/// Success is having got what was asked for: 200 means committed after commit, aborted after abort.
void tell(const Step& step, const Waiter& waiter) {
  const bool is_aborted = *step.transaction.outcome == Outcome::kAborted;
  if (is_aborted == waiter.wants_abort) {
    step.emit(effect::ReplyTransaction{waiter.reply, 200});
  } else if (is_aborted) {
    refuse_as_aborted(step, waiter.reply);
  } else {
    refuse_as_committed(step, waiter.reply);
  }
}

void tell_what_is(const Step& step, const Waiter& waiter) {
  step.emit(effect::ReplyTransaction{waiter.reply, step.transaction.outcome ? 200 : 202});
}

}  // namespace

void add_waiter(const Step& step, Waiter waiter) {
  if (waiter.reply != 0) step.transaction.waiters.push_back(waiter);
}

void add_waiter(const Step& step, const event::Commit& event) {
  add_waiter(step, Waiter{event.reply, event.wait, event.until_due, false});
}

void add_waiter(const Step& step, const event::Abort& event) {
  add_waiter(step, Waiter{event.reply, Wait::kDecided, event.until_due, true});
}

void tell_waiters(const Step& step) {
  std::erase_if(step.transaction.waiters, [&step](const Waiter& waiter) {
    if (!has_answer(step.transaction, waiter)) return false;
    tell(step, waiter);
    return true;
  });
}

void tell_due_waiters(const Step& step) {
  std::erase_if(step.transaction.waiters, [&step](const Waiter& waiter) {
    if (waiter.until_due > step.now.due) return false;
    tell_what_is(step, waiter);
    return true;
  });
}

void tell_all_waiters(const Step& step) {
  for (const Waiter& waiter : step.transaction.waiters) tell_what_is(step, waiter);
  step.transaction.waiters.clear();
}

void reply_branch(const Step& step, ReplyTo reply, std::uint32_t n, int status) {
  if (reply != 0) step.emit(effect::ReplyBranch{reply, n, status});
}

void refuse(const Step& step, ReplyTo reply, Slug slug, std::string detail) {
  if (reply != 0) step.emit(effect::ReplyProblem{reply, slug, std::move(detail), false});
}

void refuse_enlist(const Step& step, const event::Enlist& event) {
  if (*step.transaction.outcome == Outcome::kAborted) {
    refuse_as_aborted(step, event.reply);
  } else {
    refuse_as_committed(step, event.reply);
  }
}

}  // namespace troth::core::internal
