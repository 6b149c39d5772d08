#include "coordinator/server/session_queue.h"

#include <algorithm>
#include <utility>

#include "coordinator/server/exchange.h"

namespace troth::server {
namespace {

/// Ids, numbers, tags and lengths of any message; strings and lists come on top.
constexpr std::size_t kFixedBound = 192;
/// A branch id: 24 bytes, a number, tags and lengths.
constexpr std::size_t kBranchBound = 48;
/// Credit is a promise the peer can repeat for ever; the sum must not wrap.
constexpr std::uint64_t kCreditMax = std::uint64_t{1} << 40;

struct SizeBound {
  std::size_t operator()(const session::Prepare& m) const { return m.payload.size() + m.traceparent.size(); }
  std::size_t operator()(const session::CommitOnePhase& m) const { return m.payload.size() + m.traceparent.size(); }
  std::size_t operator()(const session::Welcome& m) const { return m.version.size(); }
  std::size_t operator()(const session::Enlisted& m) const { return m.key.size() + m.problem.size(); }
  std::size_t operator()(const session::Enlist& m) const { return m.key.size(); }
  std::size_t operator()(const session::Forget& m) const { return m.branches.size() * kBranchBound; }
  std::size_t operator()(const session::Recover& m) const { return m.branches.size() * kBranchBound; }
  std::size_t operator()(const session::Vote& m) const { return m.reason.size(); }
  std::size_t operator()(const session::Goodbye& m) const { return m.reason.size(); }
  std::size_t operator()(const session::Commit&) const { return 0; }
  std::size_t operator()(const session::Abort&) const { return 0; }
  std::size_t operator()(const session::Ack&) const { return 0; }
  std::size_t operator()(const session::Inquire&) const { return 0; }
  std::size_t operator()(const session::Decision&) const { return 0; }
  std::size_t operator()(const session::Credit&) const { return 0; }
  std::size_t operator()(const session::Hello& m) const {
    std::size_t bytes = m.participant.size() + m.instance.size() + m.incarnation.size() + m.credentials.size();
    for (const auto& capability : m.capabilities) bytes += capability.size() + 8;
    return bytes + m.seen.size() * kBranchBound;
  }
};

}  // namespace

std::size_t size_bound(const session::Message& message) {
  return kFixedBound + std::visit(SizeBound{}, message);
}

bool SessionQueue::push(session::Message message) {
  if (carried_branch(message)) {
    prepare_bytes_ += size_bound(message);
    waiting_.insert(*carried_branch(message));
    prepares_.push_back(std::move(message));
  } else if (auto* forget = std::get_if<session::Forget>(&message)) {
    push_forget(std::move(*forget));
  } else {
    const auto* abort = std::get_if<session::Abort>(&message);
    if (abort && waiting_.erase(abort->branch) != 0) aborted_.insert(abort->branch);
    urgent_.push_back(std::move(message));
    pop_aborted();
  }
  return size() <= max_queue_ && prepare_bytes_ <= kMaxPrepareBytes;
}

/// Keeps the front of the prepares one that is worth sending.
void SessionQueue::pop_aborted() {
  while (!aborted_.empty() && !prepares_.empty() && aborted_.erase(*carried_branch(prepares_.front())) != 0) {
    prepare_bytes_ -= size_bound(prepares_.front());
    prepares_.pop_front();
  }
}

/// One that would not fit into a frame becomes several: forgetting is per branch.
void SessionQueue::push_forget(session::Forget forget) {
  const std::size_t per_frame = (max_frame_bytes_ - kFrameBound - kFixedBound) / kBranchBound;
  while (forget.branches.size() > per_frame) {
    const auto from = forget.branches.end() - static_cast<std::ptrdiff_t>(per_frame);
    urgent_.push_back(session::Forget{{from, forget.branches.end()}, forget.horizon});
    forget.branches.erase(from, forget.branches.end());
  }
  urgent_.push_back(std::move(forget));
}

void SessionQueue::credit(std::uint64_t prepares) {
  credit_ = std::min(kCreditMax, credit_ + prepares);
}

bool SessionQueue::is_ready() const {
  return !urgent_.empty() || (credit_ > 0 && !prepares_.empty());
}

bool SessionQueue::take_front(std::deque<session::Message>& queue, Filled& frame) const {
  const std::size_t bytes = size_bound(queue.front());
  const bool is_forget = std::holds_alternative<session::Forget>(queue.front());
  const bool full = frame.messages.size() >= max_messages_ || frame.bytes + bytes > max_frame_bytes_;
  if (!frame.messages.empty() && (full || (is_forget && frame.has_forget))) return false;
  frame.messages.push_back(std::move(queue.front()));
  queue.pop_front();
  frame.bytes += bytes;
  frame.has_forget = frame.has_forget || is_forget;
  return true;
}

std::vector<session::Message> SessionQueue::next() {
  Filled frame;
  while (!urgent_.empty()) {
    if (!take_front(urgent_, frame)) return std::move(frame.messages);
  }
  while (credit_ > 0 && !prepares_.empty() && take_prepare(frame)) --credit_;
  return std::move(frame.messages);
}

bool SessionQueue::take_prepare(Filled& frame) {
  const std::size_t bytes = size_bound(prepares_.front());
  const BranchId branch = *carried_branch(prepares_.front());
  if (!take_front(prepares_, frame)) return false;
  waiting_.erase(branch);
  prepare_bytes_ -= bytes;
  pop_aborted();
  return true;
}

std::vector<BranchId> SessionQueue::take_unsent() {
  std::vector<BranchId> unsent;
  for (const auto& message : prepares_) unsent.push_back(*carried_branch(message));
  urgent_.clear();
  prepares_.clear();
  waiting_.clear();
  aborted_.clear();
  prepare_bytes_ = 0;
  return unsent;
}

}  // namespace troth::server
