// bench/fill.h: logs of a size, written as the engine writes them, and left as a stop or a kill leaves them.
#pragma once

#include <cstdint>
#include <string>

#include "bench/child.h"
#include "bench/open_log.h"
#include "proto/values/limits.h"

namespace troth::bench {

struct Fill {
  std::string dir;
  std::uint64_t unfinished = 0;  // decided, and no Ended yet: spread evenly among the finished ones
  std::uint64_t finished = 0;
  bool compact = false;  // as trothd does it: each time one is due, and once more at the end
  bool killed = false;   // ends by SIGKILL of this very process, not by an orderly stop
};

/// Opens the log (a new one when there is none) and adds to it. Returns what it took, unless `killed`.
Figures fill(const Fill& fill);

/// One compaction of `log` from its first step to its last, on the calling thread, which goes behind all others from
/// then on. Throws when a record cannot be read.
void compact(wal::Log& log, const Limits& limits);

/// Returns once the writer of the log in `dir` has nothing left to delete: its -wal does not change any more. Nobody
/// appends meanwhile.
void wait_until_idle(const std::string& dir);

}  // namespace troth::bench
