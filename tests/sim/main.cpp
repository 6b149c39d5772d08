// troth_sim: many histories from many seeds; `./dev sim` runs it. Exit code 0: every promise was kept, every mutant
// caught, every cell reached; 1: not so; 2: bad arguments; 3: the mutant of --mutant was caught.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <thread>

#include "tests/mutants/mutant.h"
#include "tests/sim/mutants.h"
#include "tests/sim/run.h"

namespace troth::sim {
namespace {

/// Below this many histories some cell or fault may not have come up by chance: then nothing is said of coverage.
constexpr std::uint64_t kEnoughForCoverage = 2'000;
constexpr std::uint64_t kMostForCoverage = 30'000;
constexpr double kLeastCommits = 0.30;
constexpr std::size_t kShown = 20;

struct Arguments {
  Job job;
  MutantJob mutants;
  std::string mutant;
  bool with_mutants = true;
  bool trace = false;
  bool list_mutants = false;
};

/// What only a crash between the records of one step, and an operator before the first timer, can do: too much of a
/// coincidence for chance. The explorer goes there (`./dev explore`).
constexpr std::string_view kLeftToTheExplorer = "Resolve forget of a heuristic | One-phase";

std::vector<std::string> never_reached(const mutants::Cells& cells) {
  std::vector<std::string> missing = cells.missing();
  std::erase(missing, kLeftToTheExplorer);
  return missing;
}

void print_trace(const Arguments& arguments, std::uint64_t seed) {
  std::vector<std::string> lines;
  mutants::Cells cells(TROTH_SOURCE_DIR "/coordinator/core/PROTOCOL.md");
  run_history(seed, arguments.job.log, cells, &lines);
  for (const auto& line : lines) std::puts(line.c_str());
}

bool report_violations(const Arguments& arguments, const Summary& summary) {
  for (std::size_t i = 0; i < summary.violations.size() && i < kShown; ++i) {
    const auto& one = summary.violations[i];
    std::printf("violation, seed %llu: %s\n", static_cast<unsigned long long>(one.seed), one.what.c_str());
  }
  if (summary.violations.empty()) return true;
  const std::uint64_t seed = summary.violations.front().seed;
  if (!arguments.trace) print_trace(arguments, seed);
  std::printf("to see this history again: ./dev sim --seeds 1 --from %llu%s --trace\n",
              static_cast<unsigned long long>(seed), arguments.job.log == LogKind::kSqlite ? " --log sqlite" : "");
  return false;
}

bool report_coverage(const Summary& summary, const mutants::Cells& cells) {
  bool whole = true;
  std::puts("histories with:");
  for (std::size_t i = 0; i < summary.with_fault.size(); ++i) {
    std::printf("  %-20s %llu\n", name_of(static_cast<Fault>(i)),
                static_cast<unsigned long long>(summary.with_fault[i]));
    whole = whole && summary.with_fault[i] != 0;
  }
  const double ended = static_cast<double>(summary.commits + summary.aborts);
  const double share = ended == 0 ? 0 : static_cast<double>(summary.commits) / ended;
  std::printf("of all ended: %.1f %% committed, %.1f %% aborted; %llu heuristics\n", 100 * share, 100 - 100 * share,
              static_cast<unsigned long long>(summary.heuristics));
  std::printf("speed: %.0f transactions a second on one core, %.0f histories\n", ended / summary.busy_seconds,
              static_cast<double>(summary.histories) / summary.busy_seconds);
  for (const auto& cell : never_reached(cells)) std::printf("cell never reached: %s\n", cell.c_str());
  for (const auto& cell : cells.wrongly_reached()) std::printf("unreachable cell reached: %s\n", cell.c_str());
  if (summary.histories < kEnoughForCoverage) return true;
  if (share < kLeastCommits) std::puts("too few commit for these histories to prove anything");
  return whole && share >= kLeastCommits && never_reached(cells).empty() && cells.wrongly_reached().empty();
}

std::size_t report_mutants(const std::vector<Caught>& all) {
  std::size_t caught = 0;
  for (const auto& one : all) {
    std::printf("mutant %-28s %s%s\n", one.mutant.c_str(), one.caught ? "" : "ESCAPED, ", one.by.c_str());
    caught += one.caught ? 1 : 0;
  }
  return caught;
}

/// A cell that takes three rare things at once may not come up in this many seeds: the next ones are tried until it
/// does. They count for nothing else but violations.
void reach_the_rest(const Arguments& arguments, mutants::Cells& cells, Summary& summary) {
  if (summary.histories < kEnoughForCoverage) return;
  Job more = arguments.job;
  more.from += more.seeds;
  more.seeds = kEnoughForCoverage / 2;
  std::uint64_t tried = 0;
  while (!never_reached(cells).empty() && tried < kMostForCoverage) {
    const Summary rest = run(more, cells);
    summary.violations.insert(summary.violations.end(), rest.violations.begin(), rest.violations.end());
    more.from += more.seeds;
    tried += more.seeds;
  }
  if (tried != 0) std::printf("%llu more histories for the rarest cells\n", static_cast<unsigned long long>(tried));
}

int simulate(const Arguments& arguments) {
  mutants::Cells cells(TROTH_SOURCE_DIR "/coordinator/core/PROTOCOL.md");
  Summary summary = run(arguments.job, cells);
  reach_the_rest(arguments, cells, summary);
  if (arguments.trace && arguments.job.seeds == 1) print_trace(arguments, arguments.job.from);
  bool good = report_violations(arguments, summary);
  good = report_coverage(summary, cells) && good;
  const std::vector<Caught> mutants = arguments.with_mutants ? run_mutants(arguments.mutants) : std::vector<Caught>();
  const std::size_t caught = report_mutants(mutants);
  good = good && caught == mutants.size();
  std::printf(
      "sim: %llu histories, %llu commits, %llu crashes, %zu violations, %zu/%zu mutants caught, %zu/%zu cells "
      "covered\n",
      static_cast<unsigned long long>(summary.histories), static_cast<unsigned long long>(summary.commits),
      static_cast<unsigned long long>(summary.crashes), summary.violations.size(), caught, mutants.size(),
      cells.reachable() - 1 - never_reached(cells).size(), cells.reachable() - 1);
  return good ? 0 : 1;
}

int list_mutants() {
  for (const auto& info : mutant::all()) {
    std::printf("%-28s %s\n", std::string(info.name).c_str(), std::string(info.rule).c_str());
  }
  return 0;
}

}  // namespace
}  // namespace troth::sim

