// coordinator/server/program.h: all of `trothd` but its `main`.
#pragma once

#include "coordinator/server/server.h"

namespace troth::server {

/// Reads what it is told, serves until SIGTERM or SIGINT, and returns the exit code of api.md. Main thread, once.
int run_trothd(int argc, char** argv, const Seams& seams = {});

}  // namespace troth::server
