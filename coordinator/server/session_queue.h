// coordinator/server/session_queue.h: the bounded outbox of one participant session. Two queues: what others wait for
// (welcome, decisions, acknowledgements of enlists) goes before prepares, and prepares wait for the participant's
// credit, so a flood of new work never delays the end of old.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_set>
#include <vector>

#include "proto/values/messages.h"

namespace troth::server {

/// No encoding of `message` in a frame is longer than this.
std::size_t size_bound(const session::Message& message);
inline constexpr std::size_t kFrameBound = 64;  // a frame without messages
/// Payloads that may wait for one session, beside the count of messages: a participant that does not grant credit must
/// not cost the others their memory.
inline constexpr std::size_t kMaxPrepareBytes = std::size_t{256} << 20;

class SessionQueue {
 public:
  SessionQueue(std::uint32_t max_frame_bytes, std::uint32_t max_messages, std::size_t max_queue)
      : max_frame_bytes_(max_frame_bytes), max_messages_(max_messages), max_queue_(max_queue) {}

  /// False when the queue is overfull: the participant reads too slowly, the connection must end (4429). Nothing is
  /// lost by that: decisions are sent again on the next connection, prepares (this one too) are handed back.
  bool push(session::Message message);
  /// The participant allows this many prepares more.
  void credit(std::uint64_t prepares);
  /// Something could be sent now.
  bool is_ready() const;
  /// The messages of the next frame, urgent ones first; empty when nothing can be sent.
  std::vector<session::Message> next();
  /// Empties the queue: the branches of the prepares of which no byte left.
  std::vector<BranchId> take_unsent();
  std::size_t size() const { return urgent_.size() + prepares_.size(); }

 private:
  struct Filled {
    std::vector<session::Message> messages;
    std::size_t bytes = kFrameBound;
    bool has_forget = false;
  };
  bool take_front(std::deque<session::Message>& queue, Filled& frame) const;
  bool take_prepare(Filled& frame);
  void pop_aborted();
  void push_forget(session::Forget forget);

  std::uint32_t max_frame_bytes_;
  std::uint32_t max_messages_;
  std::size_t max_queue_;
  std::uint64_t credit_ = 0;
  std::deque<session::Message> urgent_;
  std::deque<session::Message> prepares_;
  std::size_t prepare_bytes_ = 0;
  // Branches whose prepare waits, or waited when their abort came: an abort is urgent, so it leaves first, and a
  // prepare after it is pointless.
  std::unordered_set<BranchId, IdHash> waiting_;
  std::unordered_set<BranchId, IdHash> aborted_;
};

}  // namespace troth::server
