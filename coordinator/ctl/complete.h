// coordinator/ctl/complete.h: what a shell offers while somebody types. The scripts of `completion` ask for it at every
// Tab, so it answers within a second or offers what it knows without the coordinator.
#pragma once

#include <string>
#include <vector>

#include "coordinator/ctl/terminal.h"

namespace troth::ctl {

/// `trothctl __complete WORD…`: the words after the program's name; the last is the one at the cursor.
inline constexpr const char* kCompleteVerb = "__complete";

/// Prints the candidates, one a line, with a tab before what it is. 0, also when there is none.
int complete(const std::vector<std::string>& words, const Environment& environment, Terminal& terminal);

/// The script that a shell loads.
std::string completion_script(const std::string& shell);

}  // namespace troth::ctl
