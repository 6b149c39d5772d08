// bench/child.h: pieces of a suite that run in a process of their own, so that what they take in memory is theirs
// alone, and so that one of them can be killed.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace troth::bench {

using Figures = std::map<std::string, double>;

/// Runs this program again as `--child arguments...` and returns what it printed: lines of a name and a number. Throws
/// when it ends otherwise than by `exit(0)`, or by the SIGKILL it is to send itself when `is_killed`.
Figures run_child(const std::vector<std::string>& arguments, bool is_killed = false);

/// In the child.
void print(const Figures& figures);

/// Seconds of processor time that this process took so far, in all its threads: what a busy machine does not stretch.
double processor_seconds();

/// A line `name:` of /proc/self/status, in bytes: "VmHWM", the most memory this process ever had, or "VmRSS".
double memory_of_process(const std::string& name);

}  // namespace troth::bench
