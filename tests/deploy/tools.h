// tests/deploy/tools.h: the files of deploy/ and the programs that judge them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/e2e/world.h"

namespace troth::deploy {

/// `deploy/prometheus/rules.yml`, from the top of the repository.
std::string source_file(const std::string& path);
std::string read_source(const std::string& path);

/// promtool with these arguments. A machine without it fails: `./dev setup` fetches it.
e2e::Ended promtool(const std::vector<std::string>& arguments);
/// Runs `command` to its end.
e2e::Ended run(const std::vector<std::string>& command);

/// An alert as rules.yml writes it.
struct Alert {
  std::string name;
  std::string text;  // of all its lines
  /// The value of `key:` in it, without quotes; empty when it is not there.
  std::string field(const std::string& key) const;
};
std::vector<Alert> alerts_in(const std::string& rules);

/// The metrics that PromQL names: of trothd, of its process.
std::set<std::string> metrics_in(const std::string& expression);

/// What a Markdown page can be linked to, as its renderers make it of a heading: "## Disk full" is "disk-full".
std::set<std::string> anchors_in(const std::string& markdown);

}  // namespace troth::deploy
