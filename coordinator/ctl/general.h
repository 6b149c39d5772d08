// coordinator/ctl/general.h: verbs without a group of their own.
#pragma once

#include "coordinator/ctl/verb.h"

namespace troth::ctl {

/// The exit code is trothd's: 0 sound, 2 not.
int run_config_check(Invocation& invocation);

}  // namespace troth::ctl
