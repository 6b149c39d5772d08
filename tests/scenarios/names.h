// tests/scenarios/names.h: what ids are called in a scenario: `t1` for a transaction that a begin named so, `e2.5` for
// the fifth of the second start, `e2x.5` for the same of a copy with another nonce, `foreign.1` for another log's.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "proto/values/ids.h"

namespace troth::scenarios {

inline constexpr LogId kLog{0x1234};

/// Nonces are a function of the epoch, so that a scenario can name one that never was.
inline EpochId epoch_of(std::uint32_t epoch, bool other_nonce = false) {
  return {epoch, epoch + (other_nonce ? 900u : 77u)};
}

class Names {
 public:
  /// A begin that calls its transaction `name` is on its way.
  void expect(const std::string& name) { awaited_.push_back(name); }
  /// It made none.
  void forget(const std::string& name);
  /// A new start: its ids begin again.
  void start(EpochId epoch);

  std::optional<TransactionId> parse(const std::string& text);
  std::optional<BranchId> parse_branch(const std::string& text);
  static std::optional<EpochId> parse_epoch(const std::string& text);

  std::string spell(const TransactionId& id);
  std::string spell(const BranchId& id) { return spell(id.transaction) + "/" + std::to_string(id.n); }
  static std::string spell(EpochId epoch);

 private:
  void name_next();

  EpochId present_;
  std::uint64_t last_named_ = 0;
  std::deque<std::string> awaited_;
  std::map<std::string, TransactionId> ids_;
  std::map<TransactionId, std::string> names_;
};

}  // namespace troth::scenarios
