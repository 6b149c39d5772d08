// What an answer to "make this transfer" means.
#pragma once

#include <string>

#include "proto/transport/http_client.h"

namespace troth::demo {

struct Answer {
  enum Kind {
    kCommitted,
    kAborted,
    kAgain,   // nothing definite: the same request again, under the same idempotency key
    kBroken,  // nothing a correct coordinator may say to a correct request
  };
  Kind kind = kAgain;
  std::string transaction;   // when committed or aborted
  std::string abort_reason;  // when aborted
  std::string why;           // when broken
};

Answer read_answer(const transport::HttpResult& result);

}  // namespace troth::demo
