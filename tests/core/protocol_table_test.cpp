// Holds PROTOCOL.md equal to the code: reads its table, makes each event happen in each phase, compares the first word.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "tests/core/core_test_kit.h"

namespace troth::core::test {
namespace {

const std::vector<std::string> kColumns = {"Active", "Preparing", "One-phase", "Committing", "Aborting", "Finished"};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream rest(line.substr(1));
  for (std::string cell; std::getline(rest, cell, '|');) cells.push_back(trimmed(cell));
  return cells;
}

/// event -> the first word of each phase's cell.
std::map<std::string, std::vector<std::string>> read_table() {
  std::ifstream file(std::string(TROTH_SOURCE_DIR) + "/coordinator/core/PROTOCOL.md");
  std::map<std::string, std::vector<std::string>> rows;
  bool in_table = false;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("|", 0) != 0) {
      in_table = false;
      continue;
    }
    const auto cells = cells_of(line);
    if (cells.front() == "event") {
      in_table = std::vector<std::string>(cells.begin() + 1, cells.end()) == kColumns;
    } else if (in_table && cells.front().rfind("---", 0) != 0) {
      for (std::size_t i = 1; i < cells.size(); ++i) {
        rows[cells.front()].push_back(cells[i].substr(0, cells[i].find_first_of(" ;,")));
      }
    }
  }
  return rows;
}

Stage stage_in(const std::string& column) {
  const bool is_one_phase = column == "One-phase";
  const Branch ours = session("a", true);
  Stage stage(is_one_phase ? std::vector<Branch>{ours} : std::vector<Branch>{ours, callback("b")});
  stage.transaction.one_phase_wanted = is_one_phase;
  if (column == "Active") return stage;
  stage.commit();
  if (column == "Aborting") stage.happen(event::Abort{});
  if (column == "Committing" || column == "Finished") {
    stage.vote(1, VoteKind::kCommit);
    stage.vote(2, VoteKind::kCommit);
  }
  if (column == "Finished") {
    stage.ack(1, AckResult::kCommitted);
    stage.ack(2, AckResult::kCommitted);
  }
  return stage;
}

/// What is compared to tell "recorded" from "ignored".
std::string shown(const Transaction& transaction) {
  std::ostringstream text;
  text << transaction.revision << ' ' << transaction.abort_only;
  for (const Branch& branch : transaction.branches) {
    text << '/' << int(branch.state) << branch.reachable << branch.settled << branch.attempts << ' ' << branch.retry_due
         << branch.instance << branch.heuristic.has_value() << branch.by_operator;
  }
  return text.str();
}

std::size_t settled_count(const Transaction& transaction) {
  return std::count_if(transaction.branches.begin(), transaction.branches.end(),
                       [](const Branch& branch) { return branch.settled; });
}

bool has_sent(const Stage& stage) {
  return !stage.effects<effect::SendPrepare>().empty() || !stage.effects<effect::SendOnePhase>().empty() ||
         !stage.effects<effect::SendCommit>().empty() || !stage.effects<effect::SendAbort>().empty();
}

std::string word_for(Stage stage, const Event& event) {
  const Transaction before = stage.transaction;
  stage.happen(event);
  const Transaction& after = stage.transaction;
  if (before.phase == Phase::kActive && after.phase == Phase::kPreparing) return "prepares";
  if (before.outcome != after.outcome) return *after.outcome == Outcome::kCommitted ? "commits" : "aborts";
  if (settled_count(after) > settled_count(before)) return "settles";
  const bool has_changed = shown(before) != shown(after) || after.waiters.size() > before.waiters.size();
  if (!stage.effects<effect::ReplyProblem>().empty() && !has_changed) return "refused";
  if (has_sent(stage)) return "sends";
  if (has_changed) return "recorded";
  return stage.out.effects.empty() && stage.out.facts.empty() ? "ignored" : "answered";
}

struct Row {
  Event event;
  std::function<void(Stage&)> prepare = [](Stage&) {};
};

event::Resolve resolve(std::uint32_t n, ResolveAction action, bool heuristic = false, bool dry_run = false) {
  return {kClient, n, action, "by hand", "operator", heuristic, dry_run};
}

event::Vote vote_of(std::uint32_t n, const std::string& participant, VoteKind kind) {
  return {n, participant, participant + "-1", "first", kind, "because"};
}

void votes_before(Stage& stage, std::uint32_t n, VoteKind kind) {
  if (stage.transaction.phase == Phase::kPreparing && !stage.transaction.one_phase_started) stage.vote(n, kind);
}

void add_enlist_rows(std::map<std::string, Row>& rows) {
  Branch other = session("a", true);
  other.payload_hash = "another";
  Branch newer = session("a", true);
  newer.incarnation = "second";
  rows["Enlist, a new branch"] = {enlist(session("c"))};
  rows["Enlist, the same again"] = {enlist(session("a", true))};
  rows["Enlist, the same with another payload"] = {enlist(other)};
  rows["Enlist by a new incarnation"] = {enlist(newer)};
}

void add_client_rows(std::map<std::string, Row>& rows) {
  const event::Commit commit{kClient, Wait::kDecided, kWaitUntil, std::nullopt};
  rows["Commit"] = {commit};
  rows["Commit with another branch count"] = {event::Commit{kClient, Wait::kDecided, kWaitUntil, 9}};
  rows["Commit after the deadline"] = {commit, [](Stage& stage) { stage.now.due = kDeadline; }};
  rows["Abort"] = {event::Abort{kClient, kWaitUntil, AbortReason::kClient}};
  rows["Drain"] = {event::Drain{}, [](Stage& stage) {
                     if (stage.transaction.phase != Phase::kActive) stage.commit(3, Wait::kCompleted);
                   }};
}

