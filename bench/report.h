// bench/report.h: what a suite found, as a table for people and as one JSON object for programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace troth::bench {

/// Where the figures come from: without it they mean nothing.
struct Machine {
  std::string cpu;
  unsigned cores = 0;
  std::string kernel;
  std::string file_system;  // of the directory the files lie in
  std::string build;
  std::string date;  // UTC
  double load = 0;   // average of the minute before the suite began, ours not included
};
Machine this_machine(const std::string& directory);

/// One figure: the median of its runs, and beside it what plain SQLite needs for the same rows in the same run.
struct Row {
  std::string name;
  std::string unit;
  std::vector<double> runs;
  std::vector<double> plain;   // empty: there is nothing to compare with
  std::optional<double> goal;  // the most it may be, or the least
  std::string note;
  bool at_least = false;
};

double median(std::vector<double> values);
/// The smallest value that a `share` of all are at or below; 0 when there are none. Sorts `values`.
double percentile(std::vector<double>& values, double share);

std::string table(const Machine& machine, const std::vector<Row>& rows);
std::string json(const Machine& machine, const std::vector<Row>& rows);

}  // namespace troth::bench