int main(int argc, char** argv) {
  using namespace troth::sim;
  Arguments arguments;
  arguments.job.seeds = 200;
  arguments.job.workers = arguments.mutants.workers = std::max(1u, std::thread::hardware_concurrency());
  std::string log = "sim";
  bool no_mutants = false;
  CLI::App app{"Simulates histories of the whole system, each from one seed.", "troth_sim"};
  app.add_option("--seeds", arguments.job.seeds, "how many histories")->check(CLI::PositiveNumber);
  app.add_option("--from", arguments.job.from, "the first seed");
  app.add_option("--log", log, "sim: records in memory; sqlite: the real log on a simulated disk")
      ->check(CLI::IsMember({"sim", "sqlite"}));
  app.add_option("--workers", arguments.job.workers, "histories at a time")->check(CLI::PositiveNumber);
  app.add_option("--progress", arguments.job.progress_every, "say every so many seconds how far it is");
  app.add_flag("--trace", arguments.trace, "with --seeds 1: print what happens");
  app.add_flag("--no-mutants", no_mutants, "do not try to catch mutants");
  app.add_option("--mutant", arguments.mutant, "break this rule, and stop at the first history that shows it");
  app.add_option("--explorer", arguments.mutants.explorer, "the explorer, for mutants that no history shows");
  app.add_flag("--list-mutants", arguments.list_mutants, "which rules can be broken");
  CLI11_PARSE(app, argc, argv);
  if (arguments.list_mutants) return list_mutants();
  if (!arguments.mutant.empty()) return run_mutant(arguments.mutant, arguments.job.seeds);
  arguments.job.log = log == "sqlite" ? LogKind::kSqlite : LogKind::kSim;
  arguments.with_mutants = !no_mutants && !arguments.trace;
  return simulate(arguments);
}
