// Every scenario is a test, called as its file is. UPDATE=1 in the environment writes the traces into the source tree.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/scenarios/language.h"

namespace troth::scenarios {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += "  " + line + '\n';
  return text.empty() ? "  (nothing)\n" : text;
}

class ScenarioTest : public testing::Test {
 public:
  explicit ScenarioTest(std::string path) : path_(std::move(path)) {}

  void TestBody() override {
    try {
      const Scenario scenario = parse(path_, read_file(path_));
      const auto traces = play(scenario);
      if (std::getenv("UPDATE") != nullptr) {
        std::ofstream(path_) << with_traces(scenario, traces);
      } else {
        compare(scenario, traces);
      }
    } catch (const BadScenario& bad) {
      FAIL() << bad.what();
    }
  }

 private:
  void compare(const Scenario& scenario, const std::vector<std::vector<std::string>>& traces) const {
    for (std::size_t i = 0; i < traces.size(); ++i) {
      const Block& block = scenario.blocks[i];
      if (traces[i] == block.expected) continue;
      ADD_FAILURE_AT(path_.c_str(), static_cast<int>(block.trace_line)) << "expected:\n"
                                                                        << joined(block.expected) << "but was:\n"
                                                                        << joined(traces[i]);
      return;  // what follows is another story
    }
  }

  std::string path_;
};

}  // namespace
}  // namespace troth::scenarios

int main(int argc, char** argv) {
  using troth::scenarios::ScenarioTest;
  for (const auto& path : troth::scenarios::all_files()) {
    testing::RegisterTest("Scenarios", troth::scenarios::name_of(path).c_str(), nullptr, nullptr, path.c_str(), 1,
                          [path]() -> testing::Test* { return new ScenarioTest(path); });
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
