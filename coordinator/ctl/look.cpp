#include "coordinator/ctl/look.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <numeric>

namespace troth::ctl {
namespace {

constexpr std::size_t kGap = 2;  // between two columns

/// Columns that the text takes: its code points.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

std::string shown(const Cell& cell) {
  return cell.text.empty() ? "-" : printable(cell.text);
}

std::string two(Millis number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace

std::string painted(const Look& look, Tone tone, const std::string& text) {
  constexpr std::array<const char*, 6> kCodes = {"", "32", "33", "31", "2", "1"};
  if (!look.color || tone == Tone::kPlain) return text;
  return std::string("\033[") + kCodes.at(static_cast<std::size_t>(tone)) + "m" + text + "\033[0m";
}

char32_t code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
  const char32_t lead = byte(0);
  if (lead >= 0xC0 && lead < 0xE0 && text.size() >= 2) return (lead & 0x1F) << 6 | (byte(1) & 0x3F);
  if (lead >= 0xE0 && lead < 0xF0 && text.size() >= 3) {
    return (lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  }
  return lead < 0xF0 ? lead : U'\uFFFD';  // those of four bytes steer nothing
}

bool steers_terminal(char32_t point) {
  const bool is_control = point < 0x20 || (point >= 0x7F && point < 0xA0);
  const bool turns = point == 0x061C || point == 0x200E || point == 0x200F || (point >= 0x202A && point <= 0x202E) ||
                     (point >= 0x2066 && point <= 0x2069);
  return is_control || turns || point == 0x2028 || point == 0x2029;
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = std::min<std::size_t>(lead < 0xC0   ? 1
                                                     : lead < 0xE0 ? 2
                                                     : lead < 0xF0 ? 3
                                                                   : 4,
                                                     text.size() - i);
    const std::string_view one = text.substr(i, length);
    out += steers_terminal(code_point(one)) ? std::string_view(" ") : one;
    i += length;
  }
  return out;
}

void Table::print(std::ostream& out, const Look& look) const {
  print_lines(out, look, true);
}

void Table::print_rows(std::ostream& out, const Look& look) const {
  print_lines(out, look, false);
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (const auto& head : heading_) widths.push_back(head.size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(shown(row[i])));
  }
  return widths;
}

void Table::print_fitting(std::ostream& out, const Look& look) const {
  const auto column = widths();
  const std::size_t whole = std::accumulate(column.begin(), column.end(), (column.size() - 1) * kGap);
  if (!look.aligned || look.width == 0 || whole <= look.width) return print(out, look);
  for (const auto& row : rows_) {
    Facts facts;
    for (std::size_t i = 0; i < row.size(); ++i) facts.add(heading_[i], row[i]);
    if (&row != &rows_.front()) out << "\n";
    facts.print(out, look);
  }
}

void Table::print_lines(std::ostream& out, const Look& look, bool with_heading) const {
  const auto column = widths();
  const auto print_row = [&](const std::vector<Cell>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string text = shown(row[i]);
      const bool is_last = i + 1 == row.size();
      out << painted(look, row[i].tone, text);
      if (!is_last) out << (look.aligned ? std::string(column[i] - width_of(text) + kGap, ' ') : "\t");
    }
    out << "\n";
  };
  std::vector<Cell> heading;
  for (const auto& head : heading_) heading.emplace_back(head, Tone::kStrong);
  if (with_heading) print_row(heading);
  for (const auto& row : rows_) print_row(row);
}

void Facts::print(std::ostream& out, const Look& look) const {
  std::size_t width = 0;
  for (const auto& row : rows_) width = std::max(width, row.name.size() + 2);
  for (const auto& row : rows_) {
    out << painted(look, Tone::kStrong, row.name);
    out << (look.aligned ? std::string(width - row.name.size(), ' ') : "\t");
    out << painted(look, row.value.tone, printable(row.value.text)) << "\n";
  }
}

Millis now_at() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

std::optional<Millis> parse_time(std::string_view text) {
  std::tm parts{};
  int millis = 0;
  int read = 0;
  const std::string copy(text);
  const int fields = std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &parts.tm_year, &parts.tm_mon,
                                 &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &millis, &read);
  if (fields != 7 || static_cast<std::size_t>(read) != copy.size()) return std::nullopt;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return static_cast<Millis>(timegm(&parts)) * 1000 + millis;
}

std::string duration_text(Millis ms) {
  constexpr Millis kSecond = 1'000;
  constexpr Millis kMinute = 60 * kSecond;
  constexpr Millis kHour = 60 * kMinute;
  constexpr Millis kDay = 24 * kHour;
  if (ms < kSecond) return std::to_string(ms) + "ms";
  if (ms < kMinute) return std::to_string(ms / kSecond) + "s";
  if (ms < kHour) return std::to_string(ms / kMinute) + "m" + two(ms % kMinute / kSecond) + "s";
  if (ms < kDay) return std::to_string(ms / kHour) + "h" + two(ms % kHour / kMinute) + "m";
  return std::to_string(ms / kDay) + "d" + two(ms % kDay / kHour) + "h";
}

std::string time_text(const Look& look, std::string_view api_time) {
  const auto at = parse_time(api_time);
  if (!at || look.time == TimeStyle::kIso) return std::string(api_time);
  const Millis age = now_at() - *at;
  return age >= 0 ? duration_text(age) + " ago" : "in " + duration_text(-age);
}

}  // namespace troth::ctl
