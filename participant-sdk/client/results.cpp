// participant-sdk/client/results.cpp: the coordinator's answers in the words of client.h.
#include "participant-sdk/client/window.h"

namespace troth::sdk {
namespace {

void set_outcome(Result& result, const TransactionView& view) {
  result.transaction = view.id;
  if (view.outcome == Outcome::kCommitted) result.kind = Result::kCommitted;
  if (view.outcome == Outcome::kAborted) {
    result.kind = Result::kAborted;
    if (view.abort_reason) result.reason = word(*view.abort_reason);
    for (const auto& branch : view.branches) {
      if (branch.vote == VoteKind::kAbort && branch.vote_reason) {
        result.reason += ": " + *branch.vote_reason;
        break;
      }
    }
  }
}

Result of(const answer::Transaction& answer) {
  Result result;
  result.kind = answer.status == 202 ? Result::kUndecided : Result::kActive;
  set_outcome(result, answer.view);
  return result;
}

Result of(const answer::Branch& answer) {
  Result result;
  result.kind = Result::kActive;
  result.transaction = answer.transaction;
  result.branch = answer.view.n;
  return result;
}

Result::Kind kind_of(Slug slug) {
  switch (slug) {
    case Slug::kAborted: return Result::kAborted;
    case Slug::kCommitted: return Result::kCommitted;
    case Slug::kExpired: return Result::kExpired;
    case Slug::kAskOperator: return Result::kAskOperator;
    default: return Result::kRefused;
  }
}

Result of(const answer::Refused& answer) {
  Result result;
  result.kind = kind_of(answer.problem.slug);
  result.problem = info(answer.problem.slug).text;
  result.detail = answer.problem.detail;
  if (!answer.transaction) return result;
  const auto refused_as = result.kind;
  set_outcome(result, *answer.transaction);
  // A refusal that only shows the transaction stays a refusal: what was asked for was not done.
  if (refused_as == Result::kRefused) result.kind = refused_as;
  return result;
}

}  // namespace

Result to_result(const Answer& answer) {
  return std::visit([](const auto& one) { return of(one); }, answer);
}

}  // namespace troth::sdk
