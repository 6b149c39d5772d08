#include "coordinator/ctl/scrape.h"

#include <cstdlib>
#include <limits>
#include <sstream>

namespace troth::ctl {
namespace {

/// `a="x",b="y"`, with `\"`, `\\` and `\n` in values.
Scrape::Labels read_labels(const std::string& text) {
  Scrape::Labels labels;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t equals = text.find("=\"", at);
    if (equals == text.npos) break;
    std::string value;
    std::size_t i = equals + 2;
    for (; i < text.size() && text[i] != '"'; ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) ++i;
      value += text[i];
    }
    labels[text.substr(at, equals - at)] = value;
    at = i + 2;  // the quote and the comma
  }
  return labels;
}

}  // namespace

Scrape::Scrape(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t space = line.rfind(' ');
    if (space == line.npos) continue;
    const std::size_t brace = line.find('{');
    const bool has_labels = brace != line.npos && brace < space;
    Sample sample;
    if (has_labels) sample.labels = read_labels(line.substr(brace + 1, line.rfind('}', space) - brace - 1));
    sample.value = std::strtod(line.c_str() + space + 1, nullptr);
    samples_[line.substr(0, has_labels ? brace : space)].push_back(std::move(sample));
  }
}

const std::vector<Scrape::Sample>& Scrape::all(const std::string& name) const {
  static const std::vector<Sample> kNone;
  const auto found = samples_.find(name);
  return found == samples_.end() ? kNone : found->second;
}

std::optional<double> Scrape::sum(const std::string& name) const {
  if (!samples_.contains(name)) return std::nullopt;
  double total = 0;
  for (const Sample& sample : all(name)) total += sample.value;
  return total;
}

std::optional<double> Scrape::quantile(const std::string& name, double part) const {
  std::map<double, double> buckets;
  for (const Sample& sample : all(name + "_bucket")) {
    const auto bound = sample.labels.find("le");
    if (bound == sample.labels.end()) continue;
    const double most =
        bound->second == "+Inf" ? std::numeric_limits<double>::infinity() : std::strtod(bound->second.c_str(), nullptr);
    buckets[most] += sample.value;
  }
  if (buckets.empty() || buckets.rbegin()->second <= 0) return std::nullopt;
  const double wanted = buckets.rbegin()->second * part;
  for (const auto& [bound, count] : buckets) {
    if (count >= wanted) return bound;
  }
  return std::nullopt;
}

std::vector<Check> read_checks(const std::string& text) {
  std::vector<Check> checks;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.size() < 4 || line[0] != '[' || line[2] != ']') continue;
    const std::size_t space = line.find(' ');
    if (space == line.npos) continue;
    checks.push_back({line.substr(3, space - 3), line[1] == '+', line.substr(space + 1)});
  }
  return checks;
}

}  // namespace troth::ctl
