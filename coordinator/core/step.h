// coordinator/core/step.h: two-phase commit with presumed abort as a pure, total function (design.md §3; the same table
// in prose: PROTOCOL.md). After Mohan, Lindsay, Obermarck, "Transaction Management in the R* Distributed Database
// Management System", ACM TODS 1986 (presumed abort), and Bernstein, Hadzilacos, Goodman 1987, chapter 7.
#pragma once

#include <vector>

#include "coordinator/core/effect.h"
#include "coordinator/core/event.h"
#include "coordinator/core/transaction.h"

namespace troth::core {

/// What one step asks for. `facts` in order, before any effect of this and later steps of the transaction leaves.
/// The caller owns it and reuses it: `step` appends, it never clears.
struct Output {
  std::vector<Fact> facts;  // never Ended: see `ended`
  std::vector<Effect> effects;
  bool ended = false;  // the transaction finished in this step and its Ended record may be written (lazily):
                       // set only when something forced is in the log for it
};

/// Applies `event` to `transaction`. A function of its arguments only: no clock, no random source, no I/O; jitter is a
/// hash of id and attempt. Total: every event has a defined answer in every phase, "ignored" being one.
void step(Transaction& transaction, const Event& event, Now now, const Timing& timing, Output& out);

/// The earliest time `event::Tick` has something to do; the maximum of Millis when nothing is timed.
Millis wake_due(const Transaction& transaction);

/// What a participant is told that asks about branch n of this live transaction.
DecisionKind decision_for(const Transaction& transaction, std::uint32_t n);

/// The transaction as the log knows it after a crash; the ordinary timers and Reachable events drive it from there.
/// Undecided ones with PrepareStarted come back Aborting (reason restart), one-phase ones Preparing.
Transaction restore(const fact::CommitDecided& decided, Now now);
Transaction restore(const fact::PrepareStarted& started, Now now);
Transaction restore(const fact::OnePhaseStarted& started, Now now);

/// What the log says besides about a restored transaction, in log order after `restore`: such branches are settled. If
/// nothing is left to do, `wake_due` is at once and the next Tick ends the transaction.
void restore_heuristic(Transaction& transaction, const fact::HeuristicReported& reported);
void restore_act(Transaction& transaction, const fact::OperatorActed& acted);

/// Branch n of a restored, decided transaction has acknowledged, though the log does not say so; else as above.
void restore_acknowledged(Transaction& transaction, std::uint32_t n);

/// Branch n is prepared at its participant as far as anyone knows, and its acknowledgement is missing.
bool is_in_doubt(const Transaction& transaction, const Branch& branch);

/// The worst heuristic over all branches (mixed over commit/abort, hazard last), if any.
std::optional<HeuristicKind> heuristic_of(const Transaction& transaction);

}  // namespace troth::core
