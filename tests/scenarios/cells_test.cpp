// All scenarios together reach every cell of PROTOCOL.md's table that any history can reach.
#include "tests/mutants/cells.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/mutants/step_probe.h"
#include "tests/scenarios/language.h"

namespace troth::scenarios {
namespace {

using mutants::Cells;
using mutants::Column;
using mutants::Row;

/// Cells that no history reaches, by why. A cell that is reached all the same fails the test.
const std::map<std::string, std::vector<std::string>>& out_of_reach() {
  static const std::map<std::string, std::vector<std::string>> kCells{
      {"a crash between the records of one step, and an operator before the first timer: the explorer goes there",
       {"Resolve forget of a heuristic | One-phase"}},
  };
  return kCells;
}

Cells* noting = nullptr;

Cells played() {
  Cells cells(std::string(TROTH_SOURCE_DIR) + "/coordinator/core/PROTOCOL.md");
  noting = &cells;
  probe::on_step = [](const core::Transaction& before, const core::Event& event, core::Now now) {
    noting->note(before, event, now);
  };
  for (const auto& path : all_files()) play(parse(path, read_file(path)));
  probe::on_step = nullptr;
  return cells;
}

bool is_row_driven(const Cells& cells, std::size_t row) {
  for (std::size_t column = 0; column < mutants::kColumns; ++column) {
    if (cells.count(static_cast<Row>(row), static_cast<Column>(column)) != 0) return true;
  }
  return false;
}

std::string one_a_line(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += "  " + name + '\n';
  return text;
}

TEST(Scenarios, CoverEveryRowOfTheProtocol) {
  const Cells cells = played();
  for (std::size_t row = 0; row < mutants::kRows; ++row) {
    EXPECT_TRUE(is_row_driven(cells, row)) << "no scenario drives row " << row << " of cells.h";
  }
  std::vector<std::string> missing = cells.missing();
  std::vector<std::string> reached;
  for (const auto& [why, names] : out_of_reach()) {
    for (const auto& name : names) {
      const auto found = std::find(missing.begin(), missing.end(), name);
      if (found == missing.end()) {
        reached.push_back(name);
      } else {
        missing.erase(found);
      }
    }
  }
  EXPECT_TRUE(missing.empty()) << missing.size() << " cells that no scenario drives:\n" << one_a_line(missing);
  EXPECT_TRUE(reached.empty()) << "said to be out of reach, and driven or marked in PROTOCOL.md:\n"
                               << one_a_line(reached);
}

}  // namespace
}  // namespace troth::scenarios