void add_vote_rows(std::map<std::string, Row>& rows) {
  const auto commit = vote_of(1, "a", VoteKind::kCommit);
  const auto abort = vote_of(1, "a", VoteKind::kAbort);
  rows["Vote commit"] = {commit};
  rows["Vote commit, the last missing"] = {commit, [](Stage& stage) { votes_before(stage, 2, VoteKind::kCommit); }};
  rows["Vote read_only"] = {vote_of(1, "a", VoteKind::kReadOnly)};
  rows["Vote abort"] = {abort};
  rows["Vote abort after its commit vote"] = {abort, [](Stage& stage) { votes_before(stage, 1, VoteKind::kCommit); }};
  rows["Vote commit after its read_only vote"] = {commit,
                                                  [](Stage& stage) { votes_before(stage, 1, VoteKind::kReadOnly); }};
  rows["Vote from another participant"] = {vote_of(1, "z", VoteKind::kCommit)};
}

void add_answer_rows(std::map<std::string, Row>& rows) {
  rows["Listed"] = {event::Listed{1, "a", "a-1", "first"}};
  rows["Inquired"] = {event::Inquired{1, "a", "a-1"}};
  rows["Reachable"] = {event::Reachable{1}, [](Stage& stage) { stage.transaction.branches[0].reachable = false; }};
  rows["Unreachable"] = {event::Unreachable{1}};
  rows["Reincarnated"] = {event::Reincarnated{"a", "a-1", "second"}};
  rows["PrepareNotSent"] = {event::PrepareNotSent{1}};
  rows["Ack from another participant"] = {event::Ack{1, "z", "z-1", AckResult::kCommitted}};
}

void make_retry_due(Stage& stage) {
  if (stage.transaction.branches.size() == 2) stage.happen(event::AttemptFailed{2, "timeout", "no answer", 0});
  stage.now.due = kDeadline - 1;
}

void add_time_rows(std::map<std::string, Row>& rows) {
  rows["Tick, nothing due"] = {event::Tick{}};
  rows["Tick at the deadline"] = {event::Tick{}, [](Stage& stage) { stage.now.due = kDeadline; }};
  rows["Tick at a retry"] = {event::Tick{}, make_retry_due};
  rows["Tick when a waiter is due"] = {event::Tick{}, [](Stage& stage) {
                                         if (stage.transaction.phase == Phase::kActive) {
                                           stage.transaction.waiters.push_back({3, Wait::kDecided, kWaitUntil, false});
                                         } else {
                                           stage.commit(3, Wait::kCompleted);
                                         }
                                         stage.now.due = kWaitUntil;
                                       }};
}

void add_operator_rows(std::map<std::string, Row>& rows) {
  const auto forget = resolve(1, ResolveAction::kForget);
  rows["Resolve forget"] = {forget};
  rows["Resolve forget of a heuristic"] = {
      forget, [](Stage& stage) { stage.transaction.branches[0].heuristic = HeuristicKind::kHazard; }};
}

std::map<std::string, Row> all_rows() {
  std::map<std::string, Row> rows;
  add_enlist_rows(rows);
  add_client_rows(rows);
  add_vote_rows(rows);
  add_answer_rows(rows);
  add_time_rows(rows);
  add_operator_rows(rows);
  return rows;
}

/// Rows about what is sent to, or settled at, "the" branch: the callback, which is awaited in every phase but Finished;
/// in one phase the only branch.
std::map<std::string, Row> rows_about(const std::string& column) {
  const std::uint32_t n = column == "One-phase" ? 1 : 2;
  const std::string who = n == 1 ? "a" : "b";
  std::map<std::string, Row> rows;
  rows["Ack committed"] = {event::Ack{n, who, who + "-1", AckResult::kCommitted}};
  rows["Ack aborted"] = {event::Ack{n, who, who + "-1", AckResult::kAborted}};
  rows["Ack heuristic_mixed"] = {event::Ack{n, who, who + "-1", AckResult::kHeuristicMixed}};
  rows["Ack unknown_branch"] = {event::Ack{n, who, who + "-1", AckResult::kUnknownBranch}};
  rows["AttemptFailed"] = {event::AttemptFailed{n, "timeout", "no answer", 0}};
  rows["Resolve commit"] = {resolve(n, ResolveAction::kCommit)};
  rows["Resolve abort with heuristic:true"] = {resolve(n, ResolveAction::kAbort, true)};
  rows["Resolve, dry run"] = {resolve(n, ResolveAction::kCommit, false, true)};
  rows["Retry"] = {event::Retry{kClient, n}};
  rows["Retire"] = {event::Retire{who, "gone", "operator"}};
  return rows;
}

TEST(ProtocolTable, SaysWhatEveryEventDoesInEveryPhase) {
  const auto table = read_table();
  ASSERT_GE(table.size(), 30u) << "PROTOCOL.md was not understood";
  std::size_t checked = 0;
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    auto rows = all_rows();
    rows.merge(rows_about(kColumns[i]));
    EXPECT_EQ(rows.size(), table.size()) << "PROTOCOL.md has a row that this test does not drive";
    for (const auto& [name, row] : rows) {
      const auto said = table.find(name);
      if (said == table.end() || said->second.size() != kColumns.size()) {
        ADD_FAILURE() << "PROTOCOL.md has no full row '" << name << "'";
        continue;
      }
      Stage stage = stage_in(kColumns[i]);
      row.prepare(stage);
      EXPECT_EQ(word_for(stage, row.event), said->second[i]) << name << " in " << kColumns[i];
      ++checked;
    }
  }
  EXPECT_EQ(checked, table.size() * kColumns.size());
}

}  // namespace
}  // namespace troth::core::test
