// coordinator/server/clock.h: the two clocks of design.md §3, read in one place.
#pragma once

#include "coordinator/core/transaction.h"

namespace troth::server {

/// `due`: CLOCK_BOOTTIME, which also counts while the machine sleeps, so a deadline is not stretched by a suspend.
/// `at`: CLOCK_REALTIME, only shown.
core::Now now();

}  // namespace troth::server
