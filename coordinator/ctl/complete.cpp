#include "coordinator/ctl/complete.h"

#include <algorithm>
#include <ostream>

#include "coordinator/ctl/client.h"
#include "coordinator/ctl/command_line.h"
#include "coordinator/ctl/suggest.h"
#include "coordinator/ctl/values.h"
#include "coordinator/ctl/words.h"

namespace troth::ctl {
namespace {

constexpr Millis kAskMs = 1'000;
/// Asks the shell for the files of this place.
constexpr const char* kFiles = ":files";

struct Candidate {
  std::string word;
  std::string what = {};
};
using Candidates = std::vector<Candidate>;

class Completer {
 public:
  Completer(const std::vector<std::string>& before, const Environment& environment) {
    Typed typed;
    for (std::size_t i = 0; i + 1 < before.size(); ++i) {
      if (before[i] == "--endpoint") typed.set("--endpoint", {before[i + 1]});
    }
    try {
      endpoints_ = endpoints_of(typed, environment);
    } catch (const UsageError&) {
      endpoints_.clear();  // nobody can be asked while the address is being typed
    }
  }

  Candidates of(const Parameter& parameter) {
    switch (parameter.completes) {
      case Completes::kNothing: return {};
      case Completes::kChoices: return choices(parameter);
      case Completes::kTransaction: return transactions({"attention", "in_doubt", "active", "preparing", "finished"});
      case Completes::kUndecided: return transactions({"active", "preparing"});
      case Completes::kBranch: return branches();
      case Completes::kParticipant: return participants();
      case Completes::kFile: return {{kFiles}};
    }
    return {};
  }

 private:
  static Candidates choices(const Parameter& parameter) {
    Candidates all;
    for (const auto& word : choices_of(parameter.choices)) all.push_back({word});
    return all;
  }

  Answer ask(const std::string& target) {
    if (endpoints_.empty()) return {};
    Client client(endpoints_);
    return client.get(target, kAskMs / static_cast<Millis>(endpoints_.size()));
  }

  /// Those of the states named, in their order: what needs a look comes first.
  Candidates transactions(std::initializer_list<const char*> states) {
    Candidates all;
    for (const char* state : states) {
      const Answer answer = ask(std::string("/v1/transactions?pageSize=200&state=") + state);
      if (!answer.is_ok()) break;
      for (const auto& value : array_at(answer.object(), "transactions")) add_transaction(all, as_object(value));
    }
    return all;
  }

  static void add_transaction(Candidates& all, const Object& one) {
    const std::string id = text_at(one, "id");
    const std::string label = text_at(one, "label");
    const bool is_known = std::any_of(all.begin(), all.end(), [&](const Candidate& other) { return other.word == id; });
    if (!is_known) all.push_back({id, text_at(one, "phase") + (label.empty() ? "" : ", " + label)});
  }

  /// Those an operator would want to act on.
  Candidates branches() {
    Candidates all;
    const Answer answer = ask("/v1/transactions?state=attention&pageSize=200");
    for (const auto& value : array_at(answer.object(), "transactions")) {
      const Object& one = as_object(value);
      for (const auto& branch : array_at(one, "branches")) {
        const Object& part = as_object(branch);
        if (!is_unsettled(part) && text_at(part, "heuristic").empty()) continue;
        all.push_back({text_at(one, "id") + "." + text_at(part, "n"),
                       text_at(part, "participant") + " " + text_at(part, "state")});
      }
    }
    return all;
  }

  Candidates participants() {
    Candidates all;
    const Answer answer = ask("/v1/participants");
    for (const auto& value : array_at(answer.object(), "participants")) {
      all.push_back({text_at(as_object(value), "name"), text_at(as_object(value), "state")});
    }
    return all;
  }

  std::vector<std::string> endpoints_;
};

Candidates top_level() {
  Candidates all;
  for (const Verb& verb : verbs()) {
    if (verb.group.empty()) all.push_back({verb.name, verb.summary});
  }
  for (const Group& group : groups()) {
    all.push_back({group.name, group.summary});
    if (!group.alias.empty()) all.push_back({group.alias, group.summary});
  }
  return all;
}

Candidates verbs_of(const Group& group) {
  Candidates all;
  for (const Verb& verb : verbs()) {
    if (verb.group == group.name) all.push_back({verb.name, verb.summary});
  }
  return all;
}

const Verb* verb_of(const std::vector<std::string>& words) {
  if (words.size() == 1) return find_verb("", words[0]);
  const Group* group = words.size() == 2 ? find_group(words[0]) : nullptr;
  return group == nullptr ? nullptr : find_verb(group->name, words[1]);
}

/// The common options, and those of the verb if one is named.
std::vector<Parameter> options_of(const Verb* verb) {
  std::vector<Parameter> options = common_options();
  if (verb != nullptr) {
    std::copy_if(verb->parameters.begin(), verb->parameters.end(), std::back_inserter(options),
                 [](const Parameter& parameter) { return parameter.name.starts_with('-'); });
  }
  return options;
}

const Parameter* find_option(const std::vector<Parameter>& options, const std::string& word) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Parameter& option) {
    return option.name == word || (!option.shorthand.empty() && option.shorthand == word);
  });
  return found == options.end() ? nullptr : &*found;
}

