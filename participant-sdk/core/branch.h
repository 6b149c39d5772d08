// participant-sdk/core/branch.h: one branch as its participant sees it, as a pure machine. No I/O, no clock, no
// threads: events go in, effects come out, and the runtime does them. Total: every event has an answer in every
// standing.
//
// What it holds (design.md §3): calls for one branch never overlap (what comes while one runs is coalesced); commit is
// never voted without the resource's own vote or a durable trace (rule 1); joined and unknown is a vote to abort (rule
// 2); an answer to Recover or Inquire is applied only after the branch was found still in doubt (rule 11).
#pragma once

#include <troth/participant.h>

#include <string>
#include <variant>
#include <vector>

#include "proto/values/messages.h"

namespace troth::sdk {

/// What is known of the branch in this process. Only kPrepared is in doubt.
enum class Standing : std::uint8_t { kFresh, kEnlisted, kPrepared, kReadOnly, kRefused, kCommitted, kAborted };

/// A call of the resource. kLookUp asks `in_doubt()` for a durable trace.
enum class Call : std::uint8_t { kNone, kPrepare, kOnePhase, kCommit, kAbort, kLookUp };

/// Why a durable trace is looked up: a repeated prepare, a prepare that threw, a decision to verify before it is
/// applied.
enum class LookUpFor : std::uint8_t { kRepeatedPrepare, kThrownPrepare, kDecision };

struct BranchState {
  Standing standing = Standing::kFresh;
  Call call = Call::kNone;      // runs, or waits for its repetition
  Call next = Call::kNone;      // kCommit or kAbort: arrived while `call` runs, done after it
  Call decision = Call::kNone;  // kCommit or kAbort: applied if the look-up finds the branch in doubt
  LookUpFor look_up_for = LookUpFor::kRepeatedPrepare;
  AckResult result = AckResult::kCommitted;  // with kCommitted and kAborted: what the resource said
  bool waiting = false;                      // `call` threw and is repeated at wake_due
  bool answer = false;                       // the coordinator waits for an Ack of the commit or abort that runs
  bool remembered = false;                   // used by the table: stands in its list of settled branches
  std::uint32_t failures = 0;                // of the present call
  Lsn lsn = 0;                               // of the decision to commit
  Millis wake_due = 0;                       // TimePassed is wanted then; 0: never
  std::string reason;                        // of a refusal, said again when asked again

  bool settled() const { return call == Call::kNone && standing >= Standing::kReadOnly; }
};

namespace event {
/// A Prepare arrived.
struct PrepareCame {
  Branch branch;
  bool below_horizon = false;
};
/// A CommitOnePhase arrived; `supported`: the resource has commit_one_phase.
struct OnePhaseCame {
  Branch branch;
  bool supported = false;
};
struct CommitCame {
  Lsn lsn = 0;
};
struct AbortCame {};
struct DecisionCame {
  DecisionKind decision = DecisionKind::kUnknown;
};
/// The coordinator accepted our Enlist: work may start; at `give_up_due` unprepared work is dropped.
struct EnlistAccepted {
  Millis give_up_due = 0;
};
/// `in_doubt()` names it, asked at a connect.
struct Listed {};
/// A new connection is in steady state.
struct Connected {};
/// `prepare` returned.
struct Voted {
  VoteKind vote = VoteKind::kAbort;
  std::string reason;
};
/// `commit`, `abort` or `commit_one_phase` returned.
struct Acked {
  AckResult result = AckResult::kCommitted;
};
/// The look-up returned: is it in `in_doubt()`?
struct Traced {
  bool in_doubt = false;
};
/// The call that runs threw.
struct Threw {
  std::string why;
};
struct TimePassed {};
}  // namespace event

using Event = std::variant<event::PrepareCame, event::OnePhaseCame, event::CommitCame, event::AbortCame,
                           event::DecisionCame, event::EnlistAccepted, event::Listed, event::Connected, event::Voted,
                           event::Acked, event::Traced, event::Threw, event::TimePassed>;

/// Call the resource on the pool; exactly one of Voted, Acked, Traced, Threw follows.
struct StartCall {
  Call call = Call::kNone;
  Branch branch;
};
/// A message is lost when there is no connection: the coordinator asks again on the next one.
using Effect = std::variant<StartCall, session::Vote, session::Ack, session::Inquire>;

inline constexpr Millis kRetryMin = 50;          // first repetition of a call that threw
inline constexpr Millis kRetryMax = 5'000;       // and no rarer than this
inline constexpr Millis kInquireAgain = 10'000;  // in doubt, and the coordinator could not say
inline constexpr Millis kDeadlineGrace = 1'000;  // a prepare sent just before the deadline may still arrive

/// Lets `event` happen to branch `id` at `now`; appends what is to be done.
void step(BranchState& state, const BranchId& id, Event event, Millis now, std::vector<Effect>& effects);

}  // namespace troth::sdk
