// coordinator/engine/holdback.h: messages that wait for the log, by the LSN each rests on.
#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "coordinator/engine/engine.h"

namespace troth::engine {

class Holdback {
 public:
  void hold(Lsn rests_on, Outgoing message) {
    waiting_[rests_on].push_back(std::move(message));
    ++size_;
  }

  /// Moves everything that rests on `durable` or less to the end of `out`, in LSN order, then in order of holding.
  void release(Lsn durable, std::vector<Outgoing>& out) {
    while (!waiting_.empty() && waiting_.begin()->first <= durable) {
      auto& batch = waiting_.begin()->second;
      size_ -= batch.size();
      for (auto& message : batch) out.push_back(std::move(message));
      waiting_.erase(waiting_.begin());
    }
  }

  /// Lets `keep` look at every message and change it; those for which it returns false are dropped.
  template <class Keep>
  void change(Keep keep) {
    for (auto& [lsn, batch] : waiting_) {
      size_ -= std::erase_if(batch, [&](Outgoing& message) { return !keep(message); });
    }
  }

  std::size_t size() const { return size_; }

 private:
  std::map<Lsn, std::vector<Outgoing>> waiting_;
  std::size_t size_ = 0;
};

}  // namespace troth::engine
