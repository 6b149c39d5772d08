// tests/server/metrics_page.h: metrics as a live /metrics says them, and as docs/metrics.md does.
#pragma once

#include <map>
#include <set>
#include <string>

namespace troth::test {

struct Family {
  std::string type;
  /// By label: its values. On the page empty when it names no values.
  std::map<std::string, std::set<std::string>> labels;
  bool has_samples = false;
};
using Families = std::map<std::string, Family>;

/// The text format; `le` of a histogram is no label of it.
Families families_of(const std::string& metrics_text);
/// The rows of the page's tables.
Families families_on(const std::string& page);

}  // namespace troth::test
