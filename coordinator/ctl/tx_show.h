// coordinator/ctl/tx_show.h: one transaction in full.
#pragma once

#include <string>

#include "coordinator/ctl/json_at.h"
#include "coordinator/ctl/verb.h"

namespace troth::ctl {

int run_tx_show(Invocation& invocation);

/// What to type for one of a transaction's allowedActions; empty for an action that this trothctl does not know.
std::string command_for(const std::string& action, const Object& transaction, const std::string& program);

}  // namespace troth::ctl
