// Steps are told apart as PROTOCOL.md's rows say.
#include "tests/mutants/cells.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/core/core_test_kit.h"
#include "tests/mutants/step_probe.h"

namespace troth::mutants {
namespace {

using core::test::callback;
using core::test::enlist;
using core::test::session;
using core::test::Stage;
namespace event = core::event;

const std::string kProtocol = std::string(TROTH_SOURCE_DIR) + "/coordinator/core/PROTOCOL.md";

/// The cells of every step in the body of a test.
class CellsTest : public testing::Test {
 protected:
  CellsTest() {
    now_noting_ = &cells;
    probe::on_step = [](const core::Transaction& before, const core::Event& happened, core::Now now) {
      now_noting_->note(before, happened, now);
    };
  }
  ~CellsTest() override { probe::on_step = nullptr; }

  std::uint64_t count(Row row, Column column) const { return cells.count(row, column); }

  Cells cells{kProtocol};

 private:
  inline static Cells* now_noting_ = nullptr;
};

TEST_F(CellsTest, StartEmptyAndAreNamedByRowAndColumn) {
  EXPECT_EQ(cells.covered(), 0u);
  EXPECT_EQ(cells.reachable(), cells.missing().size());
  EXPECT_GT(cells.reachable(), kRows * kColumns / 2);
  const auto missing = cells.missing();
  EXPECT_NE(std::find(missing.begin(), missing.end(), "Vote commit, the last missing | Preparing"), missing.end());
}

TEST_F(CellsTest, AreReachedByACommit) {
  Stage stage({session("a"), callback("b")});
  stage.commit();
  stage.vote(1, VoteKind::kCommit);
  stage.vote(1, VoteKind::kCommit);
  stage.vote(2, VoteKind::kCommit);
  stage.ack(1, AckResult::kCommitted);
  stage.ack(1, AckResult::kCommitted);
  stage.ack(2, AckResult::kUnknownBranch);
  stage.happen(event::Resolve{0, 2, ResolveAction::kForget, "", "", false, false});
  EXPECT_EQ(count(Row::kEnlistNew, Column::kActive), 2u);
  EXPECT_EQ(count(Row::kCommit, Column::kActive), 1u);
  EXPECT_EQ(count(Row::kVoteCommit, Column::kPreparing), 1u) << "its repeat is no cell";
  EXPECT_EQ(count(Row::kVoteCommitLast, Column::kPreparing), 1u);
  EXPECT_EQ(count(Row::kAckCommitted, Column::kCommitting), 1u) << "nor is the repeat of an acknowledgement";
  EXPECT_EQ(count(Row::kAckUnknownBranch, Column::kCommitting), 1u);
  EXPECT_EQ(count(Row::kResolveForgetHeuristic, Column::kFinished), 1u);
  EXPECT_EQ(cells.covered() + cells.wrongly_reached().size(), 7u);
}

TEST_F(CellsTest, TellVotesApartByWhatTheBranchVotedBefore) {
  Stage stage({session("a"), session("b"), session("c")});
  stage.commit();
  stage.vote(1, VoteKind::kReadOnly);
  stage.vote(2, VoteKind::kCommit);
  stage.happen(event::Vote{3, "z", "z-1", "first", VoteKind::kCommit, ""});
  stage.vote(1, VoteKind::kCommit);
  EXPECT_EQ(count(Row::kVoteReadOnly, Column::kPreparing), 1u);
  EXPECT_EQ(count(Row::kVoteOfAnother, Column::kPreparing), 1u);
  EXPECT_EQ(count(Row::kVoteCommitAfterReadOnly, Column::kPreparing), 1u);
  stage.vote(2, VoteKind::kAbort);
  EXPECT_EQ(count(Row::kVoteAbortAfterCommit, Column::kFinished), 1u);
}

TEST_F(CellsTest, TellOnePhaseFromPreparing) {
  Stage stage({session("a", true)});
  stage.transaction.one_phase_wanted = true;
  stage.commit();
  stage.happen(event::Reincarnated{"a", "a-1", "second"});
  stage.happen(event::Listed{1, "a", "a-1", "second"});
  stage.ack(1, AckResult::kCommitted);
  EXPECT_EQ(count(Row::kReincarnated, Column::kOnePhase), 1u);
  EXPECT_EQ(count(Row::kListed, Column::kOnePhase), 1u);
  EXPECT_EQ(count(Row::kAckCommitted, Column::kOnePhase), 1u);
  EXPECT_EQ(count(Row::kAckCommitted, Column::kPreparing), 0u);
}

TEST_F(CellsTest, TellTicksApartByWhatIsDue) {
  Stage stage({callback("b")});
  stage.happen(event::Tick{});
  stage.commit(1);
  stage.happen(event::AttemptFailed{1, "timeout", "", 0});
  stage.now.due += 2'000;
  stage.happen(event::Tick{});
  EXPECT_EQ(count(Row::kTickNothing, Column::kActive), 1u);
  EXPECT_EQ(count(Row::kTickRetry, Column::kPreparing), 1u);
  stage.now.due = core::test::kWaitUntil;
  stage.happen(event::Tick{});
  EXPECT_EQ(count(Row::kTickWaiter, Column::kPreparing), 1u);
  stage.now.due = core::test::kDeadline;
  stage.happen(event::Tick{});
  EXPECT_EQ(count(Row::kTickDeadline, Column::kPreparing), 1u);
}

TEST_F(CellsTest, AreAddedUpOverRuns) {
  Stage stage({session("a")});
  Cells sum(kProtocol);
  sum.merge(cells);
  sum.merge(cells);
  EXPECT_EQ(sum.count(Row::kEnlistNew, Column::kActive), 2u);
}

/// A file that is PROTOCOL.md with one text in place of another.
class Edited {
 public:
  Edited(const std::string& from, const std::string& to)
      : path_(std::filesystem::temp_directory_path() / ("troth_protocol_" + std::to_string(getpid()) + ".md")) {
    std::ifstream file(kProtocol);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto at = text.find(from);
    if (at == std::string::npos) throw std::runtime_error("PROTOCOL.md has no longer: " + from);
    std::ofstream(path_) << text.replace(at, from.size(), to);
  }
  ~Edited() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST(CellsFile, SaysWhichCellsCannotBeReachedAndThoseThatAreAllTheSameAreNamed) {
  const Edited edited("| Drain | ignored; left", "| Drain | ignored (unreachable); left");
  Cells cells(edited.path());
  EXPECT_EQ(cells.reachable() + 1, Cells(kProtocol).reachable());
  cells.note({}, event::Drain{}, {});
  EXPECT_EQ(cells.wrongly_reached(), std::vector<std::string>{"Drain | Active"});
  EXPECT_EQ(cells.covered(), 0u);
}

TEST(CellsFile, IsRefusedWhenItsRowsAreNotThoseKnownHere) {
  EXPECT_THROW(Cells("no-such-file"), std::runtime_error);
  EXPECT_THROW(Cells(Edited("| Drain |", "| Rain |").path()), std::runtime_error);
  EXPECT_THROW(Cells(Edited("| Drain |", "| Retire |").path()), std::runtime_error);
  EXPECT_THROW(Cells(Edited("| Committing | Aborting |", "| Aborting | Committing |").path()), std::runtime_error);
}

}  // namespace
}  // namespace troth::mutants
