// coordinator/server/command_line.h: flags, and what they ask for besides serving.
#pragma once

#include <string>
#include <variant>

#include "coordinator/server/config.h"

namespace troth::server {

/// Print this and leave with this code: --help, --version, --check-config, or a mistake.
struct Leave {
  int exit_code = 0;
  std::string out;  // for stdout
  std::string err;  // for stderr
};

inline constexpr int kExitUsage = 2;

/// Reads flags, environment and the TOML file that they name. Opens nothing else.
std::variant<Config, Leave> read_command_line(int argc, const char* const* argv, const Environment& environment);

}  // namespace troth::server
