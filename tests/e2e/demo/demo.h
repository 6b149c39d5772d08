// One run of the demo: start, move money, kill, wait until all is settled, stop, check the books.
#pragma once

#include <string>

#include "tests/e2e/demo/options.h"
#include "tests/e2e/demo/report.h"

namespace troth::demo {

/// Leaves bank-a.db, bank-b.db, told.jsonl and the logs in `dir`, which must not hold an earlier run. Throws
/// std::runtime_error when the system cannot be run at all. Children are ended however it ends. Main thread.
Result run(const Options& options, const std::string& dir, Progress& progress);

}  // namespace troth::demo
