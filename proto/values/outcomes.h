// proto/values/outcomes.h: what followers of `GET /v1/outcomes` hear: the fields of api.md, one for one.
#pragma once

#include <optional>
#include <string>

#include "proto/values/ids.h"
#include "proto/values/words.h"

namespace troth {

/// A transaction committed or aborted, or (`heuristic` and `branch` are set) a branch of it ended otherwise.
struct OutcomeView {
  TransactionId transaction;
  std::optional<Outcome> outcome;  // none: a heuristic of a transaction that is not decided
  std::optional<HeuristicKind> heuristic;
  std::optional<std::uint32_t> branch;
  std::optional<Lsn> lsn;  // none: an abort, which needs no record
  std::optional<std::string> label;
  Millis at = 0;
};

}  // namespace troth
