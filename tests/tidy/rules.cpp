#include "tests/tidy/rules.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

namespace troth::tidy {

namespace {

std::string finding(const Source& source, std::size_t position, const std::string& what) {
  return source.path + ":" + std::to_string(line_at(source.code, position)) + ": " + what;
}

bool is_test(const std::string& path) {
  return starts_with(path, "tests/") || starts_with(path, "bench/");
}

/// What each part may include of this repository, and the folders it is. The longest folder that fits a path is its
/// part.
const std::map<std::string, std::vector<std::string>>& arrows() {
  static const std::vector<std::string> kValues{"proto/values/"};
  static const std::map<std::string, std::vector<std::string>> kArrows{
      {"proto/values/", kValues},
      {"proto/codec/", {"proto/values/", "proto/codec/", "troth/v1/"}},
      {"proto/transport/", {"proto/values/", "proto/transport/"}},
      {"wal/", {"proto/values/", "wal/"}},
      {"recovery/", {"proto/values/", "proto/codec/", "wal/", "recovery/"}},
      {"coordinator/core/", {"proto/values/", "coordinator/core/"}},
      {"coordinator/engine/",
       {"proto/values/", "proto/codec/", "wal/", "recovery/", "coordinator/core/", "coordinator/engine/"}},
      {"coordinator/server/",
       {"proto/", "wal/", "recovery/", "coordinator/core/", "coordinator/engine/", "coordinator/server/"}},
      {"coordinator/ctl/", {"proto/", "wal/", "recovery/", "coordinator/ctl/"}},
      {"coordinator/", {"proto/", "wal/", "recovery/", "coordinator/"}},
      {"participant-sdk/", {"proto/", "participant-sdk/", "troth/", "../../../proto/values/"}},
  };
  return kArrows;
}

/// Parts that may not see the heavy libraries, and which these are.
bool may_include_library(const std::string& path, const std::string& name) {
  static const std::vector<std::string> kPlain{"proto/values/", "coordinator/core/", "coordinator/engine/",
                                               "recovery/"};
  static const std::regex kLibrary("^(boost/|google/|openssl/|sqlite3|prometheus/|spdlog/|toml|CLI/|sys/|netinet/)");
  const bool is_plain = std::any_of(kPlain.begin(), kPlain.end(), [&](const auto& p) { return starts_with(path, p); });
  return !is_plain || !std::regex_search(name, kLibrary);
}

const std::vector<std::string>* allowed_for(const std::string& path) {
  const std::vector<std::string>* allowed = nullptr;
  for (const auto& [folder, may] : arrows()) {
    if (starts_with(path, folder)) allowed = &may;  // sorted: the longest comes last
  }
  return allowed;
}

Findings match_words(const Source& source, const std::string& text, const std::regex& words, const std::string& why) {
  Findings found;
  for (std::sregex_iterator it(text.begin(), text.end(), words), end; it != end; ++it) {
    found.push_back(finding(source, static_cast<std::size_t>(it->position()), "'" + it->str() + "' " + why));
  }
  return found;
}

}  // namespace

Findings check_includes(const Source& source) {
  static const std::regex kInclude("^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"]+)[>\"]", std::regex::multiline);
  Findings found;
  const auto* allowed = allowed_for(source.path);
  for (std::sregex_iterator it(source.code.begin(), source.code.end(), kInclude), end; it != end; ++it) {
    const std::string name = (*it)[2];
    const auto at = static_cast<std::size_t>(it->position());
    const bool is_ours = (*it)[1] == "\"" || starts_with(name, "troth/");
    if (!may_include_library(source.path, name)) found.push_back(finding(source, at, name + " has no place here"));
    if (is_test(source.path) || !is_ours) continue;
    const bool is_allowed =
        allowed != nullptr &&
        std::any_of(allowed->begin(), allowed->end(), [&](const auto& folder) { return starts_with(name, folder); });
    if (!is_allowed) found.push_back(finding(source, at, "may not include " + name + " (design.md §2)"));
  }
  return found;
}

Findings check_file_size(const Source& source) {
  const auto lines = lines_of(source.text).size();
  if (lines <= kMaxFileLines) return {};
  return {source.path + ":1: " + std::to_string(lines) + " lines, more than " + std::to_string(kMaxFileLines)};
}

Findings check_purity(const Source& source) {
  static const std::regex kCore(
      "\\b(system_clock|steady_clock|high_resolution_clock|random_device|mt19937(_64)?|s?rand|gettimeofday|clock_"
      "gettime|"
      "mutex|shared_mutex|thread|jthread|atomic|condition_variable|future|promise|async|boost|google|protobuf|sqlite3|"
      "fstream|ofstream|ifstream|iostream|cout|cerr|printf|fprintf|filesystem|socket|getenv|sleep_for|sleep|usleep)"
      "\\b");
  const bool is_pure = starts_with(source.path, "coordinator/core/") || starts_with(source.path, "coordinator/engine/");
  if (!is_pure || !is_cpp(source.path)) return {};
  return match_words(source, source.code, kCore, "has no place in core and engine");
}

Findings check_public_words(const Source& source) {
  static const std::regex kForeign(
      "\\b(roll(s|ed|ing)?[ -]?back|sagas?|resource manager|transaction manager|subordinate|superior|cohort|slave|xid|"
      "global commit|compensat\\w+|undo log|RM|TM)\\b",
      std::regex::icase);
  if (!starts_with(source.path, "participant-sdk/include/") || !is_cpp(source.path)) return {};
  return match_words(source, source.text, kForeign, "is not a word of design.md §1");
}

Findings check_leftovers(const Source& source) {
  static const std::regex kFaults(
      "^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)\\b.*(FAULT|CHAOS|MUTANT|INJECT|KILL|CRASH|TEST).*", std::regex::multiline);
  static const std::regex kLater(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X)\\b");
  Findings found;
  if (!is_test(source.path)) found = match_words(source, source.code, kFaults, "switches a fault on in the product");
  const auto later = match_words(source, source.text, kLater, "is left for later");
  found.insert(found.end(), later.begin(), later.end());
  return found;
}

Findings check_readmes(const std::vector<std::string>& files) {
  static const std::vector<std::string> kFolders{".",
                                                 "proto",
                                                 "wal",
                                                 "recovery",
                                                 "coordinator/core",
                                                 "coordinator/engine",
                                                 "coordinator/server",
                                                 "coordinator",
                                                 "coordinator/ctl",
                                                 "participant-sdk",
                                                 "tests",
                                                 "bench",
                                                 "deploy",
                                                 "docs"};
  const std::set<std::string> known(files.begin(), files.end());
  Findings found;
  for (const auto& folder : kFolders) {
    const std::string readme = folder == "." ? "README.md" : folder + "/README.md";
    if (!known.contains(readme)) found.push_back(readme + ":1: missing: what lives here, what it may include, why");
  }
  return found;
}

Findings check_quotation(const std::string& readme, const std::string& example) {
  if (!example.empty() && readme.find(example) != std::string::npos) return {};
  return {"README.md:1: does not show participant-sdk/examples/minimal.cpp as it is"};
}

}  // namespace troth::tidy
