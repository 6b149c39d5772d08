#include <cstdio>
#include <sstream>

#include "tests/e2e/chaos/campaign.h"

namespace troth::chaos {
namespace {

void row(std::ostringstream& out, const char* name, const std::string& value, const std::string& note = {}) {
  char line[200];
  std::snprintf(line, sizeof line, "  %-22s %10s  %s", name, value.c_str(), note.c_str());
  std::string text = line;
  text.erase(text.find_last_not_of(' ') + 1);
  out << text << '\n';
}

std::string rate(const CampaignReport& report) {
  return std::to_string(
      report.seconds > 0 ? static_cast<int>(static_cast<double>(report.transactions()) / report.seconds) : 0);
}

}  // namespace

std::string last_line(const CampaignReport& report) {
  return "chaos: " + std::to_string(report.kills()) + " kills, " + std::to_string(report.transactions()) +
         " transactions, told/true mismatches " + std::to_string(report.findings.mismatches.size()) + ", lost " +
         std::to_string(report.findings.lost.size()) + ", in doubt " + std::to_string(report.findings.in_doubt);
}

std::string table(const CampaignReport& report) {
  std::ostringstream out;
  row(out, "transactions", std::to_string(report.transactions()), rate(report) + " a second, with the kills");
  row(out, "committed", std::to_string(report.committed));
  row(out, "aborted", std::to_string(report.aborted));
  row(out, "asked for again", std::to_string(report.asked_again),
      "for the outcome, or by a repeat, after they were told");
  row(out, "kills of trothd", std::to_string(report.kills_at_moments), "at random moments");
  row(out, "", std::to_string(report.kills_at_points),
      "by itself, at " + std::to_string(report.points.size()) + " points");
  row(out, "kills of banks", std::to_string(report.kills_of_banks));
  row(out, "money before", std::to_string(report.money_before));
  row(out, "money after", std::to_string(report.money_after));
  row(out, "seconds", std::to_string(static_cast<int>(report.seconds)));
  row(out, "seed", std::to_string(report.seed));
  return out.str();
}

std::string json(const CampaignReport& report) {
  std::ostringstream out;
  out << "{\"kills\":" << report.kills() << ",\"killsAtMoments\":" << report.kills_at_moments
      << ",\"killsAtPoints\":" << report.kills_at_points << ",\"killsOfBanks\":" << report.kills_of_banks
      << ",\"points\":" << report.points.size() << ",\"transactions\":" << report.transactions()
      << ",\"committed\":" << report.committed << ",\"aborted\":" << report.aborted
      << ",\"mismatches\":" << report.findings.mismatches.size() << ",\"lost\":" << report.findings.lost.size()
      << ",\"inDoubt\":" << report.findings.in_doubt << ",\"moneyBefore\":" << report.money_before
      << ",\"moneyAfter\":" << report.money_after << ",\"seconds\":" << static_cast<int>(report.seconds)
      << ",\"seed\":" << report.seed << ",\"line\":\"" << last_line(report) << "\"}";
  return out.str();
}

}  // namespace troth::chaos
