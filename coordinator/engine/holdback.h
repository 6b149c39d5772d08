// coordinator/engine/holdback.h: messages that wait for the log, by the LSN each rests on.
#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "coordinator/engine/engine.h"

namespace troth::engine {

class Holdback {
 public:
  void hold(Lsn rests_on, Outgoing message) {
    size_ += is_counted(message);
    waiting_[rests_on].push_back(std::move(message));
  }

  /// Moves everything that rests on `durable` or less to the end of `out`, in LSN order, then in order of holding.
  void release(Lsn durable, std::vector<Outgoing>& out) {
    while (!waiting_.empty() && waiting_.begin()->first <= durable) {
      auto& batch = waiting_.begin()->second;
      for (auto& message : batch) {
        size_ -= is_counted(message);
        out.push_back(std::move(message));
      }
      waiting_.erase(waiting_.begin());
    }
  }

  /// Lets `keep` look at every message and change it; those for which it returns false are dropped.
  template <class Keep>
  void change(Keep keep) {
    for (auto& [lsn, batch] : waiting_) {
      size_ -= std::erase_if(batch, [&](Outgoing& message) { return !keep(message); });  // it keeps what is not counted
    }
  }

  /// Messages to clients and participants.
  std::size_t size() const { return size_; }
  bool empty() const { return waiting_.empty(); }

 private:
  static std::size_t is_counted(const Outgoing& message) {
    return std::holds_alternative<OutcomesTold>(message) ? 0 : 1;
  }

  std::map<Lsn, std::vector<Outgoing>> waiting_;
  std::size_t size_ = 0;
};

}  // namespace troth::engine
