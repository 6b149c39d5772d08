// coordinator/ctl/verb.h: what can be typed, as a table. The parser, the help, the completion, and the test that holds
// the manual page to them read it, so a verb is one row here and one function.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/ctl/look.h"
#include "coordinator/ctl/terminal.h"

namespace troth::ctl {

/// What a word may be: what completion offers for it.
enum class Completes : std::uint8_t { kNothing, kChoices, kTransaction, kUndecided, kBranch, kParticipant, kFile };

/// An option (`--state STATE`, `--yes`) or, without dashes, a word that stands by itself (`ID`).
struct Parameter {
  std::string name;
  std::string value;  // how help calls its value; empty: a flag, or a word by itself
  std::string help;
  std::string shorthand = {};  // "-w"
  bool required = false;
  bool repeats = false;
  Completes completes = Completes::kNothing;
  std::string choices = {};  // "any|pinned"
};

/// The values typed for a verb, by the names of its parameters.
class Typed {
 public:
  bool has(const std::string& name) const { return values_.contains(name); }
  /// Empty when it was not typed.
  std::string text(const std::string& name) const { return has(name) ? values_.at(name).back() : std::string(); }
  std::vector<std::string> all(const std::string& name) const {
    return has(name) ? values_.at(name) : std::vector<std::string>();
  }
  void set(const std::string& name, std::vector<std::string> values) { values_[name] = std::move(values); }

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

/// One run of a verb.
struct Invocation {
  const Typed& typed;
  const Environment& environment;
  Terminal& terminal;
  Look look;
  std::vector<std::string> endpoints;  // the first that can be reached
  std::string program;                 // how a hint begins a command for the same coordinator: "trothctl"
};

/// The line means nothing, or something that cannot be done: thrown before anything is done. Exit code 2.
struct UsageError {
  std::string why;
  std::string hint = {};  // empty: the help of the verb
};

struct Verb {
  std::string group;  // empty: it stands by itself
  std::string name;
  std::string summary;
  std::vector<std::string> examples;
  std::vector<Parameter> parameters;
  /// Returns the exit code. What it throws besides UsageError is a defect, or a file that cannot be read or written.
  int (*run)(Invocation& invocation) = nullptr;
  std::string formats = "table|wide|json|jsonl|name";
  bool is_client = true;  // it asks a coordinator

  std::string path() const { return group.empty() ? name : group + " " + name; }
};

struct Group {
  std::string name;
  std::string alias;
  std::string summary;
};

const std::vector<Group>& groups();
const std::vector<Verb>& verbs();
/// Options that every verb takes, before or after it.
const std::vector<Parameter>& common_options();

std::vector<Verb> transaction_verbs();
std::vector<Verb> begin_verbs();
std::vector<Verb> operator_verbs();
std::vector<Verb> participant_verbs();
std::vector<Verb> outcome_verbs();
std::vector<Verb> log_verbs();
std::vector<Verb> general_verbs();

std::string help_of_program();
std::string help_of(const Group& group);
std::string help_of(const Verb& verb);

struct ExitCode {
  int code;
  std::string_view meaning;
};
const std::vector<ExitCode>& exit_codes();

}  // namespace troth::ctl
