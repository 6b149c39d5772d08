// coordinator/engine/timeline.h: who did what when, for people. A few bytes an entry and a fixed number of them; texts
// are made when somebody looks. In memory only: after a restart it holds what the log proves, and says so.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/core/step.h"
#include "proto/values/views.h"

namespace troth::engine {

enum class What : std::uint8_t {
  kBegun,
  kEnlisted,
  kCommitAsked,
  kAbortAsked,
  kAbortOnly,
  kPrepareSent,
  kOnePhaseSent,
  kNotSent,
  kVote,
  kDecided,
  kDecisionSent,
  kError,
  kConnected,
  kAcknowledged,
  kHeuristic,
  kRetryAsked,
  kResolved,
  kRetired,
  kForgotten,
  kFinished,
  kRecovered,
  kDropped
};
std::string_view word(What what);

class Timeline {
 public:
  Timeline() = default;
  /// `first`: no entry is older; without it the first entry is the oldest.
  explicit Timeline(Millis first) : base_(first) {}

  /// Entries kept. When they are used up, the oldest that only repeats (an attempt, an error, a connection) falls out
  /// before any other.
  static constexpr std::size_t kMaxEntries = 32;
  /// Texts of errors, reasons and operators kept; older ones fall out, their entries stay.
  static constexpr std::size_t kMaxTexts = 8;
  /// Longer ones are cut: they come from clients and participants.
  static constexpr std::size_t kMaxTextBytes = 256;

  /// `code` is the value of the word that belongs to `what`, `number` an attempt.
  void note(Millis at, What what, std::uint32_t n = 0, std::uint8_t code = 0, std::uint32_t number = 0);
  void note_text(Millis at, What what, std::uint32_t n, std::uint8_t code, std::string text);

  /// For a transaction that the log restored: its entries came from several records. In order of time.
  void sort();
  /// What a record does not keep of an aborted transaction: who its branches were.
  void keep_names(const std::vector<core::Branch>& branches);

  /// As the API shows it; `view` is of the same transaction and says who its branches are and which LSN decided.
  std::vector<TimelineView> items(const TransactionView& view) const;
  bool empty() const { return entries_.empty(); }
  /// As new, but with the memory that it has.
  void clear();

 private:
  struct Entry {
    std::uint32_t ms_low;  // since base_
    std::uint16_t ms_high;
    std::uint16_t n;
    What what;
    std::uint8_t code;
    std::uint16_t number;  // an attempt, or the number of a text
  };
  static_assert(sizeof(Entry) == 12);
  struct Rare {
    std::vector<std::string> texts;  // a ring: text i is at (i - 1) % kMaxTexts
    std::uint16_t last_text = 0;
    std::vector<std::string> names;
  };

  void make_room();
  Millis at_of(const Entry& entry) const;
  std::string text_of(const Entry& entry) const;
  std::string name_of(const TransactionView& view, std::uint32_t n) const;
  std::string detail_of(const Entry& entry, const TransactionView& view) const;

  Millis base_ = 0;
  std::uint32_t dropped_ = 0;
  std::vector<Entry> entries_;
  std::unique_ptr<Rare> rare_;
};

/// What a step may change, as it was before; of branches, the one that the event is about.
struct Before {
  std::uint64_t revision = 0;
  Phase phase = Phase::kActive;
  bool decided = false;
  bool abort_only = false;
  std::size_t branches = 0;
  std::uint32_t n = 0;
  std::optional<VoteKind> vote;
  bool settled = false;
  bool reachable = false;
  const core::LastError* error = nullptr;  // to compare only
};
Before look_before(const core::Transaction& transaction, const core::Event& event);
/// Notes what the step did, in the order in which it happened: the event if it changed anything, what it recorded, what
/// was decided, what is sent, the end.
void note_step(Timeline& timeline, const Before& before, const core::Transaction& transaction, const core::Event& event,
               const core::Output& output, Millis at);
/// What the log proves besides the transaction itself.
void note_fact(Timeline& timeline, const fact::HeuristicReported& reported);
void note_fact(Timeline& timeline, const fact::OperatorActed& acted);

/// What can be said of a finished transaction of which no timeline is kept. `restarted_at`: when this process started,
/// if the transaction is older; else 0.
std::vector<TimelineView> proved_items(const TransactionView& view, Millis restarted_at);
/// The text of What::kRecovered.
std::string recovered_text();

/// The timelines of the transactions that finished last: ids are dense, so each has its place by its sequence, and a
/// newer one takes it over. The memory of the one that goes serves a new transaction.
class FinishedTimelines {
 public:
  static constexpr std::size_t kKept = 10'000;
  /// An empty one, for a new transaction.
  Timeline fresh();
  void keep(const TransactionId& id, Timeline timeline);
  const Timeline* find(const TransactionId& id) const;
  /// Empty if none is kept.
  Timeline take(const TransactionId& id);

 private:
  struct Slot {
    TransactionId id;
    Timeline timeline;
  };
  std::vector<Slot> slots_;  // grows to kKept
  std::vector<Timeline> spare_;
};

}  // namespace troth::engine
