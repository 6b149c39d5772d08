// coordinator/ctl/tx_watch.h: one transaction until it is over.
#pragma once

#include "coordinator/ctl/verb.h"

namespace troth::ctl {

/// 0 when it ended committed, 7 aborted.
int run_tx_watch(Invocation& invocation);

}  // namespace troth::ctl
