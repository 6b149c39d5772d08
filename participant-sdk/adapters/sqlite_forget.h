// What may be forgotten: markers of ended branches, and everything below the horizons. Told by any thread, done in
// bounded parts by the writer's chore.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "participant-sdk/adapters/sqlite_branches.h"

namespace troth::sqlite {

class Forgetting {
 public:
  explicit Forgetting(Branches& branches) : branches_(branches) {}

  /// Any thread. True when there is something to do.
  bool add(const std::vector<BranchId>& ended, const TransactionId& horizon);
  /// Does a part inside the running transaction; says whether more is left. On the writer's thread.
  bool some(Batch& batch);

 private:
  /// Ids of one log and shard are comparable, others are not; so each has its own horizon.
  struct Stream {
    TransactionId told;                    // the highest
    std::optional<TransactionId> durable;  // in the database: nothing below it is prepared any more
    bool swept = true;                     // nothing below `durable` is left
  };

  bool advance(Stream& stream, Batch& batch);
  bool sweep(Stream& stream, Batch& batch);

  Branches& branches_;
  std::mutex mutex_;  // guards all below
  std::deque<BranchId> ended_;
  std::map<std::string, Stream> streams_;
};

}  // namespace troth::sqlite
