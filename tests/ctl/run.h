// tests/ctl/run.h: trothctl in this process: what was typed, what came out, how it ended.
#pragma once

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "coordinator/ctl/command_line.h"

namespace troth::ctl {

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

/// `answers` is what a person types; empty: nobody is there.
inline Ran run(const std::vector<std::string>& words, const std::string& answers = {}) {
  std::istringstream in(answers);
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{in, out, err, !answers.empty()};
  const int code = run_line(
      words, [](const char*) { return nullptr; }, terminal);
  return {code, out.str(), err.str()};
}

}  // namespace troth::ctl
