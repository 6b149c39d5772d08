// tests/e2e/chaos/kill_points.h: one directory, one cast of participants, and kill after kill at named points: after
// each the product's trothd takes over, and what was told is held against what is.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/chaos/audit.h"
#include "tests/e2e/chaos/cluster.h"
#include "tests/e2e/chaos/rehearsal.h"
#include "tests/e2e/chaos/traffic.h"
#include "tests/e2e/world.h"

namespace troth::chaos {

struct Topology {
  std::string name;
  std::vector<Member> members;
  Draw draw;
  std::optional<std::size_t> restarted;  // this member is killed whenever trothd is
};

/// Two session participants.
Topology two_sessions();
/// Three: one only reads, one dies with every trothd.
Topology three_sessions();
/// One-phase commits at one, and transfers between it and one that is pinned.
Topology one_phase_and_pinned();

/// What does not hold, a sentence each.
using Wrong = std::vector<std::string>;

class Stage {
 public:
  /// `liar`: trothd_chaos answers before anything is durable, to show that this is noticed.
  explicit Stage(Topology topology, bool liar = false);

  /// A list of what a run of trothd_chaos passes, from a first start to an orderly stop, if it lives until `until` is
  /// passed. To be called first. Throws std::runtime_error when anything is wrong with it.
  Passed rehearse(const std::string& until = "serve.synced.head");
  /// The same of a start after a kill. After `rehearse`.
  Passed rehearse_rebuild();

  /// Starts trothd_chaos under traffic, which must end itself at `point`. Then the product takes over: the clients hear
  /// the end of what they asked, and everything told must be true. Empty, or what is wrong, as all of these.
  Wrong kill_at(const std::string& point);
  /// Kills the product under traffic, then starts trothd_chaos, which must end itself at `point` before it serves.
  Wrong kill_while_opening(const std::string& point);
  /// The same while it stops in order.
  Wrong kill_while_stopping(const std::string& point);
  /// The same of the first start in an empty directory; instead of `rehearse`.
  Wrong kill_first_start(const std::string& point);

 private:
  void start_members();
  void begin_traffic();
  void expect(bool holds, const std::string& otherwise);
  void expect_its_end();
  enum Ending { kInOrder, kByTurns };  // by turns: with a rebuild at the next start, or without
  Wrong recover(Ending ending = kByTurns);
  void audit();

  Topology topology_;
  const std::chrono::milliseconds patience_;
  e2e::TempDir dir_;
  transport::Io io_;
  Cluster cluster_;
  std::uint64_t seed_ = 0;
  std::unique_ptr<Traffic> traffic_;
  std::vector<Told> told_;
  Wrong wrong_;
};

}  // namespace troth::chaos
