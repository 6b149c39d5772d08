// The table: reading it, counting, naming. What makes a step a case of a row: rows_of.cpp.
#include "tests/mutants/cells.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace troth::mutants {
namespace {

constexpr std::array<const char*, kColumns> kColumnNames = {"Active",     "Preparing", "One-phase",
                                                            "Committing", "Aborting",  "Finished"};

constexpr std::array<const char*, kRows> kRowNames = {
    "Enlist, a new branch",
    "Enlist, the same again",
    "Enlist, the same with another payload",
    "Enlist by a new incarnation",
    "Commit",
    "Commit with another branch count",
    "Commit after the deadline",
    "Abort",
    "Vote commit",
    "Vote commit, the last missing",
    "Vote read_only",
    "Vote abort",
    "Vote abort after its commit vote",
    "Vote commit after its read_only vote",
    "Vote from another participant",
    "Ack committed",
    "Ack aborted",
    "Ack heuristic_mixed",
    "Ack unknown_branch",
    "Ack from another participant",
    "Listed",
    "Inquired",
    "Reachable",
    "Unreachable",
    "Reincarnated",
    "PrepareNotSent",
    "AttemptFailed",
    "Tick, nothing due",
    "Tick at the deadline",
    "Tick at a retry",
    "Tick when a waiter is due",
    "Resolve commit",
    "Resolve abort with heuristic:true",
    "Resolve, dry run",
    "Resolve forget",
    "Resolve forget of a heuristic",
    "Retry",
    "Retire",
    "Drain",
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// The cells of a table's line; empty if it is none.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  if (line.rfind("|", 0) != 0) return cells;
  std::stringstream rest(line.substr(1));
  for (std::string cell; std::getline(rest, cell, '|');) cells.push_back(trimmed(cell));
  return cells;
}

bool is_header(const std::vector<std::string>& cells) {
  return cells.size() == kColumns + 1 && cells.front() == "event" &&
         std::equal(kColumnNames.begin(), kColumnNames.end(), cells.begin() + 1);
}

bool says_unreachable(const std::string& cell) {
  const auto word_end = cell.find_first_of(" ;,");
  return word_end != std::string::npos && cell.compare(word_end, 14, " (unreachable)") == 0;
}

}  // namespace

Cells::Cells(const std::string& path) {
  std::ifstream file(path);
  bool in_table = false;
  for (std::string line; std::getline(file, line);) {
    const auto cells = cells_of(line);
    if (cells.empty()) {
      in_table = false;
    } else if (is_header(cells)) {
      in_table = true;
    } else if (in_table && cells.front().rfind("---", 0) != 0) {
      read_row(cells);
    }
  }
  if (order_.size() == kRows) return;
  for (std::size_t row = 0; row < kRows; ++row) {
    if (std::count(order_.begin(), order_.end(), static_cast<Row>(row)) == 0) {
      throw std::runtime_error(path + ": its table has no row '" + kRowNames[row] + "'");
    }
  }
}

void Cells::read_row(const std::vector<std::string>& cells) {
  const auto name = std::find(kRowNames.begin(), kRowNames.end(), cells.front());
  if (name == kRowNames.end()) {
    throw std::runtime_error("PROTOCOL.md has the row '" + cells.front() + "': teach rows_of to tell its steps");
  }
  if (cells.size() != kColumns + 1) throw std::runtime_error("the row '" + cells.front() + "' has not every column");
  const auto row = static_cast<std::size_t>(name - kRowNames.begin());
  if (std::count(order_.begin(), order_.end(), static_cast<Row>(row)) != 0) {
    throw std::runtime_error("the row '" + cells.front() + "' stands twice");
  }
  order_.push_back(static_cast<Row>(row));
  for (std::size_t i = 0; i < kColumns; ++i) cells_[row][i].is_unreachable = says_unreachable(cells[i + 1]);
}

void Cells::note(const core::Transaction& before, const core::Event& event, core::Now now) {
  const RowSet rows = rows_of(before, event, now);
  const auto column = static_cast<std::size_t>(column_of(before));
  for (std::size_t row = rows._Find_first(); row < kRows; row = rows._Find_next(row)) ++cells_[row][column].count;
}

void Cells::merge(const Cells& other) {
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t column = 0; column < kColumns; ++column) {
      cells_[row][column].count += other.cells_[row][column].count;
    }
  }
}

std::vector<std::string> Cells::names_of(bool is_unreachable, bool is_reached) const {
  std::vector<std::string> names;
  for (const Row row : order_) {
    for (std::size_t column = 0; column < kColumns; ++column) {
      const Cell& cell = cells_[static_cast<std::size_t>(row)][column];
      if (cell.is_unreachable != is_unreachable || (cell.count != 0) != is_reached) continue;
      names.push_back(std::string(kRowNames[static_cast<std::size_t>(row)]) + " | " + kColumnNames[column]);
    }
  }
  return names;
}

std::size_t Cells::reachable() const {
  return covered() + missing().size();
}
std::size_t Cells::covered() const {
  return names_of(false, true).size();
}
std::vector<std::string> Cells::missing() const {
  return names_of(false, false);
}
std::vector<std::string> Cells::wrongly_reached() const {
  return names_of(true, true);
}

std::uint64_t Cells::count(Row row, Column column) const {
  return cells_[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)].count;
}

}  // namespace troth::mutants
