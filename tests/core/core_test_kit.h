// tests/core/core_test_kit.h: a transaction and the last step's output, so that a case is a few lines.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "coordinator/core/step.h"

namespace troth::core::test {

inline constexpr Millis kDeadline = 30'000;
inline constexpr Millis kWaitUntil = 20'000;
inline constexpr ReplyTo kClient = 7;

inline TransactionId some_id() {
  return {LogId{11}, 0, EpochId{3, 17}, 42};
}

inline Branch session(const std::string& participant, bool joined = false) {
  Branch branch;
  branch.participant = participant;
  branch.reachable = true;
  branch.joined = joined;
  branch.payload_hash = "hash";
  if (joined) {
    branch.instance = participant + "-1";
    branch.incarnation = "first";
  }
  return branch;
}

inline Branch callback(const std::string& participant) {
  Branch branch;
  branch.participant = participant;
  branch.kind = ParticipantKind::kCallback;
  branch.endpoint = "http://" + participant;
  branch.payload_hash = "hash";
  return branch;
}

/// One transaction and what the last step asked for.
struct Stage {
  Transaction transaction;
  Output out;
  Now now{1'000, 5'000};
  Timing timing;

  Stage() {
    transaction.id = some_id();
    transaction.timeout_ms = kDeadline;
    transaction.deadline_due = kDeadline;
    transaction.deadline_at = kDeadline;
  }
  explicit Stage(const std::vector<Branch>& branches) : Stage() {
    for (const Branch& branch : branches) happen(event::Enlist{0, branch, 64});
  }

  void happen(const Event& event) {
    out = Output{};
    step(transaction, event, now, timing, out);
  }
  void commit(ReplyTo reply = 0, Wait wait = Wait::kDecided) {
    happen(event::Commit{reply, wait, kWaitUntil, std::nullopt});
  }
  void vote(std::uint32_t n, VoteKind kind, const std::string& instance = "") {
    const Branch& branch = branch_of(n);
    const std::string from = instance.empty() ? branch.participant + "-1" : instance;
    happen(event::Vote{n, branch.participant, from, "first", kind, "because"});
  }
  void ack(std::uint32_t n, AckResult result) {
    const Branch& branch = branch_of(n);
    happen(event::Ack{n, branch.participant, branch.participant + "-1", result});
  }

  const Branch& branch_of(std::uint32_t n) const { return transaction.branches.at(n - 1); }

  template <typename Kind>
  std::vector<Kind> effects() const {
    std::vector<Kind> found;
    for (const Effect& effect : out.effects) {
      if (const auto* one = std::get_if<Kind>(&effect)) found.push_back(*one);
    }
    return found;
  }
  template <typename Kind>
  std::vector<Kind> facts() const {
    std::vector<Kind> found;
    for (const Fact& fact : out.facts) {
      if (const auto* one = std::get_if<Kind>(&fact)) found.push_back(*one);
    }
    return found;
  }
};

inline Event enlist(const Branch& branch) {
  return event::Enlist{kClient, branch, 64};
}

}  // namespace troth::core::test
