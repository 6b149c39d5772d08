// tests/explore/participant.h: what surrounds the SDK's branch machine in a participant, as runtime and adapters do it:
// connection, listing, enlisting, the resource and what it keeps; and a callback participant, which is all of it in
// one.
#pragma once

#include "tests/explore/coordinator.h"

namespace troth::explore {

/// How a call of the resource ends.
enum class End : std::uint8_t { kCommit, kAbort, kReadOnly, kThrewBefore, kThrewAfter, kCount };
/// Where the process dies: in no call or before the one that runs does anything, or when it has done so.
enum class Death : std::uint8_t { kAtOnce, kAfterCommit, kAfterAbort, kAfterReadOnly, kCount };

class Site {
 public:
  explicit Site(const Config& config) : config_(config) {}

  // ---- sessions ----
  void hear(World& world, int who, Say what) const;
  bool may_end(const World& world, int who, End end) const;
  void return_call(World& world, int who, End end) const;
  bool may_die(const World& world, int who, Death death) const;
  void crash(World& world, int who, Death death) const;
  /// This side learns that the connection is gone.
  void lose(World& world, int who) const;
  void wake(World& world, int who) const;
  void list(World& world, int who) const;
  void tell_list(World& world, int who) const;
  void enlist(World& world, int who) const;
  void forget(World& world, int who) const;
  /// Many other branches were settled since: the SDK forgets this one.
  bool may_drop(const World& world, int who) const;
  void drop(World& world, int who) const;

  // ---- callbacks ----
  bool may_answer(const World& world, int who, Say request, End end) const;
  void answer(World& world, int who, Say request, End end) const;
  void obey(World& world, int who, DecisionKind decision) const;

  /// Somebody settles the branch by hand at its participant; kReadOnly: and leaves no trace;
  /// kThrewBefore: half committed, half aborted.
  void settle_by_hand(World& world, int who, End how) const;

 private:
  void happen(World& world, int who, sdk::Event event, Millis now = kNow) const;
  void flush(World& world, int who, const std::vector<sdk::Effect>& effects) const;
  void adopt(World& world, int who) const;
  VoteKind prepare(World& world, int who, End end) const;
  AckResult commit(World& world, int who) const;
  AckResult abort(World& world, int who) const;
  AckResult commit_one_phase(World& world, int who, End end) const;
  void run(World& world, int who, End end, sdk::Event& event) const;
  void settle(World& world, int who, Done how) const;
  void check_vote(World& world, int who, VoteKind vote) const;

  const Config& config_;
};

}  // namespace troth::explore
