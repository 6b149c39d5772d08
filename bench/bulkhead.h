// bench/bulkhead.h: the suite of what a dead participant costs the others.
#pragma once

#include <string>
#include <vector>

#include "bench/options.h"
#include "bench/report.h"

namespace troth::bench {

/// Measures in `dir`, which is empty. Says on stderr how far it is. Throws when a transaction is lost, or is not as
/// stuck as it should be, or does not end when its participant comes back.
std::vector<Row> measure_bulkhead(const Options& options, const std::string& dir);

}  // namespace troth::bench
