// The scenarios notice when a rule of the protocol is broken: each mutant of tests/mutants that the code alone can show
// changes a trace.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/mutants/mutant.h"
#include "tests/scenarios/language.h"

namespace troth::scenarios {
namespace {

bool is_as_expected(const Scenario& scenario) {
  try {
    const auto traces = play(scenario);
    for (std::size_t i = 0; i < traces.size(); ++i) {
      if (traces[i] != scenario.blocks[i].expected) return false;
    }
    return true;
  } catch (const BadScenario&) {
    return false;  // what it speaks of did not come to be
  }
}

TEST(Scenarios, NoticeEveryBrokenRule) {
  std::vector<Scenario> scenarios;
  for (const auto& path : all_files()) scenarios.push_back(parse(path, read_file(path)));
  for (const auto& mutant : mutant::all()) {
    if (mutant.files.empty()) continue;  // broken by who starts the coordinator, not by the code
    ASSERT_TRUE(mutant::set(mutant.name));
    const auto noticed =
        std::count_if(scenarios.begin(), scenarios.end(), [](const auto& s) { return !is_as_expected(s); });
    EXPECT_GT(noticed, 0) << mutant.name << ": " << mutant.rule;
    RecordProperty(std::string(mutant.name), static_cast<int>(noticed));
  }
  mutant::clear();
}

}  // namespace
}  // namespace troth::scenarios
