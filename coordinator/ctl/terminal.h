// coordinator/ctl/terminal.h: where a command reads and writes: data goes to `out`, all else to `err`.
#pragma once

#include <iosfwd>

namespace troth::ctl {

struct Terminal {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool is_interactive = false;  // a person sits at `in` and reads `err`: nobody else is ever asked anything
};

/// How a command ends (api.md "trothctl").
inline constexpr int kExitOk = 0;
inline constexpr int kExitRefused = 1;  // also: `log verify` found damage
inline constexpr int kExitUsage = 2;
inline constexpr int kExitUnreachable = 3;  // the server, or the files: nothing can be said about them

}  // namespace troth::ctl
