#include "tests/deploy/tools.h"

#include <cctype>
#include <regex>
#include <sstream>

namespace troth::deploy {

std::string source_file(const std::string& path) {
  return std::string(TROTH_SOURCE_DIR) + "/" + path;
}

std::string read_source(const std::string& path) {
  return e2e::read_file(source_file(path));
}

e2e::Ended run(const std::vector<std::string>& command) {
  const e2e::TempDir dir;
  const std::string out = dir.file("out");
  demo::Process process(command, out);
  const auto code = process.wait(std::chrono::seconds(60));
  return {code.value_or(-1), e2e::read_file(out)};
}

e2e::Ended promtool(const std::vector<std::string>& arguments) {
  std::vector<std::string> command{TROTH_PROMTOOL};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run(command);
}

std::string Alert::field(const std::string& key) const {
  std::smatch found;
  const std::regex line("(?:^|\\n) *" + key + ": *\"?([^\\n]*?)\"?(?=\\n|$)");
  return std::regex_search(text, found, line) ? found[1].str() : std::string();
}

std::vector<Alert> alerts_in(const std::string& rules) {
  static const std::regex kBegin("^ *- alert: *([A-Za-z]+)$");
  std::vector<Alert> alerts;
  std::istringstream lines(rules);
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_match(line, found, kBegin)) alerts.push_back({found[1].str(), {}});
    if (!alerts.empty()) alerts.back().text += line + "\n";
  }
  return alerts;
}

std::set<std::string> metrics_in(const std::string& expression) {
  static const std::regex kName("\\b(troth|process)_[a-z0-9_]+");
  std::set<std::string> names;
  for (std::sregex_iterator at(expression.begin(), expression.end(), kName), end; at != end; ++at) {
    names.insert(at->str());
  }
  return names;
}

std::set<std::string> anchors_in(const std::string& markdown) {
  std::set<std::string> anchors;
  std::istringstream lines(markdown);
  bool in_code = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("```", 0) == 0) in_code = !in_code;
    const auto text = line.find_first_not_of('#');
    if (in_code || text == 0 || text == std::string::npos || line[text] != ' ') continue;
    std::string anchor;
    for (const char c : line.substr(text + 1)) {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_') {
        anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      }
      if (c == ' ') anchor += '-';
    }
    anchors.insert(anchor);
  }
  return anchors;
}

}  // namespace troth::deploy
