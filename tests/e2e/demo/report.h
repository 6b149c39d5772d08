// What is printed: progress while it runs, then one table and one line, or one JSON object.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/e2e/demo/transfers.h"

namespace troth::demo {

struct Result {
  std::uint32_t transfers = 0;
  std::uint32_t committed = 0;
  std::uint32_t aborted = 0;
  std::map<std::string, std::uint32_t> abort_reasons;
  std::uint32_t kills_of[3] = {0, 0, 0};  // as Part
  std::int64_t money_before = 0;
  std::int64_t money_after = 0;
  std::uint64_t in_doubt = 0;
  std::uint64_t repeats = 0;
  double seconds = 0;
  std::uint64_t seed = 0;
  std::vector<std::string> mismatches;
  std::string unclean_stop;  // which process did not end as it should

  std::uint32_t kills() const { return kills_of[0] + kills_of[1] + kills_of[2]; }
  /// Whether what was promised holds, with as many transfers and kills as were asked for.
  bool holds(std::uint32_t kills_asked) const;
};

void write_told(const std::string& file, const std::vector<Told>& told);
/// `demo: 5000 transfers, 7 kills, money 2000000 -> 2000000, mismatches 0, in doubt 0`
std::string last_line(const Result& result);
std::string table(const Result& result);
std::string json(const Result& result);

/// On a terminal a bar, else a line now and then. Main thread.
class Progress {
 public:
  explicit Progress(std::uint32_t transfers);
  void show(std::uint32_t done, std::uint32_t kills);
  void say(const std::string& line);

 private:
  const bool terminal_;
  const std::uint32_t transfers_;
  std::uint32_t shown_ = 0;
  bool bar_open_ = false;
};

}  // namespace troth::demo
