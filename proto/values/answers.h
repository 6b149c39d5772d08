// proto/values/answers.h: what clients hear, as plain values; the codec gives them their bytes and the server their
// status (a Problem carries its own).
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "proto/values/problem.h"
#include "proto/values/views.h"

namespace troth::answer {

/// `status`: 201 begun, 200 committed (after commit), aborted (after abort) or shown (after get), 202 undecided.
struct Transaction {
  int status = 200;
  TransactionView view;
};
/// 201 enlisted, 200 repeated, 202 retried.
struct Branch {
  int status = 201;
  TransactionId transaction;
  BranchView view;
};
/// A problem; `transaction` when it is known what became of it (`aborted`, `committed`, …).
struct Refused {
  Problem problem;
  std::optional<TransactionView> transaction;
};
struct Transactions {
  std::vector<TransactionView> views;
  std::optional<TransactionId> next;
};
struct Decision {
  DecisionView view;
};
struct Participant {
  ParticipantView view;
};
struct Participants {
  std::vector<ParticipantView> views;
};
struct DryRun {
  std::vector<std::string> would_change;
  std::vector<std::string> warnings;
};
struct Gone {};  // 204: removed

using Answer =
    std::variant<Transaction, Branch, Refused, Transactions, Decision, Participant, Participants, DryRun, Gone>;

}  // namespace troth::answer
