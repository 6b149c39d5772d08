// coordinator/ctl/command_line.h: what was typed, checked before anything is done.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/ctl/commands.h"

namespace troth::ctl {

/// Print this and leave: help, version, or what is wrong with the line.
struct Leave {
  int exit_code = 0;
  std::string out;
  std::string err;
};

using Environment = std::function<const char*(const char* name)>;

/// `words` without the program's name.
std::variant<Command, Leave> read_command_line(std::vector<std::string> words, const Environment& environment);

/// The whole program: reads the line, runs the command, returns the exit code.
int run_line(std::vector<std::string> words, const Environment& environment, Terminal& terminal);

}  // namespace troth::ctl
