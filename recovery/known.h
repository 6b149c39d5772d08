// recovery/known.h: what the log says, folded: which transactions are live, which outcomes are remembered, who the
// participants are. The engine starts from it, keeps it current, and answers about ids that are not live from it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "proto/values/facts.h"
#include "recovery/commits.h"

namespace troth::recovery {

/// A transaction the log says is not over, with the record that made it so.
using LiveFact = std::variant<fact::CommitDecided, fact::PrepareStarted, fact::OnePhaseStarted>;

/// Details of a finished transaction: kept for less long than its outcome bit.
struct Detail {
  fact::CommitDecided decided;  // committed
  Millis finished_at = 0;       // 0: not known, Ended carries no time
};
struct AbortDetail {
  TransactionId id;
  AbortReason reason = AbortReason::kVote;
  std::string label;
  Millis begun_at = 0;
  Millis decided_at = 0;
  std::string traceparent;
};

struct KnownParticipant {
  fact::ParticipantRegistered registered;
  bool retired = false;
};

/// One client session's exactly-once window.
struct Window {
  std::uint64_t acked_below = 0;
  std::map<std::uint64_t, TransactionId> committed;  // sequence -> what it committed
};

/// Everything the log says.
struct Known {
  LogId log;  // set by who opened the log: no record carries it
  std::uint16_t shard = 0;
  std::vector<fact::EpochStarted> epochs;  // kept for ever, ascending
  std::vector<fact::GapOpened> gaps;       // ascending
  TransactionId horizon;                   // zero: everything is remembered
  std::map<TransactionId, LiveFact> live;
  Commits commits;
  std::map<TransactionId, Detail> details;
  std::deque<TransactionId> detail_order;  // of both, oldest first; may name ids whose details are gone
  std::map<TransactionId, AbortDetail> abort_details;
  std::map<TransactionId, std::vector<fact::HeuristicReported>> heuristics;  // not yet forgotten
  std::map<BranchId, fact::OperatorActed> acts;                              // settled, retired; n = 0: gap ids
  std::map<std::string, KnownParticipant> participants;
  std::map<std::string, Window> windows;  // by client session
  std::deque<fact::Mark> marks;           // ascending, at most kMaxMarks: closer together the younger they are
  Lsn last_lsn = 0;

  /// The epoch with which `id` was made is one of ours.
  const fact::EpochStarted* find_epoch(EpochId id) const;
  /// A restored log cannot know what became of `id` (design.md §9): it lies in a gap, or is a one-phase transaction
  /// from before a gap, and the log has no decision for it. Stays true after an operator settled it: see `acts`.
  bool in_gap(const TransactionId& id) const;
};

/// `epoch` is one that a restored log does not know to its end: its ids lie in a gap unless the log knows better.
bool is_in_gap_range(const Known& known, EpochId epoch);

/// The number of the next start: above every epoch that this log started or that lies in a gap of it.
std::uint32_t next_epoch(const Known& known);

/// Folds one record into `known`: first the rows of a set, with LSN 0, then records in LSN order. Live traffic may use
/// it too, after an append.
void fold(Known& known, Lsn lsn, const Fact& fact);

/// Drops the oldest details until at most `detail_count` are left and none was decided more than `detail_ms` before
/// `now_at`. Outcomes stay. Details that a heuristic or a gap still needs stay as well, until an operator forgot it.
void trim(Known& known, std::uint64_t detail_count, Millis detail_ms, Millis now_at);

/// Why an id that is not live gets the answer it gets: the rows of api.md "What is answered about an id", in order.
enum class IdStatus : std::uint8_t {
  kForeign,      // another log or shard
  kOldCopy,      // an (epoch, nonce) we never had, outside a gap
  kNotYetGiven,  // present epoch, sequence above the last given
  kGapUnknown,   // in a gap, not settled by an operator
  kGapCommitted,
  kGapAborted,
  kLive,        // in known.live (at start; while running the engine asks its own table first)
  kRemembered,  // committed, its list is kept: see details
  kBitOnly,     // committed, its list no longer kept
  kAborted,     // at or after the horizon and no decision: it never committed
  kBeforeHorizon,
};
IdStatus classify(const Known& known, EpochId present, std::uint64_t last_given, const TransactionId& id);

/// What a participant hears about a branch of an id that is not live.
DecisionKind decision_about(const Known& known, EpochId present, std::uint64_t last_given, const BranchId& branch);

}  // namespace troth::recovery
