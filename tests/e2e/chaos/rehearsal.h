// tests/e2e/chaos/rehearsal.h: what a run of trothd_chaos passed.
#pragma once

#include <map>
#include <string>

namespace troth::chaos {

/// How often each point is passed, by name.
using Passed = std::map<std::string, int>;
/// Of a file that TROTH_KILL_LIST named.
Passed read_list(const std::string& file);

}  // namespace troth::chaos
