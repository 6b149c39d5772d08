// The explorer on configurations of a second: the product's core passes, and a world that is broken by hand does not.
#include <gtest/gtest.h>

#include "tests/explore/search.h"

namespace troth::explore {
namespace {

constexpr std::uint64_t kFew = 400'000;

Config two_sessions() {
  return {.name = "test", .sessions = 2, .crashes = 1, .deadline = true, .max_states = kFew};
}

Config one_of_each() {
  return {.name = "test", .sessions = 1, .callbacks = 1, .crashes = 1, .max_states = kFew};
}

std::string violation_in(const Config& config) {
  const Report report = explore(config, nullptr);
  EXPECT_TRUE(!report.violation.empty() || report.is_exhaustive) << "the test is too small for its configuration";
  EXPECT_EQ(report.violation.empty(), report.trace.empty());
  std::string text = report.violation;
  for (const std::string& line : report.trace) text += "\n  " + line;
  return text;
}

std::string violation_with(Config config, bool Broken::*rule) {
  config.broken.*rule = true;
  return violation_in(config);
}

TEST(Explorer, FindsNothingInTheProduct) {
  EXPECT_EQ(violation_in(two_sessions()), "");
  EXPECT_EQ(violation_in(one_of_each()), "");
}

TEST(Explorer, WithoutFaultsEveryStateLeadsToCommit) {
  Config config{.name = "test", .sessions = 3, .votes = kCommits, .crashes = 0, .must_commit = true};
  EXPECT_EQ(violation_in(config), "");
  config.votes = kCommits | kAborts;
  EXPECT_EQ(violation_in(config).substr(0, 4), "AC4:");
}

TEST(Explorer, SeesEveryStateOnce) {
  const Report report = explore(two_sessions(), nullptr);
  EXPECT_GT(report.states, 10'000u);
  EXPECT_GT(report.transitions, report.states);
  EXPECT_GT(report.finished, 100u);
}

TEST(Explorer, CountsInterchangeableParticipantsOnce) {
  Config named = two_sessions();
  named.symmetric = false;
  const Report all = explore(named, nullptr);
  const Report once = explore(two_sessions(), nullptr);
  EXPECT_LT(once.states, all.states);
  EXPECT_GT(once.states * 2, all.states);  // a state that is its own mirror image has no second
}

TEST(Explorer, SeesMessagesThatOvertakeTheLog) {
  const std::string found = violation_with(two_sessions(), &Broken::sends_early);
  EXPECT_NE(found.find("before CommitDecided is durable"), std::string::npos) << found;
}

TEST(Explorer, SeesAnswersThatOvertakeTheLog) {
  const std::string found = violation_with(two_sessions(), &Broken::answers_early);
  EXPECT_NE(found.find("before CommitDecided is durable"), std::string::npos) << found;
}

TEST(Explorer, SeesForgetThatOvertakesEnded) {
  const std::string found = violation_with(two_sessions(), &Broken::forgets_early);
  EXPECT_NE(found.find("before Ended is durable"), std::string::npos) << found;
}

TEST(Explorer, SeesVotesWithoutAPreparedRow) {
  const std::string found = violation_with(two_sessions(), &Broken::prepares_nothing);
  EXPECT_NE(found.find("before its prepare is durable"), std::string::npos) << found;
}

TEST(Explorer, SeesACallbackThatPreparesAfterItsTombstone) {
  const std::string found = violation_with(one_of_each(), &Broken::ignores_tombstone);
  EXPECT_NE(found, "");
}

TEST(Explorer, PrintsTheShortestWayThere) {
  const Report report =
      explore({.name = "test", .sessions = 1, .crashes = 0, .broken = {.prepares_nothing = true}}, nullptr);
  const std::vector<std::string> way = {"[active] client asks for commit", "[preparing] a gets Prepare",
                                        "[preparing] a: prepare is done"};
  EXPECT_EQ(report.trace, way);
}

}  // namespace
}  // namespace troth::explore
