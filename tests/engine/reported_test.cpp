// What is reported against an abort that is over: which branch it names, which revisions clients see, and what is said
// of a time of which nothing is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/engine/timeline.h"
#include "tests/engine/desk.h"

namespace troth::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// An abort, told to its participants, of which this start knows nothing but that it aborted.
TransactionId aborted_before(Desk& desk, std::vector<std::string> names) {
  const TransactionId id = desk.begun(std::move(names));
  desk.ask(request::Abort{id, ""});
  desk.restart();
  return id;
}

TEST(Reported, ATimelineNamesTheBranchThatWasReportedLast) {
  Desk desk;
  const TransactionId id = desk.begun({"bank-a", "bank-b"});
  desk.ask(request::Commit{id, Wait::kDecided, {}});
  desk.ask(request::Abort{id, ""});
  desk.say_ack({id, 2}, "bank-b", AckResult::kHeuristicCommit);
  EXPECT_EQ(desk.timeline(id).back(), "heuristic 2: commit: said so in answer to abort");
  desk.say_ack({id, 1}, "bank-a", AckResult::kHeuristicMixed);
  EXPECT_EQ(desk.timeline(id).back(), "heuristic 1: mixed: said so in answer to abort");
}

TEST(Reported, RevisionsOnlyGrowWhateverIsReportedAndForgotten) {
  Desk desk;
  const TransactionId id = aborted_before(desk, {"bank-a", "bank-b"});
  std::uint64_t last = 0;
  const auto grows = [&](const char* when) {
    const std::uint64_t revision = desk.view(id).revision;
    EXPECT_GT(revision, last) << when;
    last = revision;
  };
  grows("its outcome");
  desk.say_ack({id, 1}, "bank-a", AckResult::kHeuristicCommit);
  grows("reported");
  desk.ask(desk.resolve({id, 1}, ResolveAction::kForget));
  grows("forgotten");
  desk.say_ack({id, 2}, "bank-b", AckResult::kHeuristicCommit);
  grows("reported again");
  desk.ask(desk.resolve({id, 2}, ResolveAction::kForget));
  grows("forgotten again");
  desk.restart();
  grows("the next start");
}

TEST(Reported, AnIdOfAGapGrowsTooWhenItIsSettled) {
  Desk desk;
  const TransactionId lost{World::kLog, 0, desk.epoch(), 50};
  const auto record = recovery::to_record(fact::GapOpened{lost.epoch, {lost.epoch.epoch + 3, 0}, 0});
  desk.log.append({&record, 1});
  desk.crash();
  const auto before = desk.ask(request::Get{lost, {}});
  const std::uint64_t shown = desk.answer_as<answer::Refused>(before)->transaction->revision;
  const auto settled = desk.ask(request::ResolveGap{lost, Outcome::kAborted, "asked them all", "alice"});
  const std::uint64_t answered = desk.answer_as<answer::Transaction>(settled)->view.revision;
  EXPECT_GT(answered, shown);
  EXPECT_EQ(desk.view(lost).revision, answered);
}

TEST(Reported, NothingIsSaidOfARestartThatNeverWas) {
  Desk desk;
  const TransactionId id = desk.begun({"bank-a"});
  desk.ask(request::Abort{id, ""});
  for (std::size_t i = 0; i < engine::FinishedTimelines::kKept; ++i) {
    desk.ask(World::transfer({}, false));
    desk.ask(request::Abort{desk.id(i + 2), ""});
    desk.sent.clear();
  }
  desk.say_ack({id, 1}, "bank-a", AckResult::kHeuristicCommit);
  const auto lines = desk.timeline(id);
  EXPECT_THAT(lines.front(), HasSubstr("no longer kept"));
  EXPECT_THAT(lines, Contains("heuristic 1: commit: said so in answer to abort"));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("restart"))));

  const TransactionId older = aborted_before(desk, {"bank-b"});
  desk.say_ack({older, 1}, "bank-b", AckResult::kHeuristicCommit);
  EXPECT_THAT(desk.timeline(older), Contains(HasSubstr("since restart")));
}

}  // namespace
}  // namespace troth::test
