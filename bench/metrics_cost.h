// bench/metrics_cost.h: the suite of what metrics cost: scrapes, and the counting itself.
#pragma once

#include <string>
#include <vector>

#include "bench/options.h"
#include "bench/report.h"

namespace troth::bench {

/// Measures in `dir`, which is empty. Says on stderr how far it is. Throws when a transaction is lost, or a scrape does
/// not say what was told.
std::vector<Row> measure_metrics(const Options& options, const std::string& dir);

}  // namespace troth::bench
