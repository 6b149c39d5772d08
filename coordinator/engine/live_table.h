// coordinator/engine/live_table.h: the live transactions, found by id in constant time and walked in id order.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/core/transaction.h"
#include "coordinator/engine/directory.h"
#include "coordinator/engine/timeline.h"

namespace troth::engine {

inline constexpr Millis kNever = std::numeric_limits<Millis>::max();

/// A transaction and what the engine keeps beside it.
struct Live {
  /// A long poll: answered once the revision is above `above`, or at `until_due` with what is.
  struct Watcher {
    core::ReplyTo reply = 0;
    std::uint64_t above = 0;
    Millis until_due = 0;
  };
  /// Parallel to transaction.branches.
  struct Link {
    Participant* participant = nullptr;
    ConnectionId sent_on = 0;   // the connection that carries its latest prepare or decision
    Millis in_doubt_since = 0;  // UTC: when it became in doubt, the last time it did
    std::uint8_t counted = 0;   // what it counts for (account.cpp)
  };

  core::Transaction transaction;
  std::vector<Link> links;
  Lsn rests_on = 0;           // the highest forced LSN its messages wait for
  Millis timer_due = kNever;  // the earliest entry the timer queue has for it
  std::vector<Watcher> watchers;
  Timeline timeline;
  bool only_reported = false;  // aborted and over, shown for what was reported against it: of its branches no more is
                               // known, so it cannot tell who speaks for one
  std::string decided_body;    // the CommitDecided record, for the history
  Phase counted_phase = Phase::kActive;
  bool counted_outcome = false;
  // UTC, as the ages have them: since when at least one branch is in doubt, it is in phase one, its decision is being
  // told. 0: not so.
  Millis in_doubt_since = 0;
  Millis undecided_since = 0;
  Millis undelivered_since = 0;
  Millis prepare_due = 0;  // when the first prepare left, for the histograms
  Millis commit_asked_due = 0;
  Millis decided_due = 0;
};

/// Ids of one epoch are dense, so those of this epoch sit in a deque by sequence; a few old ones in a map.
class LiveTable {
 public:
  /// Ids of this log, shard and epoch are the dense ones; an id of another log or shard is never found.
  explicit LiveTable(const TransactionId& present) : present_(present) {}

  Live* find(const TransactionId& id);
  /// `id` must not be in the table.
  Live& add(const TransactionId& id);
  void erase(const TransactionId& id);
  std::size_t size() const { return size_; }

  /// Walks in id order from the first above `after`, until `visit` returns false. `visit` must not add or
  /// erase.
  void walk(const TransactionId& after, const std::function<bool(Live&)>& visit);

 private:
  std::unique_ptr<Live>* slot(const TransactionId& id);
  void compact();

  bool is_present(const TransactionId& id) const;

  TransactionId present_;
  std::map<TransactionId, std::unique_ptr<Live>> old_;
  std::deque<std::unique_ptr<Live>> recent_;
  std::uint64_t first_ = 1;  // the sequence of recent_[0]
  std::uint64_t highest_ = 0;
  std::size_t size_ = 0;
};

}  // namespace troth::engine
