#include "tests/e2e/ops/transcript.h"

#include <cctype>
#include <sstream>
#include <string_view>

namespace troth::e2e {
namespace {

constexpr std::string_view kAny = "…";

bool starts_with(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

/// Runs of blanks are one blank, those at the end are gone.
std::string plain(const std::string& line) {
  std::string out;
  for (const char c : line) {
    const bool blank = c == ' ' || c == '\t' || c == '\r';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

/// Both are plain.
bool fits(std::string_view pattern, std::string_view text) {
  const auto any = pattern.find(kAny);
  if (any == std::string_view::npos) return pattern == text;
  if (!starts_with(text, pattern.substr(0, any))) return false;
  text.remove_prefix(any);
  pattern.remove_prefix(any + kAny.size());
  for (std::size_t skip = 0; skip <= text.size(); ++skip) {
    if (fits(pattern, text.substr(skip))) return true;
  }
  return false;
}

using Lines = std::vector<std::string>;

bool fit_from(const Lines& pattern, std::size_t p, const Lines& lines, std::size_t l) {
  if (p == pattern.size()) return l == lines.size();
  if (pattern[p] == kAny) {
    for (std::size_t skip = l; skip <= lines.size(); ++skip) {
      if (fit_from(pattern, p + 1, lines, skip)) return true;
    }
    return false;
  }
  return l < lines.size() && matches_line(pattern[p], lines[l]) && fit_from(pattern, p + 1, lines, l + 1);
}

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

std::vector<Step> steps_of(const std::string& page, const std::string& section) {
  std::vector<Step> steps;
  bool in_section = false;
  bool in_block = false;
  int number = 0;
  for (const std::string& line : lines_of(page)) {
    ++number;
    if (!in_block && starts_with(line, "## ")) in_section = line == "## " + section;
    if (!in_section) continue;
    if (starts_with(line, "```")) {
      in_block = !in_block && line == "```console";
    } else if (in_block && starts_with(line, "$ ")) {
      steps.push_back({number, line.substr(2), {}});
    } else if (in_block && starts_with(line, "> ") && !steps.empty() && steps.back().expected.empty()) {
      steps.back().command += "\n" + line.substr(2);
    } else if (in_block && !steps.empty()) {
      steps.back().expected.push_back(line);
    }
  }
  return steps;
}

bool matches_line(const std::string& pattern, const std::string& line) {
  return fits(plain(pattern), plain(line));
}

bool matches(const std::vector<std::string>& pattern, const std::string& text) {
  return fit_from(pattern, 0, lines_of(text), 0);
}

}  // namespace troth::e2e
