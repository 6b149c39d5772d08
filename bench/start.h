// bench/start.h: one start of a coordinator on a log, from the directory to the engine that may be asked, and what
// plain SQLite needs for the same rows. Each runs in a process of its own and does nothing else.
#pragma once

#include <string>

#include "bench/child.h"

namespace troth::bench {

/// Opens the log in `dir`, begins an epoch, makes the engine, prints and ends the process. Figures: seconds and its
/// parts (OpenLog::seconds, epoch, engine), rows seen, live and committed transactions, memory (the most this process
/// had, beyond what it had before).
[[noreturn]] void start(const std::string& dir);

/// Reads every row of the log in `dir`, in order, and nothing more.
Figures read_plainly(const std::string& dir);

/// Copies every row of the log in `dir` into new tables of another file, synced, and reads that one: the least that any
/// rebuild on SQLite has to do.
Figures rewrite_plainly(const std::string& dir);

/// Every file of `dir`.
void sync_files(const std::string& dir);

}  // namespace troth::bench
