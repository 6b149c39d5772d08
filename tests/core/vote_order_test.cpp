// Every sequence of up to six votes of three participants: the decision is what the rules say, and it is made once.
#include <gtest/gtest.h>

#include <array>

#include "tests/core/core_test_kit.h"

namespace troth::core::test {
namespace {

constexpr int kParticipants = 3;
constexpr int kLengthMax = 6;
constexpr std::array kVotes = {VoteKind::kCommit, VoteKind::kAbort, VoteKind::kReadOnly};

/// The rules of design.md §3.1 written down a second time, as plainly as they go.
struct Expected {
  std::array<std::optional<VoteKind>, kParticipants> first;
  std::optional<Outcome> outcome;

  void see(int who, VoteKind vote) {
    if (outcome) return;
    const bool contradicts = first[who] == VoteKind::kReadOnly && vote == VoteKind::kCommit;
    if (vote == VoteKind::kAbort || contradicts) {
      outcome = Outcome::kAborted;
      return;
    }
    if (!first[who]) first[who] = vote;
    if (first[0] && first[1] && first[2]) outcome = Outcome::kCommitted;
  }
};

struct Walk {
  std::uint64_t sequences = 0;
  std::uint64_t commits = 0;

  void go(const Stage& stage, const Expected& expected, int commits_recorded, int depth) {
    ++sequences;
    if (depth == kLengthMax) return;
    for (int who = 0; who < kParticipants; ++who) {
      for (const VoteKind vote : kVotes) {
        Stage next = stage;
        Expected then = expected;
        next.vote(static_cast<std::uint32_t>(who + 1), vote);
        then.see(who, vote);
        const int recorded = commits_recorded + static_cast<int>(next.facts<fact::CommitDecided>().size());
        ASSERT_EQ(next.transaction.outcome, then.outcome);
        ASSERT_EQ(recorded, then.outcome == Outcome::kCommitted ? 1 : 0);
        if (recorded > commits_recorded) ++commits;
        go(next, then, recorded, depth + 1);
      }
    }
  }
};

TEST(VoteOrder, EverySequenceOfSixVotesDecidesByTheRules) {
  Stage stage({session("a"), session("b"), session("c")});
  stage.commit();
  Walk walk;
  walk.go(stage, Expected{}, 0, 0);
  EXPECT_EQ(walk.sequences, 597'871u);  // 9^0 + 9^1 + … + 9^6
  EXPECT_GT(walk.commits, 1'000u);
}

}  // namespace
}  // namespace troth::core::test
