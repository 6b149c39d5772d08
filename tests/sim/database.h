// tests/sim/database.h: what one participant keeps for good: prepared branches, markers and tombstones under one key,
// and whom it has seen. Shared by the instances of a participant. Every change is durable when the call returns; a
// process dies before a call, or after it and before its answer is heard.
#pragma once

#include <troth/participant.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "proto/values/words.h"
#include "tests/sim/plan.h"
#include "tests/sim/rng.h"

namespace troth::sim {

class Oracle;
class Trace;

class Database {
 public:
  enum class State : std::uint8_t { kPrepared, kCommitted, kCommittedOnePhase, kAborted, kNoPart };

  Database(std::string participant, const Plan& plan, Rng& rng, Oracle& oracle, Trace& trace);

  /// `has_work`: the payload can run here, or the joined work is open in this process.
  Vote prepare(const Branch& branch, bool has_work);
  Ack commit(const Branch& branch);
  Ack abort(const Branch& branch);
  Ack commit_one_phase(const Branch& branch, bool has_work);
  /// A call that may come twice: whoever said it takes no part keeps a tombstone, so that the second finds it.
  void take_no_part(const BranchId& branch) { rows_.emplace(branch, Row{State::kNoPart, false, false}); }
  std::vector<BranchId> in_doubt() const;
  void forget(const std::vector<BranchId>& branches, const TransactionId& horizon);

  const std::vector<Seen>& seen() const { return seen_; }
  void remember(const Seen& seen);

  /// The database decides a prepared branch by itself, or loses it: what an administrator or a lost disk does.
  void decide_alone(const BranchId& branch, bool commit, bool mixed = false);
  void lose(const BranchId& branch);
  bool holds_prepared() const;
  /// Markers and tombstones that went because they lie below the horizon.
  std::uint64_t swept() const { return swept_; }
  bool holds_prepared(const BranchId& branch) const;
  const std::string& participant() const { return participant_; }

 private:
  struct Row {
    State state = State::kPrepared;
    bool alone = false;  // not by the coordinator's word
    bool mixed = false;  // and only some of it
  };
  void set(const BranchId& branch, State state, bool alone = false);
  Vote decide_vote(const Branch& branch, bool has_work);
  bool is_below_horizon(const BranchId& branch) const;

  std::string participant_;
  const Plan& plan_;
  Rng& rng_;
  Oracle& oracle_;
  Trace& trace_;
  std::map<BranchId, Row> rows_;
  std::vector<Seen> seen_;
  TransactionId horizon_;
  std::uint64_t swept_ = 0;
};

}  // namespace troth::sim