/// The word that comes next by its place: `given` are those after the verb.
const Parameter* next_word(const Verb& verb, const std::vector<Parameter>& options,
                           const std::vector<std::string>& given) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const Parameter* option = find_option(options, given[i]);
    if (option != nullptr && !option->value.empty()) ++i;
    if (!given[std::min(i, given.size() - 1)].starts_with('-') && option == nullptr) ++count;
  }
  for (const Parameter& parameter : verb.parameters) {
    if (parameter.name.starts_with('-')) continue;
    if (count == 0) return &parameter;
    --count;
  }
  return nullptr;
}

Candidates names_of(const std::vector<Parameter>& options, const std::vector<std::string>& before) {
  Candidates all;
  for (const Parameter& option : options) {
    const bool is_used = std::find(before.begin(), before.end(), option.name) != before.end();
    if (!is_used || option.repeats) all.push_back({option.name, option.help});
  }
  all.push_back({"--help", "what it does, with examples"});
  return all;
}

/// `--state=in`: the values, with the option before them.
Candidates after_equals(Completer& completer, const Parameter& option) {
  Candidates all = completer.of(option);
  for (Candidate& candidate : all) candidate.word = option.name + "=" + candidate.word;
  return all;
}

Candidates candidates_for(const std::vector<std::string>& before, const std::string& current,
                          const Environment& environment) {
  const Named named = words_of_verb(before);
  const Verb* verb = verb_of(named.words);
  const auto options = options_of(verb);
  Completer completer(before, environment);
  if (!before.empty()) {
    const Parameter* option = find_option(options, before.back());
    if (option != nullptr && !option->value.empty()) return completer.of(*option);
  }
  if (current.starts_with('-')) {
    const Parameter* option = find_option(options, current.substr(0, current.find('=')));
    if (option != nullptr && current.find('=') != current.npos) return after_equals(completer, *option);
    return names_of(options, before);
  }
  if (named.words.empty()) return top_level();
  if (verb != nullptr) {
    const std::vector<std::string> given(before.begin() + static_cast<std::ptrdiff_t>(named.rest), before.end());
    const Parameter* word = next_word(*verb, options, given);
    return word == nullptr ? Candidates{} : completer.of(*word);
  }
  const Group* group = named.words.size() == 1 ? find_group(named.words[0]) : nullptr;
  return group == nullptr ? Candidates{} : verbs_of(*group);
}

constexpr const char* kBash = R"(# Tab completion of trothctl for bash: source <(trothctl completion bash)
_trothctl() {
  local -a words=()
  local word line glue='' current
  # Bash takes words apart at : and =; they are put together again.
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ ${#words[@]} -gt 0 && ( $word == [:=]* || -n $glue ) ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
    if [[ $word == *[:=] ]]; then glue=1; else glue=''; fi
  done
  current=${words[-1]-}
  COMPREPLY=()
  while IFS= read -r line; do
    line=${line%%$'\t'*}
    if [[ $line == :files ]]; then
      compopt -o default 2>/dev/null
    elif [[ $line == "$current"* ]]; then
      if [[ $current == -*=* ]]; then line=${line#*=}; fi
      COMPREPLY+=("$line")
    fi
  done < <("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null)
}
complete -F _trothctl trothctl
)";

constexpr const char* kZsh = R"(#compdef trothctl
# Tab completion of trothctl for zsh: trothctl completion zsh > "${fpath[1]}/_trothctl"
_trothctl() {
  local line value
  local -a candidates
  for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z $line ]] && continue
    if [[ $line == :files ]]; then
      _files
      return
    fi
    value=${line%%$'\t'*}
    if [[ $line == *$'\t'* ]]; then
      candidates+=("${value//:/\\:}:${line#*$'\t'}")
    else
      candidates+=("${value//:/\\:}")
    fi
  done
  (( ${#candidates} )) && _describe 'trothctl' candidates
}
if [[ ${funcstack[1]} == _trothctl ]]; then
  _trothctl "$@"
else
  compdef _trothctl trothctl
fi
)";

constexpr const char* kFish =
    R"(# Tab completion of trothctl for fish: trothctl completion fish > ~/.config/fish/completions/trothctl.fish
function __trothctl_candidates
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    $program __complete $words "$current" 2>/dev/null
end
function __trothctl_wants_files
    contains -- :files (__trothctl_candidates)
end
complete -c trothctl -f -a '(__trothctl_candidates | string match -v :files)'
complete -c trothctl -n __trothctl_wants_files -F
)";

}  // namespace

int complete(const std::vector<std::string>& words, const Environment& environment, Terminal& terminal) {
  const std::string current = words.empty() ? "" : words.back();
  const std::vector<std::string> before(words.begin(), words.empty() ? words.end() : words.end() - 1);
  for (const Candidate& candidate : candidates_for(before, current, environment)) {
    if (candidate.word != kFiles && !candidate.word.starts_with(current)) continue;
    terminal.out << printable(candidate.word);
    if (!candidate.what.empty()) terminal.out << "\t" << printable(candidate.what);
    terminal.out << "\n";
  }
  terminal.out.flush();
  return kExitOk;
}

std::string completion_script(const std::string& shell) {
  if (shell == "zsh") return kZsh;
  return shell == "fish" ? kFish : kBash;
}

}  // namespace troth::ctl
