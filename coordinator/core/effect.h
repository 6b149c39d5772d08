// coordinator/core/effect.h: what a step wants done. The engine appends the facts, then releases the effects when the
// highest forced fact of the transaction is durable. Core never sends anything.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "coordinator/core/transaction.h"
#include "proto/values/problem.h"

namespace troth::core::effect {

/// Messages to the participant of branch n. The engine fills addresses, payload, LSN and deadline from the transaction.
struct SendPrepare {
  std::uint32_t n = 0;
  std::uint32_t attempt = 1;
};
struct SendOnePhase {
  std::uint32_t n = 0;
  std::uint32_t attempt = 1;
};
struct SendCommit {
  std::uint32_t n = 0;
  std::uint32_t attempt = 1;
};
struct SendAbort {
  std::uint32_t n = 0;
  std::uint32_t attempt = 1;
};
/// The participant may delete its marker of branch n; leaves only after the transaction's Ended is durable.
struct SendForget {
  std::uint32_t n = 0;
};
/// The typed answer to a listing or an inquiry by (participant, instance).
struct Decide {
  std::uint32_t n = 0;
  std::string participant;
  std::string instance;
  DecisionKind decision = DecisionKind::kUnknown;
};
/// A waiter hears the transaction as it is now: 200 (or 201/202 by `status`).
struct ReplyTransaction {
  ReplyTo reply = 0;
  int status = 200;
};
struct ReplyBranch {
  ReplyTo reply = 0;
  std::uint32_t n = 0;
  int status = 201;
};
/// A refusal; carries the transaction when `with_transaction`.
struct ReplyProblem {
  ReplyTo reply = 0;
  Slug slug = Slug::kActionRefused;
  std::string detail;
  bool with_transaction = false;
};
struct ReplyDryRun {
  ReplyTo reply = 0;
  std::vector<std::string> would_change;
  std::vector<std::string> warnings;
};

}  // namespace troth::core::effect

namespace troth::core {
using Effect = std::variant<effect::SendPrepare, effect::SendOnePhase, effect::SendCommit, effect::SendAbort,
                            effect::SendForget, effect::Decide, effect::ReplyTransaction, effect::ReplyBranch,
                            effect::ReplyProblem, effect::ReplyDryRun>;
}  // namespace troth::core
