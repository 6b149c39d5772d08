// tests/e2e/chaos/campaign.h: kill after kill, of trothd and of the banks, at random moments and at random points,
// under steady load; at the end everything that was told is held against what is.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/e2e/chaos/audit.h"

namespace troth::chaos {

struct CampaignOptions {
  std::uint32_t kills = 1'000;
  std::uint64_t seed = 0;  // 0: drawn anew
  std::uint32_t in_flight = 6;
  std::string dir;  // empty: a temporary one, removed after success
  bool json = false;
};

struct CampaignReport {
  std::uint32_t kills_at_moments = 0;  // of trothd
  std::uint32_t kills_at_points = 0;   // of trothd, by itself
  std::uint32_t kills_of_banks = 0;
  std::map<std::string, std::uint32_t> points;  // by name: how often it ended itself there
  std::uint64_t committed = 0;
  std::uint64_t aborted = 0;
  std::uint64_t asked_again = 0;  // outcomes of told transactions that were asked for, and repeats of them
  std::int64_t money_before = 0;
  std::int64_t money_after = 0;
  Findings findings;
  std::string unclean_stop;  // who did not end with 0
  double seconds = 0;
  std::uint64_t seed = 0;

  std::uint32_t kills() const { return kills_at_moments + kills_at_points + kills_of_banks; }
  std::uint64_t transactions() const { return committed + aborted; }
  bool holds(std::uint32_t kills_asked) const;
};

/// Leaves the files of the run in `dir`. The seed makes the plan again: the jobs, the victims, the points; the moments
/// are the machine's. Throws std::runtime_error when it cannot go on, which is a failure too. Main thread.
CampaignReport run_campaign(const CampaignOptions& options, const std::string& dir);

/// `chaos: 1000 kills, 52311 transactions, told/true mismatches 0, lost 0, in doubt 0`
std::string last_line(const CampaignReport& report);
std::string table(const CampaignReport& report);
std::string json(const CampaignReport& report);

}  // namespace troth::chaos
