// tests/sim/run.h: many histories, on all cores, and what they add up to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/mutants/cells.h"
#include "tests/sim/world.h"

namespace troth::sim {

struct Violation {
  std::uint64_t seed = 0;
  std::string what;
};

struct Summary {
  std::uint64_t histories = 0;
  std::uint64_t commits = 0;
  std::uint64_t aborts = 0;  // told to somebody
  std::uint64_t heuristics = 0;
  std::uint64_t crashes = 0;
  std::uint64_t steps = 0;
  double busy_seconds = 0;  // processor time of all workers together
  std::array<std::uint64_t, static_cast<std::size_t>(Fault::kCount)> with_fault{};  // histories in which it took place
  std::vector<Violation> violations;

  void add(const Summary& other);
};

enum class LogKind { kSim, kSqlite };

struct Job {
  std::uint64_t from = 1;
  std::uint64_t seeds = 1;
  unsigned workers = 1;
  LogKind log = LogKind::kSim;
  bool stop_at_first = false;  // violation: the others are not begun
  double progress_every = 0;   // seconds; 0: never
};

/// What a history adds to the sum. `trace` gets its lines when it is given.
Summary run_history(std::uint64_t seed, LogKind log, mutants::Cells& cells, std::vector<std::string>* trace);

/// Runs `job` and notes in `cells` what was reached.
Summary run(const Job& job, mutants::Cells& cells);

}  // namespace troth::sim
