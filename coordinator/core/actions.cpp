#include "coordinator/core/actions.h"

#include <algorithm>
#include <set>
#include <utility>

#include "coordinator/core/internal.h"

namespace troth::core {
namespace {

using internal::is_awaited;

std::string text(std::string_view word) {
  return std::string(word);
}

std::string name_of(const Branch& branch, const char* word = "branch ") {
  return word + std::to_string(branch.n) + " (" + branch.participant + ")";
}

/// At the beginning of a sentence.
std::string capital_name_of(const Branch& branch) {
  return name_of(branch, "Branch ");
}

/// Who must connect before anything can be sent to the branch.
std::string carrier_of(const Branch& branch) {
  const bool is_bound = !branch.instance.empty() && branch.routing == Routing::kPinned;
  return is_bound ? "instance " + branch.instance + " of " + branch.participant : branch.participant;
}

std::string lsn_of(const Transaction& transaction) {
  return transaction.decision_lsn == 0 ? "" : " (LSN " + std::to_string(transaction.decision_lsn) + ")";
}

std::string decision_of(const Transaction& transaction) {
  return text(word(*transaction.outcome)) + lsn_of(transaction);
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string all;
  for (const std::string& sentence : sentences) all.append(all.empty() ? "" : " ").append(sentence);
  return all;
}

/// "1, 2 and 5"
std::string listed(const std::vector<std::uint32_t>& numbers) {
  std::string all;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) all.append(i + 1 == numbers.size() ? " and " : ", ");
    all.append(std::to_string(numbers[i]));
  }
  return all;
}

std::string one_phase_text(const Transaction& transaction) {
  const std::string who = transaction.branches.empty() ? "its participant" : transaction.branches.front().participant;
  return "The branch is being committed in one phase: only its own answer, or retiring " + who + ", ends it.";
}

Outlook outlook_of_forget(const Branch& branch) {
  if (!branch.heuristic) return {{"Nothing: there is no heuristic."}, {"None: it is refused."}};
  const std::string kind = text(word(*branch.heuristic));
  return {{"The heuristic `" + kind + "` of " + name_of(branch) + " is no longer shown.",
           "The log gets OperatorActed (forgot) with actor, reason and time."},
          {"Nothing is repaired by it: what " + branch.participant +
               " holds stays as it is, so forget it only after it was put right there.",
           "Who asks about this branch hears `unknown` from now on, for ever."}};
}

/// What stands between the transaction and its end after this branch is settled.
std::string rest_after(const Transaction& transaction, const Branch& branch) {
  std::vector<std::uint32_t> left;
  for (const Branch& other : transaction.branches) {
    if (!other.settled && other.n != branch.n) left.push_back(other.n);
  }
  if (left.empty()) return "It is the last unsettled branch: the transaction finishes.";
  return "The transaction goes on waiting for " + std::string(left.size() == 1 ? "branch " : "branches ") +
         listed(left) + ".";
}

std::string effect_of_retry(const Transaction& transaction, const Branch& branch) {
  const char* message = transaction.phase == Phase::kCommitting ? "Commit"
                        : transaction.phase == Phase::kAborting ? "Abort"
                        : transaction.one_phase_started         ? "CommitOnePhase"
                                                                : "Prepare";
  return std::string(message) + ", attempt " + std::to_string(branch.attempts + 1) + ", is sent to " + name_of(branch) +
         " now instead of later.";
}

std::string risk_of_retry(const Transaction& transaction, const Branch& branch) {
  if (transaction.phase != Phase::kPreparing || transaction.one_phase_started) {
    return "None: a participant answers the same message the same way, however often it comes.";
  }
  return "If " + branch.participant +
         " has lost the work of this branch, it votes abort when it is asked again, and the transaction aborts.";
}

std::string effect_of_abort(const Transaction& transaction) {
  std::vector<std::uint32_t> told;
  for (const Branch& branch : transaction.branches) {
    if (internal::may_know(branch) && !branch.settled) told.push_back(branch.n);
  }
  std::string effect = "The transaction aborts, with reason `client`: nothing of it happens anywhere.";
  if (told.empty()) return effect + " No participant has been asked yet, so none is told.";
  return effect + " Of its " + std::to_string(transaction.branches.size()) + " branches " + listed(told) +
         (told.size() == 1 ? " is" : " are") + " told to abort; who is not connected hears it when it asks.";
}

class List {
 public:
  explicit List(const Transaction& transaction) : transaction_(transaction) {}

