// coordinator/server/readiness.h: may new work come here? Liveness is something else: it only says that the loop
// answers.
#pragma once

#include <optional>
#include <string>

#include "proto/values/problem.h"

namespace troth::server {

struct Readiness {
  bool draining = false;
  bool disk_full = false;
  bool old_copy = false;
};

/// The worst reason not to be ready, if any.
std::optional<Problem> unready(const Readiness& readiness);
/// One line a check: `[+]log ok`, `[-]disk …`, then the verdict.
std::string verbose(const Readiness& readiness);

}  // namespace troth::server
