// participant-sdk/core/branches.h: all branches this process knows, with bounded memory: what is open, and the latest
// settled ones, so that repeats are answered without asking the resource. Pure; one thread.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "participant-sdk/core/branch.h"

namespace troth::sdk {

class Branches {
 public:
  /// Remembers at least the latest `max_settled` settled branches.
  explicit Branches(std::size_t max_settled = 65'536) : max_settled_(max_settled) {}

  void apply(const BranchId& id, Event event, Millis now, std::vector<Effect>& effects);
  /// TimePassed for every branch that is due.
  void tick(Millis now, std::vector<Effect>& effects);
  /// Connected for every branch.
  void connected(Millis now, std::vector<Effect>& effects);
  /// When tick has something to do.
  std::optional<Millis> next_due() const;

  /// While a list of `in_doubt()` is on its way, settled branches are not dropped: the list may still name them, and
  /// must not bring them back as in doubt.
  void hold_settled(bool hold);

  /// Prepares of transactions of this log below are refused. Never goes back within one log.
  void raise_horizon(const TransactionId& horizon);
  bool below_horizon(const TransactionId& id) const;

  /// Prepares and one-phase commits not answered yet: what flow control counts.
  std::size_t open_prepares() const { return open_prepares_; }
  std::size_t size() const { return states_.size(); }
  const BranchState* find(const BranchId& id) const;

 private:
  using States = std::unordered_map<BranchId, BranchState, IdHash>;
  void apply_to(States::iterator at, Event event, Millis now, std::vector<Effect>& effects);
  void drop_settled();

  States states_;
  std::set<std::pair<Millis, BranchId>> due_;
  std::deque<BranchId> settled_;
  std::size_t max_settled_;
  std::size_t open_prepares_ = 0;
  bool hold_settled_ = false;
  TransactionId horizon_;
};

}  // namespace troth::sdk
