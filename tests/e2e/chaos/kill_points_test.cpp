// trothd ends itself at every point that it passes, in three topologies; each time the product's own program takes
// over.
#include "tests/e2e/chaos/kill_points.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iostream>
#include <ostream>
#include <set>

namespace troth::chaos {
namespace {

constexpr int kParts = 3;  // of each topology, so that several run at the same time
constexpr int kLater = 3;

/// Points of a life before it serves and after; those of the part in between have other beginnings.
bool is_opening(const std::string& name) {
  return name.starts_with("open.");
}
bool is_stopping(const std::string& name) {
  return name.starts_with("stop.");
}
/// Passed once in the life of a directory.
bool is_once(const std::string& name) {
  return name.ends_with("participant-registered");
}

bool is_of_compaction(const std::string& name) {
  return name.starts_with("compact.");
}

int part_of(const std::string& name) {
  unsigned sum = 0;
  for (const char c : name) sum = sum * 31 + static_cast<unsigned char>(c);
  return static_cast<int>(sum % kParts);
}

/// The first time, and a later one if there is one: of what leaves the second, which is when one participant has heard
/// and the other has not; of a stop too, whose last checkpoint may be of two pages.
std::vector<std::string> points_of(const std::string& name, int count) {
  std::vector<std::string> points{name + ":1"};
  const int later = std::min(count, name.starts_with("out.") || is_stopping(name) ? 2 : kLater);
  if (later > 1) points.push_back(name + ":" + std::to_string(later));
  return points;
}

using Kill = Wrong (Stage::*)(const std::string& point);

void report(const std::string& point, const Wrong& wrong) {
  for (const std::string& sentence : wrong) ADD_FAILURE() << point << ": " << sentence;
}

/// Kills at all points of `passed` that `is_ours`; returns how many.
int kill_at_all(Stage& stage, const Passed& passed, Kill kill, const std::function<bool(const std::string&)>& is_ours) {
  int kills = 0;
  for (const auto& [name, count] : passed) {
    if (!is_ours(name)) continue;
    for (const std::string& point : points_of(name, count)) {
      report(point, (stage.*kill)(point));
      ++kills;
    }
  }
  std::cout << kills << " kills" << std::endl;
  return kills;
}

enum class Shape { kTwoSessions, kThreeSessions, kOnePhaseAndPinned };
constexpr std::array kShapes{Shape::kTwoSessions, Shape::kThreeSessions, Shape::kOnePhaseAndPinned};

Topology make(Shape shape) {
  switch (shape) {
    case Shape::kTwoSessions: return two_sessions();
    case Shape::kThreeSessions: return three_sessions();
    case Shape::kOnePhaseAndPinned: return one_phase_and_pinned();
  }
  return {};
}

void PrintTo(Shape shape, std::ostream* out) {
  *out << make(shape).name;
}

/// What must be among the points, lest the rehearsals miss them and nobody sees it.
const std::set<std::string> kBoundaries{
    "in.begin", "in.commit", "in.vote", "in.ack", "in.hello", "in.recover", "append.commit-decided",
    "appended.commit-decided", "durable.commit-decided", "append.abort-told", "durable.abort-told",
    "append.one-phase-started", "durable.one-phase-started", "append.ended", "durable.ended", "append.epoch-started",
    "durable.epoch-started", "append.participant-registered", "out.prepare", "sent.prepare", "out.one-phase",
    "sent.one-phase", "out.commit", "sent.commit", "out.abort", "out.answer", "sent.answer", "out.forget",
    "sent.forget", "out.welcome",
    // the log: a group commit, the head, a checkpoint
    "serve.write.wal", "serve.written.wal", "serve.sync.wal", "serve.synced.wal", "serve.write.head",
    "serve.written.head", "serve.sync.head", "serve.synced.head", "serve.write.log", "serve.written.log",
    "serve.sync.log", "serve.synced.log",
    // a first start, and a rebuild with its replacement of CURRENT
    "open.create.log", "open.created.log", "open.write.wal", "open.sync.wal", "open.write.log", "open.sync.log",
    "open.synced.log", "open.create.head", "open.written.head", "open.synced.head", "open.create.CURRENT.tmp",
    "open.written.CURRENT.tmp", "open.synced.CURRENT.tmp", "open.rename.CURRENT", "open.renamed.CURRENT",
    "open.sync.directory", "open.synced.directory", "open.rename.RUNNING", "open.renamed.RUNNING", "open.remove.log",
    "open.removed.log", "open.remove.head", "open.removed.head",
    // an orderly stop
    "stop.write.log", "stop.sync.log", "stop.synced.log", "stop.remove.RUNNING", "stop.removed.RUNNING",
    // a compaction
    "compact.begin", "compact.read", "compact.add", "compact.added", "compact.finish", "compact.finished"};

TEST(KillPoints, AreAtEveryBoundary) {
  std::set<std::string> missed = kBoundaries;
  for (const Shape shape : kShapes) {
    Stage stage(make(shape));
    const bool first = shape == Shape::kTwoSessions;
    for (const auto& [name, count] : first ? stage.rehearse("compact.finished") : stage.rehearse()) missed.erase(name);
    if (!first) continue;
    for (const auto& [name, count] : stage.rehearse_rebuild()) missed.erase(name);
  }
  for (const std::string& name : missed) ADD_FAILURE() << name << " is not passed";
}

TEST(KillPoints, AnswersThatComeBeforeTheLogIsWrittenAreNoticed) {
  Stage stage(two_sessions(), true);
  stage.rehearse();
  Wrong wrong;
  try {
    for (int n = 5; wrong.empty() && n < 25; ++n) wrong = stage.kill_at("serve.write.wal:" + std::to_string(n));
  } catch (const std::exception& surprise) {  // a participant may notice first that it has seen more than the log
    wrong.emplace_back(surprise.what());
  }
  EXPECT_FALSE(wrong.empty());
  for (const std::string& sentence : wrong) std::cout << "as it should: " << sentence << std::endl;
}

class KillPointsOf : public ::testing::TestWithParam<std::tuple<Shape, int>> {};

TEST_P(KillPointsOf, UnderTrafficLoseNothingThatWasTold) {
  Stage stage(make(std::get<0>(GetParam())));
  const int part = std::get<1>(GetParam());
  Passed passed = stage.rehearse();
  if (std::get<0>(GetParam()) != Shape::kTwoSessions) {  // a checkpoint sees no difference, a commit hardly any
    std::erase_if(passed,
                  [](const auto& one) { return one.first.starts_with("serve.") && one.first.ends_with(".log"); });
    for (auto& [name, count] : passed) count = name.starts_with("serve.") ? 1 : count;
  }
  const auto is_ours = [part](const std::string& name) {
    return !is_opening(name) && !is_stopping(name) && !is_of_compaction(name) && !is_once(name) &&
           part_of(name) == part;
  };
  EXPECT_GT(kill_at_all(stage, passed, &Stage::kill_at, is_ours), 5);
}

INSTANTIATE_TEST_SUITE_P(Of, KillPointsOf,
                         ::testing::Combine(::testing::ValuesIn(kShapes), ::testing::Range(0, kParts)));

class KillPointsOfAStart : public ::testing::TestWithParam<int> {};

TEST_P(KillPointsOfAStart, AfterAKillLeaveTheSameLog) {
  Stage stage(two_sessions());
  stage.rehearse();
  const Passed passed = stage.rehearse_rebuild();
  const auto is_ours = [](const std::string& name) { return is_opening(name) && part_of(name) == GetParam(); };
  EXPECT_GT(kill_at_all(stage, passed, &Stage::kill_while_opening, is_ours), 5);
}

TEST_P(KillPointsOfAStart, ThatIsTheFirstLeaveADirectoryThatStarts) {
  const Passed passed = Stage(two_sessions()).rehearse();
  int kills = 0;
  for (const auto& [name, count] : passed) {
    if (!(is_opening(name) || is_once(name)) || part_of(name) != GetParam()) continue;
    for (const std::string& point : points_of(name, count)) {
      report(point, Stage(two_sessions()).kill_first_start(point));
      ++kills;
    }
  }
  EXPECT_GT(kills, 5);
}

INSTANTIATE_TEST_SUITE_P(Part, KillPointsOfAStart, ::testing::Range(0, kParts));

/// The first look for something to compact is a second after the start: each of these takes its time.
TEST(KillPointsOfACompaction, WhileTheSetIsMadeLoseNothingThatWasTold) {
  Stage stage(two_sessions());
  const Passed passed = stage.rehearse("compact.finished");
  EXPECT_GT(kill_at_all(stage, passed, &Stage::kill_at, is_of_compaction), 5);
}

TEST(KillPointsOfACompaction, WhileOldRowsAreDeletedLoseNothingThatWasTold) {
  Stage stage(two_sessions());
  stage.rehearse("compact.finished");
  for (const std::string point : {"serve.write.wal:1", "serve.write.wal:4", "serve.synced.wal:1", "serve.synced.wal:3",
                                  "serve.write.head:2", "serve.write.log:1", "serve.synced.log:1"}) {
    report(point, stage.kill_at("compact.finished:1," + point));
  }
}

TEST(KillPointsOfAStop, LoseNothingThatWasTold) {
  Stage stage(two_sessions());
  const Passed passed = stage.rehearse();
  EXPECT_GT(kill_at_all(stage, passed, &Stage::kill_while_stopping, is_stopping), 5);
}

}  // namespace
}  // namespace troth::chaos
