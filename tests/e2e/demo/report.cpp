#include "tests/e2e/demo/report.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace troth::demo {
namespace {

constexpr std::uint32_t kBarWidth = 40;
constexpr std::uint32_t kLines = 10;  // without a terminal

void row(std::ostringstream& out, const std::string& name, const std::string& value, const std::string& note = {}) {
  char line[160];
  std::snprintf(line, sizeof line, "  %-22s %10s  %s", name.c_str(), value.c_str(), note.c_str());
  std::string text = line;
  text.erase(text.find_last_not_of(' ') + 1);
  out << text << '\n';
}

std::string rate(const Result& result) {
  return std::to_string(result.seconds > 0 ? static_cast<int>(result.transfers / result.seconds) : 0);
}

/// `vote`: a bank refused, for want of money or because another transfer held the account too long.
std::string reasons_note(const Result& result) {
  std::string note;
  for (const auto& [reason, count] : result.abort_reasons) {
    note += (note.empty() ? "" : ", ") + reason + " " + std::to_string(count);
  }
  return note;
}

std::string kills_note(const Result& result) {
  return "trothd " + std::to_string(result.kills_of[0]) + ", bank-a " + std::to_string(result.kills_of[1]) +
         ", bank-b " + std::to_string(result.kills_of[2]);
}

}  // namespace

bool Result::holds(std::uint32_t kills_asked) const {
  return mismatches.empty() && unclean_stop.empty() && in_doubt == 0 && money_before == money_after &&
         committed + aborted == transfers && kills() == kills_asked;
}

void write_told(const std::string& file, const std::vector<Told>& told) {
  std::ofstream out(file);
  for (const Told& one : told) {
    out << "{\"transfer\":" << one.transfer << ",\"transaction\":\"" << one.transaction << "\",\"told\":\""
        << (one.committed ? "committed" : "aborted") << "\"}\n";
  }
  if (!out.flush()) throw std::runtime_error("cannot write " + file);
}

std::string last_line(const Result& result) {
  return "demo: " + std::to_string(result.transfers) + " transfers, " + std::to_string(result.kills()) +
         " kills, money " + std::to_string(result.money_before) + " -> " + std::to_string(result.money_after) +
         ", mismatches " + std::to_string(result.mismatches.size()) + ", in doubt " + std::to_string(result.in_doubt);
}

std::string table(const Result& result) {
  std::ostringstream out;
  row(out, "transfers", std::to_string(result.transfers));
  row(out, "committed", std::to_string(result.committed));
  row(out, "aborted", std::to_string(result.aborted), reasons_note(result));
  row(out, "told/true mismatches", std::to_string(result.mismatches.size()));
  row(out, "kills", std::to_string(result.kills()), kills_note(result));
  row(out, "requests repeated", std::to_string(result.repeats));
  row(out, "money before", std::to_string(result.money_before));
  row(out, "money after", std::to_string(result.money_after));
  row(out, "in doubt", std::to_string(result.in_doubt));
  row(out, "tx/s", rate(result), "with the kills");
  return out.str();
}

std::string json(const Result& result) {
  std::ostringstream out;
  out << "{\"transfers\":" << result.transfers << ",\"committed\":" << result.committed
      << ",\"aborted\":" << result.aborted << ",\"mismatches\":" << result.mismatches.size()
      << ",\"kills\":" << result.kills() << ",\"moneyBefore\":" << result.money_before
      << ",\"moneyAfter\":" << result.money_after << ",\"inDoubt\":" << result.in_doubt
      << ",\"repeats\":" << result.repeats << ",\"perSecond\":" << rate(result) << ",\"seed\":" << result.seed
      << ",\"line\":\"" << last_line(result) << "\"}";
  return out.str();
}

Progress::Progress(std::uint32_t transfers) : terminal_(::isatty(STDERR_FILENO) == 1), transfers_(transfers) {}

void Progress::show(std::uint32_t done, std::uint32_t kills) {
  if (terminal_) {
    const std::uint32_t full = static_cast<std::uint32_t>(std::uint64_t{done} * kBarWidth / transfers_);
    const std::string bar = std::string(full, '#') + std::string(kBarWidth - full, '.');
    std::fprintf(stderr, "\r[%s] %u/%u transfers, %u kills", bar.c_str(), done, transfers_, kills);
    bar_open_ = true;
    return;
  }
  const std::uint32_t step = std::max(1u, transfers_ / kLines);
  if (done < shown_ + step && done != transfers_) return;
  if (done == shown_) return;
  shown_ = done == transfers_ ? done : done - done % step;
  std::fprintf(stderr, "%u/%u transfers, %u kills\n", done, transfers_, kills);
}

void Progress::say(const std::string& line) {
  if (bar_open_) std::fputc('\n', stderr);
  bar_open_ = false;
  std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace troth::demo