  void add_abort() {
    const char* risk = transaction_.outcome
                           ? "None: a decision is never changed."
                           : "What its client asked for does not happen. A participant that is not connected keeps "
                             "its locks until it comes back and asks.";
    add("abort", transaction_.outcome ? "Nothing." : effect_of_abort(transaction_), risk, why_not_abort(transaction_));
  }
  void add_retry(const Branch& branch) {
    add("retry:" + std::to_string(branch.n), effect_of_retry(transaction_, branch), risk_of_retry(transaction_, branch),
        why_not_retry(transaction_, branch));
  }
  void add_resolve(const Branch& branch, ResolveAction action) {
    std::string name = action == ResolveAction::kForget   ? "forget:"
                       : action == ResolveAction::kCommit ? "resolve-commit:"
                                                          : "resolve-abort:";
    name.append(std::to_string(branch.n));
    std::string why = why_not_resolve(transaction_, branch, action, true);
    if (!transaction_.outcome) {
      return add(std::move(name), "Nothing: only a branch of a decided transaction is settled by hand.",
                 "None: it is refused.", std::move(why));
    }
    const Outlook outlook = outlook_of(transaction_, branch, action);
    add(std::move(name), joined(outlook.changes), joined(outlook.risks), std::move(why));
  }
  void add_retire(const Branch& branch) {
    const std::string& who = branch.participant;
    if (!retired_.insert(who).second) return;
    add("retire:" + who,
        who +
            " is retired for good. Every undecided transaction that waits for it aborts. Each branch of it that has "
            "not " +
            "acknowledged a decision, or is being committed in one phase, becomes a hazard that stands in the " +
            "attention list until it is forgotten. A dry run counts them, in all transactions.",
        "If " + who + " comes back it is not let in any more, and hears `unknown` about those branches, for ever: an " +
            "operator must settle by hand what it still holds. Its name cannot be used again.",
        "");
  }
  std::vector<AllowedAction> take() { return std::move(actions_); }

 private:
  void add(std::string action, std::string effect, std::string risk, std::string why) {
    AllowedAction row{std::move(action), std::move(effect), std::move(risk), std::nullopt};
    if (!why.empty()) row.blocked_because = std::move(why);
    actions_.push_back(std::move(row));
  }

  const Transaction& transaction_;
  std::vector<AllowedAction> actions_;
  std::set<std::string> retired_;
};

}  // namespace

bool is_against_decision(const Transaction& transaction, ResolveAction action) {
  return (action == ResolveAction::kCommit) != (*transaction.outcome == Outcome::kCommitted);
}

std::string why_not_abort(const Transaction& transaction) {
  if (transaction.outcome == Outcome::kCommitted) {
    return "It is committed" + lsn_of(transaction) + "; that never changes.";
  }
  const bool is_one_phase = !transaction.outcome && transaction.one_phase_started;
  return is_one_phase ? one_phase_text(transaction) : "";
}

std::string why_not_retry(const Transaction& transaction, const Branch& branch) {
  if (branch.settled || transaction.phase == Phase::kFinished) {
    return capital_name_of(branch) + " is settled: nothing is sent to it any more.";
  }
  if (transaction.phase == Phase::kActive) {
    return "Nothing is being sent: nobody has asked for the commit of this transaction yet.";
  }
  if (!is_awaited(transaction, branch)) {
    return capital_name_of(branch) + " has voted: nothing is sent to it before the decision.";
  }
  if (branch.reachable) return "";
  return capital_name_of(branch) + " cannot be sent anything now: " + carrier_of(branch) +
         " is not connected. What is due is sent at once when it connects.";
}

std::string why_not_resolve(const Transaction& transaction, const Branch& branch, ResolveAction action,
                            bool heuristic) {
  if (!transaction.outcome) {
    return transaction.one_phase_started ? one_phase_text(transaction)
                                         : "The transaction is undecided: abort it instead.";
  }
  if (action == ResolveAction::kForget) {
    return branch.heuristic ? "" : capital_name_of(branch) + " has no heuristic to forget.";
  }
  if (branch.settled) return capital_name_of(branch) + " is settled already: only a heuristic can be forgotten.";
  if (is_against_decision(transaction, action) && !heuristic) {
    return "This contradicts the decision, " + decision_of(transaction) +
           ": say heuristic:true if the branch was settled so by hand.";
  }
  return "";
}

