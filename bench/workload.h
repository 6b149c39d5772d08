// bench/workload.h: the transactions that all suites write: two branches each, at two session participants, begun by
// clients with exactly-once windows. Every string has the length it has in production.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "proto/values/facts.h"
#include "wal/log.h"

namespace troth::bench {

class Workload {
 public:
  Workload(LogId log, EpochId epoch, Millis at);

  /// What stands before the first transaction: the epoch and both participants.
  std::vector<Fact> head() const;
  TransactionId id(std::uint64_t sequence) const { return {log_, 0, epoch_, sequence}; }
  fact::CommitDecided decided(std::uint64_t sequence) const;

 private:
  static constexpr std::uint64_t kClients = 64;
  static constexpr std::uint64_t kUnheard = 64;  // answers that a client has not acknowledged yet

  LogId log_;
  EpochId epoch_;
  Millis at_;
  std::array<std::string, kClients> clients_;
};

}  // namespace troth::bench
