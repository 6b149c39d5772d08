// participant-sdk/runtime/outgoing.h: what waits to be sent on one connection, in the order it must leave: answers
// (votes, acks) and credit, then the list of what is in doubt, then enlists as far as the coordinator's window goes.
// Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "proto/values/messages.h"

namespace troth::sdk {

class Outgoing {
 public:
  /// A new connection: what waited for the old one is gone. Limits are the Welcome's.
  void reset(const session::Welcome& welcome);
  void answer(session::Message message) { answers_.push_back(std::move(message)); }
  /// Cut into pages that fit; always at least one, the last marked so.
  void recover(const std::vector<BranchId>& branches);
  void enlist(session::Enlist message) { enlists_.push_back(std::move(message)); }
  /// Nobody waits for its answer any more: it does not leave, if it has not left.
  void drop_enlist(const session::Enlist& message);
  void add_enlist_credit(std::uint32_t messages) { enlist_credit_ += messages; }
  /// The messages of the next frame; empty when nothing may leave now.
  std::vector<session::Message> next();

 private:
  std::size_t max_bytes_ = 0;
  std::size_t max_messages_ = 0;
  std::uint64_t enlist_credit_ = 0;
  bool enlists_unlimited_ = false;
  std::deque<session::Message> answers_;
  std::deque<session::Message> pages_;
  std::deque<session::Enlist> enlists_;
};

}  // namespace troth::sdk
