// tests/e2e/ops/shell.h: one bash for a whole session: variables and background processes live from command to command.
#pragma once

#include <sys/types.h>

#include <string>

#include "tests/e2e/world.h"

namespace troth::e2e {

/// What a command did.
struct Said {
  int code = -1;
  std::string text;  // both streams, in the order they came
  bool ended = false;
};

/// Ends with everything that was started in it, also when this process is killed: then its input ends, and it kills its
/// process group itself.
class Shell {
 public:
  /// In `dir`; `preamble` is sourced first. Throws std::system_error.
  Shell(const std::string& dir, const std::string& preamble);
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  /// Runs `command` and returns what it printed once it has ended, or what it had printed after two minutes.
  Said run(const std::string& command);

 private:
  std::string dir_;
  pid_t pid_ = -1;
  int input_ = -1;
  int count_ = 0;
};

}  // namespace troth::e2e
