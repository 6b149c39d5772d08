#include "coordinator/ctl/suggest.h"

#include <algorithm>

namespace troth::ctl {
namespace {

constexpr std::size_t kNear = 2;

Mistyped nearest_of(const std::string& word, const std::vector<std::string>& known) {
  Mistyped mistyped{word};
  std::size_t least = kNear + 1;
  for (const auto& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    // `ls` is two from everything with two letters: no help.
    if (distance >= least || distance * 2 > candidate.size()) continue;
    least = distance;
    mistyped.nearest = candidate;
  }
  return mistyped;
}

std::vector<std::string> top_words() {
  std::vector<std::string> words;
  for (const Group& group : groups()) {
    words.push_back(group.name);
    if (!group.alias.empty()) words.push_back(group.alias);
  }
  for (const Verb& verb : verbs()) {
    if (verb.group.empty()) words.push_back(verb.name);
  }
  return words;
}

bool takes_value(const std::string& option) {
  return std::any_of(common_options().begin(), common_options().end(),
                     [&](const Parameter& known) { return known.name == option || known.shorthand == option; });
}

bool has_name(const Parameter& parameter, const std::string& word) {
  return parameter.name == word || parameter.shorthand == word;
}

}  // namespace

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swap) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

const Group* find_group(const std::string& word) {
  const auto found = std::find_if(groups().begin(), groups().end(), [&](const Group& group) {
    return group.name == word || (!group.alias.empty() && group.alias == word);
  });
  return found == groups().end() ? nullptr : &*found;
}

const Verb* find_verb(const std::string& group, const std::string& name) {
  const auto found = std::find_if(verbs().begin(), verbs().end(),
                                  [&](const Verb& verb) { return verb.group == group && verb.name == name; });
  return found == verbs().end() ? nullptr : &*found;
}

Named words_of_verb(const std::vector<std::string>& words) {
  Named named;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].starts_with('-')) {
      if (takes_value(words[i])) ++i;
      continue;
    }
    named.words.push_back(words[i]);
    named.rest = i + 1;
    if (named.words.size() == 2 || find_group(named.words.front()) == nullptr) break;
  }
  return named;
}

std::optional<Mistyped> mistyped_verb(const std::vector<std::string>& words) {
  const Named named = words_of_verb(words);
  if (named.words.empty()) return std::nullopt;
  const Group* group = find_group(named.words[0]);
  if (group == nullptr) {
    if (find_verb("", named.words[0]) != nullptr) return std::nullopt;
    return nearest_of(named.words[0], top_words());
  }
  if (named.words.size() < 2 || find_verb(group->name, named.words[1]) != nullptr) return std::nullopt;
  std::vector<std::string> known;
  for (const Verb& verb : verbs()) {
    if (verb.group == group->name) known.push_back(verb.name);
  }
  Mistyped mistyped = nearest_of(named.words[1], known);
  mistyped.word = group->name + " " + mistyped.word;
  return mistyped;
}

std::optional<Mistyped> mistyped_option(const Verb* verb, const std::vector<std::string>& words) {
  std::vector<Parameter> known = common_options();
  if (verb != nullptr) known.insert(known.end(), verb->parameters.begin(), verb->parameters.end());
  std::vector<std::string> names = {"--help"};
  for (const Parameter& parameter : known) {
    if (parameter.name.starts_with('-')) names.push_back(parameter.name);
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with("--") || words[i].size() == 2) continue;
    const std::string name = words[i].substr(0, words[i].find('='));
    const auto found = std::find_if(known.begin(), known.end(), [&](const auto& one) { return has_name(one, name); });
    if (found == known.end() && name != "--help" && name != "--version") return nearest_of(name, names);
    if (found != known.end() && !found->value.empty() && name == words[i]) ++i;
  }
  return std::nullopt;
}

}  // namespace troth::ctl
