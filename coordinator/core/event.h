// coordinator/core/event.h: everything that can happen to a transaction. Closed: `step` answers each in every phase.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "coordinator/core/transaction.h"

namespace troth::core::event {

/// A branch asks to take part. Same (participant, key[, instance if joined]) and payload: the same branch again.
/// The engine has checked name, limits and registration; `branch.n` is ignored.
struct Enlist {
  ReplyTo reply = 0;
  Branch branch;
  std::uint32_t max_branches = 64;
};
/// The client wants to commit; repeats only add a waiter.
struct Commit {
  ReplyTo reply = 0;
  Wait wait = Wait::kDecided;
  Millis until_due = 0;
  std::optional<std::uint32_t> branch_count;
};
/// Client or operator wants to abort; `why` is what they said, for people.
struct Abort {
  ReplyTo reply = 0;
  Millis until_due = 0;
  AbortReason reason = AbortReason::kClient;
  std::string why = {};
};
/// A vote on branch n from (participant, instance, incarnation).
struct Vote {
  std::uint32_t n = 0;
  std::string participant;
  std::string instance;
  std::string incarnation;
  VoteKind vote = VoteKind::kAbort;
  std::string reason;
};
/// An answer to commit, abort or commit-one-phase.
struct Ack {
  std::uint32_t n = 0;
  std::string participant;
  std::string instance;
  AckResult result = AckResult::kCommitted;
};
/// A participant lists branch n as prepared (Recover). Listing is not voting.
struct Listed {
  std::uint32_t n = 0;
  std::string participant;
  std::string instance;
  std::string incarnation;
};
/// A participant asks what became of branch n. Answered by effect::Decide to the asker.
struct Inquired {
  std::uint32_t n = 0;
  std::string participant;
  std::string instance;
};
/// A connection that may carry branch n's messages exists now / is gone.
struct Reachable {
  std::uint32_t n = 0;
};
struct Unreachable {
  std::uint32_t n = 0;
  std::string code = "disconnected";
  std::string detail = {};
};
/// A new incarnation of `instance` connected: unprepared joined work of the old one is lost.
struct Reincarnated {
  std::string participant;
  std::string instance;
  std::string incarnation;
};
/// A prepare handed to the outbox never left (its connection closed while it was queued): it was no attempt.
struct PrepareNotSent {
  std::uint32_t n = 0;
};
/// A callback attempt gave no usable answer; `retry_after_ms` from the participant, 0 if none.
struct AttemptFailed {
  std::uint32_t n = 0;
  std::string code;
  std::string detail;
  Millis retry_after_ms = 0;
};
/// Time passed: deadlines, retries and waiters that are due act.
struct Tick {};
/// An operator settles an unsettled branch of a decided transaction by hand, or forgets a heuristic.
struct Resolve {
  ReplyTo reply = 0;
  std::uint32_t n = 0;
  ResolveAction action = ResolveAction::kForget;
  std::string reason;
  std::string actor;
  bool heuristic = false;
  bool dry_run = false;
};
/// An operator wants branch n tried now.
struct Retry {
  ReplyTo reply = 0;
  std::uint32_t n = 0;
};
/// The participant is gone for good: its unsettled branches become hazards.
struct Retire {
  std::string participant;
  std::string reason;
  std::string actor;
};
/// The coordinator drains: an Active transaction is left to its deadline, waiters hear what is.
struct Drain {};

}  // namespace troth::core::event

namespace troth::core {
using Event =
    std::variant<event::Enlist, event::Commit, event::Abort, event::Vote, event::Ack, event::Listed, event::Inquired,
                 event::Reachable, event::Unreachable, event::Reincarnated, event::PrepareNotSent, event::AttemptFailed,
                 event::Tick, event::Resolve, event::Retry, event::Retire, event::Drain>;
}  // namespace troth::core
