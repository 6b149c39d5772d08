// Who did what when: whole while it fits, the essential when it does not, and after a restart what the log proves.
#include "coordinator/engine/timeline.h"

#include <gmock/gmock.h>

#include "tests/engine/desk.h"

namespace troth::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using Lines = std::vector<std::string>;

TEST(Timeline, TellsACommitFromBeginToEnd) {
  Desk desk;
  const TransactionId id = desk.begun({"bank-a", "bank-b"});
  desk.ask(request::Commit{id, Wait::kDecided, {}});
  desk.say_vote({id, 1}, "bank-a", VoteKind::kCommit);
  desk.say_vote({id, 2}, "bank-b", VoteKind::kReadOnly);
  const std::string lsn = std::to_string(desk.view(id).lsn.value_or(0));
  const Lines so_far = {"begun",
                        "enlisted 1: bank-a",
                        "enlisted 2: bank-b",
                        "commit_asked",
                        "prepare_sent 1: attempt 1",
                        "prepare_sent 2: attempt 1",
                        "vote 1: commit",
                        "vote 2: read_only",
                        "decided: committed, LSN " + lsn,
                        "decision_sent 1: commit, attempt 1"};
  EXPECT_EQ(desk.timeline(id), so_far);
  Lines whole = so_far;
  desk.say_ack({id, 1}, "bank-a");
  whole.insert(whole.end(), {"acknowledged 1: committed", "finished"});
  EXPECT_EQ(desk.timeline(id), whole) << "it is kept for a while when all is over";
  const auto items = desk.view(id).timeline;
  for (std::size_t i = 1; i < items.size(); ++i) EXPECT_LE(items[i - 1].at, items[i].at);
  EXPECT_EQ(items.front().at, desk.view(id).begun_at);
  EXPECT_EQ(items.back().at, desk.view(id).finished_at);
}

TEST(Timeline, TellsWhoRefusedAndWhyAlsoWhenItIsOver) {
  Desk desk;
  const TransactionId id = desk.begun({"bank-a", "bank-b"});
  desk.ask(request::Commit{id, Wait::kDecided, {}});
  desk.say_vote({id, 2}, "bank-b", VoteKind::kAbort, "not enough money");
  EXPECT_THAT(desk.timeline(id), Contains("vote 2: abort: not enough money"));
  EXPECT_THAT(desk.timeline(id), Contains("decided: aborted: vote"));
  EXPECT_THAT(desk.timeline(id), Contains("enlisted 2: bank-b")) << "no record of an abort keeps its branches";
  const TransactionId other = desk.begun({"bank-a"});
  desk.ask(request::Abort{other, "the customer left"});
  EXPECT_THAT(desk.timeline(other), Contains("abort_asked: the customer left"));
}

TEST(Timeline, TellsErrorsAndThatAParticipantCameBack) {
  Desk desk;
  const TransactionId id = desk.decided({"bank-a", "bank-c"});
  desk.disconnect(desk.a);
  desk.fail_callback({id, 2});
  desk.open_a();
  const Lines lines = desk.timeline(id);
  EXPECT_THAT(lines, Contains("error 1: disconnected"));
  EXPECT_THAT(lines, Contains("error 2: timeout: no answer in 5000 ms"));
  EXPECT_THAT(lines, Contains("connected 1: bank-a"));
  EXPECT_THAT(lines, Contains("decision_sent 1: commit, attempt 2"));
}

