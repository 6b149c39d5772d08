// bench/recovery.h: the suite of recovery and compaction.
#pragma once

#include <vector>

#include "bench/options.h"
#include "bench/report.h"

namespace troth::bench {

/// Measures in `dir`, which is empty. Says on stderr how far it is. Throws when a start does not find what was written.
std::vector<Row> measure_recovery(const Options& options, const std::string& dir);

}  // namespace troth::bench
