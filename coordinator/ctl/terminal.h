// coordinator/ctl/terminal.h: where a command reads and writes: data goes to `out`, all else to `err`.
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>

namespace troth::ctl {

struct Terminal {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool is_interactive = false;  // a person sits at `in` and reads `err`: nobody else is ever asked anything
  bool out_is_terminal = false;
  std::size_t width = 0;   // columns of that terminal; 0: not known
  std::size_t height = 0;  // its rows
};

using Environment = std::function<const char*(const char* name)>;

/// How a command ends (api.md "trothctl").
inline constexpr int kExitOk = 0;
inline constexpr int kExitRefused = 1;  // also: `log verify` found damage, `doctor` a failure
inline constexpr int kExitUsage = 2;
inline constexpr int kExitUnreachable = 3;  // the server, or the files: nothing can be said about them
inline constexpr int kExitNotFound = 4;
inline constexpr int kExitConflict = 5;
inline constexpr int kExitUnknown = 6;
inline constexpr int kExitAborted = 7;
inline constexpr int kExitInterrupted = 130;

}  // namespace troth::ctl
