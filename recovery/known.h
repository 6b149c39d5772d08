// recovery/known.h: what the log says, folded: which transactions are live, which outcomes are remembered, who the
// participants are. The engine starts from it, keeps it current, and answers about ids that are not live from it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "proto/values/facts.h"

namespace troth::recovery {

/// Who committed: one bit per transaction, a bitmap per (epoch, nonce). 100 million cost 12.5 MB.
class Commits {
 public:
  void add(EpochId epoch, std::uint64_t sequence);
  void add_bits(const fact::CommitBits& bits);
  bool contains(EpochId epoch, std::uint64_t sequence) const;
  void drop_before(const TransactionId& horizon);
  std::uint64_t count() const { return count_; }
  /// As facts, split so that one record stays below 64 KiB.
  std::vector<fact::CommitBits> to_facts() const;

 private:
  struct Words {
    std::uint64_t first_word = 0;  // index of words[0]: the bitmap starts at sequence first_word * 64
    std::vector<std::uint64_t> words;
  };
  std::map<EpochId, Words> by_epoch_;
  std::uint64_t count_ = 0;
};

/// A transaction the log says is not over, with the record that made it so.
using LiveFact = std::variant<fact::CommitDecided, fact::PrepareStarted, fact::OnePhaseStarted>;

/// Details of a finished transaction: kept for less long than its outcome bit.
struct Detail {
  fact::CommitDecided decided;  // committed
  Millis finished_at = 0;
};
struct AbortDetail {
  TransactionId id;
  AbortReason reason = AbortReason::kVote;
  std::string label;
  Millis begun_at = 0;
  Millis decided_at = 0;
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
  LogId log;
  std::uint16_t shard = 0;
  std::vector<fact::EpochStarted> epochs;  // kept for ever, ascending
  std::vector<fact::GapOpened> gaps;
  TransactionId horizon;                   // zero: everything is remembered
  std::map<TransactionId, LiveFact> live;
  Commits commits;
  std::unordered_map<TransactionId, Detail, IdHash> details;
  std::deque<TransactionId> detail_order;  // oldest first
  std::unordered_map<TransactionId, AbortDetail, IdHash> abort_details;
  std::map<TransactionId, std::vector<fact::HeuristicReported>> heuristics;  // not yet forgotten
  std::map<BranchId, fact::OperatorActed> acts;                              // settled, retired; n = 0: gap ids
  std::map<std::string, KnownParticipant> participants;
  std::unordered_map<std::string, Window> windows;  // by client session
  Lsn last_lsn = 0;

  /// The epoch with which `id` was made is one of ours.
  const fact::EpochStarted* find_epoch(EpochId id) const;
  bool in_gap(const TransactionId& id) const;
};

/// Folds one record into `known`; records must come in LSN order. Live traffic may use it too, after an append.
void fold(Known& known, Lsn lsn, const Fact& fact);

/// The fewest facts that fold to the same Known (details only of live transactions and heuristics), ending with
/// Checkpoint{cut}. Keys within `key_retain_ms` of `now_at` are kept: see `rebuild`.
std::vector<Fact> fewest(const Known& known, Lsn cut);

/// Why an id that is not live gets the answer it gets: the rows of api.md "What is answered about an id", in order.
enum class IdStatus : std::uint8_t {
  kForeign,        // another log or shard
  kOldCopy,        // an (epoch, nonce) we never had, outside a gap
  kNotYetGiven,    // present epoch, sequence above the last given
  kGapUnknown,     // in a gap, not settled by an operator
  kGapCommitted,
  kGapAborted,
  kLive,           // in known.live (at start; while running the engine asks its own table first)
  kRemembered,     // committed, its list is kept: see details
  kBitOnly,        // committed, its list no longer kept
  kAborted,        // at or after the horizon and no decision: it never committed
  kBeforeHorizon,
};
IdStatus classify(const Known& known, EpochId present, std::uint64_t last_given, const TransactionId& id);

/// What a participant hears about a branch of an id that is not live.
DecisionKind decision_about(const Known& known, EpochId present, std::uint64_t last_given, const BranchId& branch);

}  // namespace troth::recovery
