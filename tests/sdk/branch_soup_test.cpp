// Any events in any order, against a resource that keeps the truth: whatever is thrown at the machine, it never votes
// commit without a durable prepare, never runs two calls of one branch at once, and never settles a branch both ways.
#include <gtest/gtest.h>

#include <random>

#include "participant-sdk/core/branches.h"

namespace troth::sdk {
namespace {

const BranchId kBranch{{LogId{7}, 0, {3, 9}, 40}, 1};

/// A resource as it should be, with chance in its votes and exceptions.
struct Soup {
  explicit Soup(unsigned seed) : random(seed) {}

  bool chance(int percent) { return static_cast<int>(random() % 100) < percent; }

  void happen() {
    if (running != Call::kNone && chance(50)) return finish();
    std::vector<Effect> effects;
    if (chance(15)) {
      now += 20'000;
      branches.tick(now, effects);
    } else {
      branches.apply(kBranch, arrival(), now, effects);
    }
    obey(effects);
  }

  Event arrival() {
    Branch branch;
    branch.attempt = 1 + static_cast<std::uint32_t>(random() % 3);
    branch.joined = chance(30);
    switch (random() % 9) {
      case 0:
      case 1: return event::PrepareCame{branch, chance(5)};
      case 2: return event::CommitCame{1};
      case 3: return event::AbortCame{};
      case 4: return event::DecisionCame{static_cast<DecisionKind>(random() % 5)};
      case 5: return event::EnlistAccepted{now + 10'000};
      case 6: return event::Connected{};
      case 7: return chance(30) ? Event(event::OnePhaseCame{branch, true}) : Event(event::Connected{});
      default: return prepared ? Event(event::Listed{}) : Event(event::Connected{});
    }
  }

  void finish() {
    const Call call = std::exchange(running, Call::kNone);
    Event event = chance(20) ? thrown(call) : done(call);
    std::vector<Effect> effects;
    branches.apply(kBranch, std::move(event), now, effects);
    obey(effects);
  }

  Event thrown(Call call) {
    if (call == Call::kPrepare && !settled && chance(30)) prepared = true;  // durable, then the answer was lost
    return event::Threw{"boom"};
  }

  Event done(Call call) {
    switch (call) {
      case Call::kPrepare:
        if (settled || chance(30)) return event::Voted{VoteKind::kAbort, ""};
        prepared = true;
        return event::Voted{VoteKind::kCommit, ""};
      case Call::kCommit:
        if (!prepared && !committed) return event::Acked{AckResult::kUnknownBranch};
        ++commits;
        committed = settled = true;
        prepared = false;
        return event::Acked{AckResult::kCommitted};
      case Call::kOnePhase:
        if (aborted) return event::Acked{AckResult::kAborted};
        ++commits;
        committed = settled = true;
        return event::Acked{AckResult::kCommitted};
      case Call::kAbort:
        ++aborts;
        aborted = settled = true;
        prepared = false;
        return event::Acked{AckResult::kAborted};
      default: return event::Traced{prepared};
    }
  }

  void obey(const std::vector<Effect>& effects) {
    for (const auto& effect : effects) {
      if (const auto* call = std::get_if<StartCall>(&effect)) {
        EXPECT_EQ(running, Call::kNone) << "two calls of one branch at once";
        running = call->call;
      } else if (const auto* vote = std::get_if<session::Vote>(&effect)) {
        commit_votes += vote->vote == VoteKind::kCommit;
        EXPECT_TRUE(vote->vote != VoteKind::kCommit || prepared) << "voted commit without a durable prepare";
      } else if (const auto* ack = std::get_if<session::Ack>(&effect)) {
        EXPECT_TRUE(ack->result != AckResult::kCommitted || committed) << "acknowledged a commit that was not made";
      }
    }
    EXPECT_FALSE(committed && aborted) << "settled both ways";
  }

  std::mt19937 random;
  Branches branches;
  Millis now = 1'000;
  Call running = Call::kNone;
  bool prepared = false, committed = false, aborted = false, settled = false;
  int commits = 0, aborts = 0, commit_votes = 0;
};

TEST(BranchSoup, AnyOrderOfEventsKeepsThePromises) {
  int commits = 0;
  int aborts = 0;
  int votes = 0;
  for (unsigned seed = 1; seed <= 20'000 && !testing::Test::HasFailure(); ++seed) {
    Soup soup(seed);
    for (int i = 0; i < 40 && !testing::Test::HasFailure(); ++i) soup.happen();
    commits += soup.commits > 0;
    aborts += soup.aborts > 0;
    votes += soup.commit_votes > 0;
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
  // A soup in which little happens proves little.
  EXPECT_GT(commits, 1'000);
  EXPECT_GT(aborts, 1'000);
  EXPECT_GT(votes, 1'000);
}

}  // namespace
}  // namespace troth::sdk
