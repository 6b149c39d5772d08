// tests/recovery/history.h: builders of facts, and random histories that a coordinator could have written.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "recovery/known.h"

namespace troth::recovery::testing {

inline const LogId kLog{0x1234};
inline const EpochId kFirst{1, 100};
inline const EpochId kSecond{2, 200};

inline TransactionId id_of(std::uint64_t sequence, EpochId epoch = kFirst) {
  return {kLog, 0, epoch, sequence};
}
inline DecidedBranch branch_of(std::uint32_t n, const std::string& participant) {
  DecidedBranch branch;
  branch.n = n;
  branch.participant = participant;
  branch.instance = "i1";
  return branch;
}
fact::CommitDecided committed(const TransactionId& id, const std::string& key = {}, Millis at = 0);
fact::PrepareStarted prepare_started(const TransactionId& id);
fact::OnePhaseStarted one_phase_started(const TransactionId& id);
fact::AbortTold abort_told(const TransactionId& id, const std::string& key = {}, Millis at = 0);
fact::HeuristicReported heuristic(const TransactionId& id, std::uint32_t n);
fact::OperatorActed act(const TransactionId& id, std::uint32_t n, fact::OperatorAct what);

/// Folds `facts` as the records after `known.last_lsn`.
void fold_all(Known& known, const std::vector<Fact>& facts);
Known fold_all(const std::vector<Fact>& facts);

/// `count` facts in an order that the protocol allows: the same for the same seed.
std::vector<Fact> random_history(std::uint64_t seed, int count);

/// All that `Fewest` gives.
std::vector<Fact> fewest(const Known& known, Lsn cut);
std::vector<fact::CommitBits> bits_of(const Commits& commits);

/// Everything is equal but details, of which only those that a heuristic of a commit needs.
void expect_same(const Known& a, const Known& b);

}  // namespace troth::recovery::testing
