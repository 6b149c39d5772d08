// coordinator/server/outcome_ring.h: the latest outcomes, in the order of the log, for who follows them. Every outcome
// in it is durable. Pure; one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "proto/values/outcomes.h"
#include "recovery/known.h"
#include "wal/log.h"

namespace troth::server {

/// How many outcomes are kept for followers: some 20 MB.
inline constexpr std::size_t kKeptOutcomes = 100'000;

class OutcomeRing {
 public:
  /// The place of an outcome in the order in which they were told; those that are kept have places next to each other.
  using Place = std::uint64_t;

  explicit OutcomeRing(std::size_t most = kKeptOutcomes) : most_(most) {}

  void add(OutcomeView outcome);
  /// Everything up to `lsn` is in it, or was.
  void told_upto(Lsn lsn) { upto_ = std::max(upto_, lsn); }
  /// What lies at or before `lsn` is not in it.
  void forget_upto(Lsn lsn) { floor_ = std::max(floor_, lsn); }
  /// Adds to heuristics what the log knows of their transactions: after a replay, of which they are a part.
  void complete(const recovery::Known& known);

  /// The oldest cursor after which nothing is missing, and the newest there is.
  Lsn floor() const { return floor_; }
  Lsn upto() const { return upto_; }
  /// The first outcome after the one with this cursor, which lies from `floor` to `upto`.
  Place after(Lsn cursor) const;
  Place first() const { return first_; }
  Place end() const { return first_ + kept_.size(); }
  const OutcomeView& at(Place place) const { return kept_[place - first_].outcome; }

 private:
  struct Kept {
    Lsn after = 0;  // of an abort, which has no LSN: up to where all had been told before it
    OutcomeView outcome;
  };
  std::size_t most_;
  std::deque<Kept> kept_;
  Place first_ = 0;
  Lsn floor_ = 0;
  Lsn upto_ = 0;
};

/// Fills a ring from the records that a start reads. Only the last of them are looked into.
class OutcomeReader {
 public:
  /// So many rows come, counted from now on.
  void expect(std::uint64_t rows) { left_ = rows; }
  void see(const wal::Stored& record);
  /// What was seen goes into a new generation: the rows of that are its own, and say no more.
  void stop() { stopped_ = true; }
  OutcomeRing take(const recovery::Known& known);

 private:
  std::uint64_t left_ = 0;
  bool stopped_ = false;
  OutcomeRing ring_;
};

}  // namespace troth::server
