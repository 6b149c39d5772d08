// bench/commits.h: how long a commit takes, from its append until it is known to be durable, while the log is compacted
// and while it is not; and the same for plain SQLite, with and without another job that copies the rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troth::bench {

/// Either at a fixed rate, whatever the answers do, or closed: so many are always under way.
struct Load {
  double per_second = 0;  // 0: closed
  std::size_t in_flight = 0;
};

struct Comparison {
  std::vector<double> p99_ms;  // of each pair's phase with the other job
  std::vector<double> p99_ms_alone;
  std::vector<double> ratios;       // of each pair
  std::vector<double> rates;        // commits a second, with the other job
  std::vector<double> rates_alone;  // and without
  std::vector<double> job_seconds;  // how long the other job took
};

/// In each of `pairs` pairs: a log in `dir` gets `records` records more, and is compacted under the load until its
/// superseded rows are deleted; and for as long, before it or after it by turns, the load runs alone.
Comparison compare_compacting(const std::string& dir, const Load& load, std::uint64_t records, int pairs);

/// The same rows committed by one thread that takes all that are due, with the log's own settings; the other job is a
/// thread that copies `records` rows into another file.
Comparison compare_copying(const std::string& dir, const Load& load, std::uint64_t records, int pairs);

}  // namespace troth::bench
