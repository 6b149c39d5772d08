// coordinator/server/identity.h: who this coordinator is, known once its EpochStarted is durable and before any socket
// accepts.
#pragma once

#include "proto/values/ids.h"

namespace troth::server {

struct Identity {
  LogId log;
  EpochId epoch;
  TransactionId horizon;
};

}  // namespace troth::server