TEST(Timeline, LosesRepeatedAttemptsFirstAndSaysSo) {
  Desk desk;
  const TransactionId id = desk.decided({"bank-a", "bank-c"});
  for (int i = 0; i < 100; ++i) {
    desk.fail_callback({id, 2});
    desk.pass(30'000);
  }
  const Lines lines = desk.timeline(id);
  EXPECT_EQ(lines.size(), engine::Timeline::kMaxEntries + 1);
  EXPECT_THAT(lines.front(), HasSubstr("dropped: "));
  EXPECT_EQ(lines[1], "begun");
  EXPECT_THAT(lines, Contains("vote 2: commit"));
  EXPECT_THAT(lines, Contains("decision_sent 2: commit, attempt 101"));
  EXPECT_THAT(lines, Not(Contains("decision_sent 2: commit, attempt 2")));
}

TEST(Timeline, ManyBranchesDropTheOldestButTheBeginning) {
  engine::Timeline timeline;
  timeline.note(1'000, engine::What::kBegun);
  for (std::uint32_t n = 1; n <= 64; ++n) timeline.note(1'000 + n, engine::What::kEnlisted, n);
  const auto items = timeline.items({});
  ASSERT_EQ(items.size(), engine::Timeline::kMaxEntries + 1);
  EXPECT_EQ(items[1].what, "begun");
  EXPECT_EQ(items.back().branch, 64u);
  EXPECT_EQ(items[0].what, "dropped");
  EXPECT_THAT(*items[0].detail, HasSubstr("33 earlier entries"));
}

TEST(Timeline, KeepsTheTimesOfYears) {
  constexpr Millis kYears = 10LL * 365 * 24 * 3'600'000;
  engine::Timeline timeline;
  timeline.note(1'000, engine::What::kBegun);
  timeline.note(1'000 + kYears, engine::What::kFinished);
  EXPECT_EQ(timeline.items({}).back().at, 1'000 + kYears);
}

TEST(Timeline, KeepsTheNewestTextsAndTheEntriesOfTheOlder) {
  engine::Timeline timeline;
  for (int i = 1; i <= 20; ++i) timeline.note_text(i, engine::What::kAbortAsked, 0, 0, "text " + std::to_string(i));
  const auto items = timeline.items({});
  ASSERT_EQ(items.size(), 20u);
  EXPECT_EQ(items[19].detail, "text 20");
  EXPECT_EQ(items[12].detail, "text 13");
  EXPECT_EQ(items[11].detail, std::nullopt);
}

TEST(Timeline, CutsLongTextsBetweenCharacters) {
  engine::Timeline timeline;
  timeline.note_text(1, engine::What::kAbortAsked, 0, 0,
                     std::string(engine::Timeline::kMaxTextBytes - 1, 'x') + "\u00e9 y");
  timeline.note_text(2, engine::What::kAbortAsked, 0, 0, std::string(engine::Timeline::kMaxTextBytes, 'z'));
  const auto items = timeline.items({});
  EXPECT_EQ(items[0].detail, std::string(engine::Timeline::kMaxTextBytes - 1, 'x') + "...");
  EXPECT_EQ(items[1].detail, std::string(engine::Timeline::kMaxTextBytes, 'z'));
}

TEST(Timeline, AfterARestartTellsWhatTheLogProvesAndSaysWhatItCannot) {
  Desk desk;
  const TransactionId id = desk.decided({"bank-a", "bank-b", "bank-c"});
  desk.ask(desk.resolve({id, 2}, ResolveAction::kAbort, true));
  desk.say_ack({id, 3}, "bank-c", AckResult::kHeuristicMixed);
  const TransactionView before = desk.view(id);
  desk.pass(60'000);
  desk.crash();
  const TransactionView after = desk.view(id);
  const auto at_of = [](const TransactionView& view, const std::string& what) {
    for (const auto& item : view.timeline) {
      if (item.what == what) return item.at;
    }
    return Millis{0};
  };
  for (const char* what : {"begun", "decided", "resolved", "heuristic"}) {
    EXPECT_NE(at_of(before, what), 0) << what;
    EXPECT_EQ(at_of(after, what), at_of(before, what)) << what;
  }
  const Lines lines = desk.timeline(id);
  EXPECT_THAT(lines, Contains("resolved 2: abort: by alice: settled at the desk"));
  EXPECT_THAT(lines, Contains("heuristic 3: mixed: said so in answer to commit"));
  EXPECT_THAT(lines, Contains("decided: committed, LSN " + std::to_string(*before.lsn)));
  EXPECT_THAT(lines.back(), HasSubstr("recovered: "));
  EXPECT_THAT(lines.back(), HasSubstr("since restart"));
  EXPECT_THAT(lines, Not(Contains("vote 1: commit"))) << "nobody knows of votes any more";
  desk.open_a("2");
  EXPECT_EQ(desk.timeline(id).back(), "decision_sent 1: commit, attempt 2");
}

TEST(Timeline, OfWhatFinishedBeforeTheRestartTellsWhatItsRecordProves) {
  Desk desk;
  const TransactionId id = desk.decided({"bank-a"});
  desk.say_ack({id, 1}, "bank-a");
  desk.crash();
  const Lines lines = desk.timeline(id);
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.front(), "begun");
  EXPECT_THAT(lines, Contains(HasSubstr("decided: committed, LSN ")));
  EXPECT_THAT(lines, Contains(HasSubstr("since restart")));
}

TEST(Timeline, StaysWithAnAbortThatWasContradictedLater) {
  Desk desk;
  const TransactionId id = desk.begun({"bank-a"});
  desk.ask(request::Commit{id, Wait::kDecided, {}});
  desk.ask(request::Abort{id, "changed my mind"});
  desk.say_ack({id, 1}, "bank-a", AckResult::kHeuristicCommit);
  const Lines lines = desk.timeline(id);
  EXPECT_THAT(lines, Contains("abort_asked: changed my mind"));
  EXPECT_EQ(lines.back(), "heuristic 1: commit: said so in answer to abort");
  EXPECT_EQ(desk.view(id).attention, Attention::kHeuristic);
}

TEST(Timeline, OperatorsActsAndForgettingAreInIt) {
  Desk desk;
  const TransactionId id = desk.decided({"bank-a"});
  desk.ask(desk.resolve({id, 1}, ResolveAction::kAbort, true));
  desk.ask(request::Retry{{id, 1}, {}});
  EXPECT_EQ(desk.timeline(id).back(), "finished") << "a refused act is none";
  desk.ask(desk.resolve({id, 1}, ResolveAction::kForget));
  EXPECT_EQ(desk.timeline(id).back(), "forgotten 1: by alice: settled at the desk");
  EXPECT_THAT(desk.timeline(id), Contains("resolved 1: abort: by alice: settled at the desk"));
}

TEST(Timeline, SaysThatNobodyKnowsWhenItFinishedBeforeTheRestart) {
  Desk desk;
  const TransactionId id = desk.decided({"bank-a"});
  desk.ask(desk.resolve({id, 1}, ResolveAction::kAbort, true));
  desk.crash();
  const Lines lines = desk.timeline(id);
  ASSERT_GE(lines.size(), 3u);
  EXPECT_EQ(lines[lines.size() - 3], "resolved 1: abort: by alice: settled at the desk");
  EXPECT_EQ(lines[lines.size() - 2], "finished: before the restart; the log does not say when");
  EXPECT_THAT(lines.back(), HasSubstr("since restart"));
}

TEST(Timeline, OfTheFinishedIsBoundedAndWhatIsLeftIsSaid) {
  engine::FinishedTimelines kept;
  const TransactionId first{LogId{1}, 0, EpochId{1, 1}, 7};
  TransactionId later = first;
  later.sequence += engine::FinishedTimelines::kKept;
  engine::Timeline timeline;
  timeline.note(5, engine::What::kBegun);
  kept.keep(first, std::move(timeline));
  EXPECT_NE(kept.find(first), nullptr);
  EXPECT_EQ(kept.find(later), nullptr);
  engine::Timeline other;
  other.note(9, engine::What::kBegun);
  kept.keep(later, std::move(other));
  EXPECT_EQ(kept.find(first), nullptr);
  EXPECT_NE(kept.find(later), nullptr);
  EXPECT_FALSE(kept.take(later).empty());
  EXPECT_TRUE(kept.take(later).empty());
}

TEST(Timeline, IsNotInListsNorInTheAnswersOfClients) {
  Desk desk;
  const auto reply = desk.ask(World::transfer({"bank-a"}));
  desk.say_vote({desk.id(1), 1}, "bank-a", VoteKind::kCommit);
  EXPECT_TRUE(desk.answer_as<answer::Transaction>(reply)->view.timeline.empty());
  const auto list = desk.ask(request::List{});
  const auto* page = desk.answer_as<answer::Transactions>(list);
  ASSERT_EQ(page->views.size(), 1u);
  EXPECT_TRUE(page->views[0].timeline.empty());
  EXPECT_TRUE(page->views[0].allowed_actions.empty());
}

}  // namespace
}  // namespace troth::test
