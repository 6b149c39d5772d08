#include "tests/server/metrics_page.h"

#include <regex>
#include <sstream>
#include <vector>

namespace troth::test {
namespace {

/// `troth_x_bucket` belongs to `troth_x`, which is a histogram.
std::string family_of(const std::string& sample, const Families& families) {
  for (const char* suffix : {"_bucket", "_sum", "_count"}) {
    const std::string end = suffix;
    if (!sample.ends_with(end)) continue;
    const std::string family = sample.substr(0, sample.size() - end.size());
    const auto found = families.find(family);
    if (found != families.end() && found->second.type == "histogram") return family;
  }
  return sample;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

/// What stands between backticks; `""` is the empty value.
std::vector<std::string> quoted(const std::string& text) {
  static const std::regex kQuoted("`([^`]*)`");
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), kQuoted), end; at != end; ++at) {
    found.push_back((*at)[1] == "\"\"" ? std::string() : (*at)[1].str());
  }
  return found;
}

}  // namespace

Families families_of(const std::string& metrics_text) {
  static const std::regex kSample("([a-z0-9_]+)(?:\\{(.*)\\})? [^ ]+");
  static const std::regex kLabel("([a-z_]+)=\"([^\"]*)\"");
  Families families;
  for (const std::string& line : split(metrics_text, '\n')) {
    std::smatch match;
    if (line.starts_with("# TYPE ")) {
      const auto words = split(line, ' ');
      families[words.at(2)].type = words.at(3);
    } else if (std::regex_match(line, match, kSample) && !line.starts_with("#")) {
      Family& family = families[family_of(match[1], families)];
      family.has_samples = true;
      const std::string labels = match[2];
      for (std::sregex_iterator at(labels.begin(), labels.end(), kLabel), end; at != end; ++at) {
        if ((*at)[1] != "le") family.labels[(*at)[1]].insert((*at)[2]);
      }
    }
  }
  return families;
}

Families families_on(const std::string& page) {
  Families families;
  for (const std::string& line : split(page, '\n')) {
    if (!line.starts_with("| `troth_") && !line.starts_with("| `process_")) continue;
    const auto cells = split(line, '|');
    Family& family = families[quoted(cells.at(1)).at(0)];
    family.type = cells.at(2).substr(1, cells.at(2).size() - 2);
    for (const std::string& label : split(cells.at(3), ';')) {
      const auto words = quoted(label);
      if (!words.empty()) family.labels[words[0]] = {words.begin() + 1, words.end()};
    }
  }
  return families;
}

}  // namespace troth::test
