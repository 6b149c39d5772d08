// coordinator/engine/history.h: details of finished transactions, kept for less long than their outcome bits
// (`--detail-count`, `--detail-ms`). In memory only: what is lost here is never a promise.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "proto/values/facts.h"
#include "proto/values/views.h"

namespace troth::engine {

class History {
 public:
  History(std::uint64_t max_count, Millis max_age_ms) : max_count_(max_count), max_age_ms_(max_age_ms) {}

  /// `body` is the record of a CommitDecided or AbortTold. `finished_at`: 0 if nobody knows; its age counts from
  /// `kept_since`, of which the newest says what is too old now.
  void add(const TransactionId& id, std::uint16_t kind, std::string body, std::uint64_t revision, Lsn lsn,
           Millis finished_at, Millis kept_since);
  /// Drops at most `most` of those below `horizon`.
  void drop_before(const TransactionId& horizon, std::size_t most);
  std::optional<Fact> find(const TransactionId& id) const;
  std::optional<TransactionView> view(const TransactionId& id) const;
  /// Visits ids above `after` in order until `visit` returns false.
  void walk(const TransactionId& after, const std::function<bool(const TransactionId&)>& visit) const;
  std::size_t size() const { return rows_.size(); }

 private:
  struct Row {
    std::uint16_t kind = 0;
    std::string body;
    std::uint64_t revision = 0;
    Lsn lsn = 0;
    Millis finished_at = 0;
    Millis kept_since = 0;
  };
  std::uint64_t max_count_;
  Millis max_age_ms_;
  std::map<TransactionId, Row> rows_;
  std::deque<TransactionId> order_;  // oldest finish first; may name rows that are gone
};

}  // namespace troth::engine
