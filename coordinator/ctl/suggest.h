// coordinator/ctl/suggest.h: "did you mean": a word that nobody knows, and the known one it is at most two slips of the
// finger away from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordinator/ctl/verb.h"

namespace troth::ctl {

/// Letters to insert, drop, replace, or swap with their neighbour, to make `a` into `b`.
std::size_t edit_distance(const std::string& a, const std::string& b);

struct Mistyped {
  std::string word;
  std::string nearest = {};  // empty: nothing is near

  std::string suggestion() const { return nearest.empty() ? "" : "; did you mean " + nearest + "?"; }
};

/// The first word that names no verb where one must stand, if there is one.
std::optional<Mistyped> mistyped_verb(const std::vector<std::string>& words);
/// The first option that this verb does not take (null: none is known yet).
std::optional<Mistyped> mistyped_option(const Verb* verb, const std::vector<std::string>& words);

/// The group of this name or alias; null: none.
const Group* find_group(const std::string& word);
const Verb* find_verb(const std::string& group, const std::string& name);
/// The words of a line that are no option and no value of a common one, up to the first word that no verb follows.
/// `rest`: where the words after the verb begin.
struct Named {
  std::vector<std::string> words;
  std::size_t rest = 0;
};
Named words_of_verb(const std::vector<std::string>& words);

}  // namespace troth::ctl
