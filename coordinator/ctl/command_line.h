// coordinator/ctl/command_line.h: what was typed, checked against the table of verbs before anything is done.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "coordinator/ctl/verb.h"

namespace troth::ctl {

/// Print this and leave: help, or what is wrong with the line.
struct Leave {
  int exit_code = 0;
  std::string out;
  std::string err;
};

struct Parsed {
  const Verb* verb = nullptr;
  Typed typed;
};

/// `words` without the program's name.
std::variant<Parsed, Leave> read_command_line(std::vector<std::string> words);

/// --endpoint, else TROTH_ENDPOINTS, else where trothd listens by default.
std::vector<std::string> endpoints_of(const Typed& typed, const Environment& environment);

/// The whole program: reads the line, runs the verb, returns the exit code.
int run_line(std::vector<std::string> words, const Environment& environment, Terminal& terminal);

}  // namespace troth::ctl