Outlook outlook_of(const Transaction& transaction, const Branch& branch, ResolveAction action) {
  if (action == ResolveAction::kForget) return outlook_of_forget(branch);
  const bool contradicts = is_against_decision(transaction, action);
  const std::string by_hand = action == ResolveAction::kCommit ? "committed" : "aborted";
  const std::string state = contradicts ? "heuristic" : by_hand;
  Outlook outlook;
  outlook.changes.push_back(capital_name_of(branch) + " goes from " + text(word(branch.state)) + " to " + state +
                            ": it counts as " + by_hand + " by hand, and nothing more is sent to it.");
  if (contradicts) {
    outlook.changes.push_back("A heuristic `" + text(word(action)) + "` stands beside the decision, which stays " +
                              decision_of(transaction) +
                              "; it needs heuristic:true, and is shown until it is forgotten.");
  }
  outlook.changes.push_back("The log gets OperatorActed (settled " + text(word(action)) +
                            ") with actor, reason and time.");
  outlook.changes.push_back(rest_after(transaction, branch));
  outlook.risks.push_back("If " + branch.participant +
                          " comes back it will ask about this branch and hear `unknown`, for ever, and an operator "
                          "must settle by hand what it still holds.");
  outlook.risks.push_back(contradicts
                              ? "The transaction is then " + text(word(*transaction.outcome)) + " elsewhere and " +
                                    by_hand + " at " + branch.participant + ": somebody must put that right."
                              : "If it was not really " + by_hand + " at " + branch.participant +
                                    ", nobody will notice: look there first.");
  return outlook;
}

bool becomes_hazard(const Transaction& transaction, const Branch& branch) {
  if (branch.settled || transaction.phase == Phase::kFinished || transaction.phase == Phase::kActive) return false;
  if (transaction.outcome || transaction.one_phase_started) return true;
  // The abort settles it, unless it may hold something and does not come to ask.
  return branch.kind == ParticipantKind::kCallback && internal::may_know(branch);
}

bool is_stuck(const Transaction& transaction, const Branch& branch) {
  const bool is_running = transaction.phase != Phase::kActive && transaction.phase != Phase::kFinished;
  if (!is_running || branch.settled) return false;
  if (!branch.reachable) return true;
  return is_awaited(transaction, branch) && (branch.attempts > 1 || branch.last_error || transaction.is_late);
}

std::optional<Attention> attention_of(const Transaction& transaction) {
  if (heuristic_of(transaction)) return Attention::kHeuristic;
  const auto& branches = transaction.branches;
  const bool stuck = std::any_of(branches.begin(), branches.end(),
                                 [&transaction](const Branch& branch) { return is_stuck(transaction, branch); });
  if (!stuck) return std::nullopt;
  return transaction.outcome ? Attention::kUndelivered : Attention::kUndecided;
}

std::string waiting_for(const Transaction& transaction, const Branch& branch, const std::string& next_attempt) {
  if (branch.heuristic) return "an operator, to look into its heuristic and forget it";
  if (branch.settled || transaction.phase == Phase::kFinished) return "";
  if (transaction.phase == Phase::kActive) return "the client's commit or abort";
  const bool is_undecided = transaction.phase == Phase::kPreparing;
  if (is_undecided && !is_awaited(transaction, branch)) return "the votes of the other branches";
  const std::string answer = !is_undecided                   ? "its acknowledgement"
                             : transaction.one_phase_started ? "its answer to commit in one phase"
                                                             : "its vote";
  if (!branch.reachable) return carrier_of(branch) + " to connect, then " + answer;
  if (branch.retry_due != 0) return "the next attempt at " + next_attempt + ", then " + answer;
  return answer;
}

std::vector<AllowedAction> allowed_actions(const Transaction& transaction) {
  List list(transaction);
  const bool is_over = transaction.phase == Phase::kFinished;
  if (!is_over && transaction.outcome != Outcome::kAborted) list.add_abort();
  for (const Branch& branch : transaction.branches) {
    if (branch.heuristic) {
      list.add_resolve(branch, ResolveAction::kForget);
    } else if (!branch.settled && !is_over && transaction.phase != Phase::kActive) {
      list.add_retry(branch);
      list.add_resolve(branch, ResolveAction::kCommit);
      list.add_resolve(branch, ResolveAction::kAbort);
      if (transaction.outcome) list.add_resolve(branch, ResolveAction::kForget);
    }
  }
  for (const Branch& branch : transaction.branches) {
    if (is_stuck(transaction, branch)) list.add_retire(branch);
  }
  return list.take();
}

}  // namespace troth::core
