// proto/values/client_messages.h: what the SDK's client and the coordinator say over WebSocket `/v1/client`
// (`troth.client.v1`). Exactly-once by (client session, sequence) with an acknowledged watermark, after Lee et al.,
// "Implementing Linearizability at Large Scale and Low Latency", SOSP 2015 (RIFL).
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "proto/values/answers.h"
#include "proto/values/requests.h"

namespace troth::client_session {

struct ClientHello {
  std::string session;  // 16 random bytes
  std::uint32_t protocol = 1;
};
struct ClientWelcome {
  LogId log;
  EpochId epoch;
  TransactionId horizon;
  std::uint32_t window = 0;  // requests that may be in flight
};
using RequestBody = std::variant<request::Begin, request::Enlist, request::Commit, request::Abort, request::Get>;
struct Request {
  std::uint64_t sequence = 0;  // from 1, given once per session
  EpochId first_epoch;         // under which it was first sent: under another it is never executed
  std::uint64_t acked_below = 0;
  RequestBody body;                     // origin is filled by the receiver from the session and the sequence
  std::optional<Problem> problem = {};  // what the receiver's checks found wrong: answered, never executed
};
struct Reply {
  std::uint64_t sequence = 0;
  std::variant<answer::Transaction, answer::Branch, answer::Refused> answer;
};

/// One WebSocket message from the client / from the coordinator: many requests or replies.
struct FromClient {
  std::optional<ClientHello> hello;
  std::vector<Request> requests;
};
struct ToClient {
  std::optional<ClientWelcome> welcome;
  std::vector<Reply> replies;
};

}  // namespace troth::client_session
