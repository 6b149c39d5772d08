// troth_explore: every configuration in order, or those named. Exit 0: no promise was broken; 1: one was, or a cell
// that PROTOCOL.md calls unreachable was reached; 2: usage; 3: with --mutant, the mutant was caught.
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <set>
#include <string>

#include "tests/explore/search.h"
#ifdef TROTH_HAS_MUTANTS
#include "tests/mutants/mutant.h"
#endif

namespace troth::explore {
namespace {

constexpr int kBroken = 1;
constexpr int kUsage = 2;
constexpr int kCaught = 3;

struct Arguments {
  std::set<std::string> names;
  std::string mutant;
  std::uint64_t max_states = 0;
};

/// Rules of the engine are not in core: the world round it breaks those it knows.
Broken broken_by(const std::string& mutant) {
  Broken broken;
  broken.sends_early = mutant == "send-before-durable";
  broken.answers_early = mutant == "answer-before-durable" || mutant == "reply-before-durable";
  broken.forgets_early = mutant == "forget-before-ended";
  broken.ignores_tombstone = mutant == "prepare-after-tombstone";
  return broken;
}

bool set_mutant(const std::string& name) {
#ifdef TROTH_HAS_MUTANTS
  return mutant::set(name);
#else
  static_cast<void>(name);
  return false;
#endif
}

bool parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--mutant" && has_value) {
      arguments.mutant = argv[++i];
      if (!set_mutant(arguments.mutant)) return false;
    } else if (word == "--max-states" && has_value) {
      arguments.max_states = std::strtoull(argv[++i], nullptr, 10);
    } else if (word.rfind("--", 0) == 0) {
      return false;
    } else {
      arguments.names.insert(word);
    }
  }
  for (const std::string& name : arguments.names) {
    bool is_known = false;
    for (const Config& config : configs()) is_known = is_known || config.name == name;
    if (!is_known) return false;
  }
  return true;
}

void print(const Config& config, const Report& report) {
  std::cout << std::left << std::setw(22) << config.name << std::right << std::setw(9) << report.states << " states "
            << std::setw(10) << report.transitions << " transitions " << std::fixed << std::setprecision(1)
            << std::setw(6) << report.seconds << " s  " << config.what;
  if (!report.is_exhaustive) std::cout << " (NOT EXHAUSTIVE: stopped at so many states)";
  std::cout << std::endl;
  if (report.violation.empty()) return;
  std::cout << "violation in " << config.name << ": " << report.violation << '\n';
  for (std::size_t i = 0; i < report.trace.size(); ++i) {
    std::cout << std::setw(4) << i + 1 << ". " << report.trace[i] << '\n';
  }
}

void print_cells(const mutants::Cells& cells) {
  for (const auto& cell : cells.missing()) std::cout << "cell not reached: " << cell << '\n';
  for (const auto& cell : cells.wrongly_reached()) std::cout << "cell reached though unreachable: " << cell << '\n';
}

int run(const Arguments& arguments) {
  mutants::Cells cells(TROTH_SOURCE_DIR "/coordinator/core/PROTOCOL.md");
  Report total;
  int violations = 0;
  bool is_whole = arguments.names.empty();
  for (Config config : configs()) {
    if (!arguments.names.empty() && !arguments.names.contains(std::string(config.name))) continue;
    if (arguments.max_states != 0) config.max_states = arguments.max_states;
    config.broken = broken_by(arguments.mutant);
    const Report report = explore(config, &cells);
    print(config, report);
    total.states += report.states;
    total.transitions += report.transitions;
    total.seconds += report.seconds;
    if (report.violation.empty()) continue;
    ++violations;
    if (!arguments.mutant.empty()) break;
  }
  const bool is_wrong = arguments.mutant.empty() && !cells.wrongly_reached().empty();
  if (arguments.mutant.empty() && is_whole) print_cells(cells);
  std::cout << "explore: " << total.states << " states, " << total.transitions << " transitions, " << violations
            << " violations, " << std::setprecision(1) << total.seconds << " s, " << cells.covered() << " of "
            << cells.reachable() << " cells" << std::endl;
  if (!arguments.mutant.empty()) return violations == 0 ? 0 : kCaught;
  return violations == 0 && !is_wrong ? 0 : kBroken;
}

}  // namespace
}  // namespace troth::explore

int main(int argc, char** argv) {
  troth::explore::Arguments arguments;
  if (!troth::explore::parse(argc, argv, arguments)) {
    std::cerr << "usage: troth_explore [--max-states n] [--mutant name] [configuration...]\n";
    return troth::explore::kUsage;
  }
  return troth::explore::run(arguments);
}
