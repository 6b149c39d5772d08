#include "participant-sdk/runtime/calls.h"

#include <exception>
#include <iterator>
#include <unordered_set>

namespace troth::sdk {
namespace {

constexpr std::size_t kMaxReason = 512;  // reasons are for people, and share frames with many messages

VoteKind to_kind(Vote::Kind kind) {
  switch (kind) {
    case Vote::kCommit: return VoteKind::kCommit;
    case Vote::kReadOnly: return VoteKind::kReadOnly;
    case Vote::kAbort: break;
  }
  return VoteKind::kAbort;
}

AckResult to_result(Ack ack) {
  switch (ack) {
    case Ack::kCommitted: return AckResult::kCommitted;
    case Ack::kAborted: return AckResult::kAborted;
    case Ack::kHeuristicCommit: return AckResult::kHeuristicCommit;
    case Ack::kHeuristicAbort: return AckResult::kHeuristicAbort;
    case Ack::kHeuristicMixed: return AckResult::kHeuristicMixed;
    case Ack::kUnknownBranch: break;
  }
  return AckResult::kUnknownBranch;
}

/// Runs `call` and returns its event, or Threw.
template <class F>
Event guarded(F call) {
  try {
    return call();
  } catch (const std::exception& error) {
    return event::Threw{std::string(error.what()).substr(0, kMaxReason)};
  } catch (...) {
    return event::Threw{"unknown exception"};
  }
}

}  // namespace

Calls::Calls(transport::Io& io, Pool& pool, Resource& resource, std::function<void(Returned)> deliver)
    : io_(io), pool_(pool), resource_(resource), deliver_(std::move(deliver)) {}

void Calls::start(StartCall call) {
  if (call.call == Call::kLookUp) return look_up(call.branch.id);
  const bool prepares = call.call == Call::kPrepare || call.call == Call::kOnePhase;
  if (call.call == Call::kPrepare) {
    const std::lock_guard lock(mutex_);
    queued_[call.branch.id] = false;
  }
  pool_.run(prepares ? Lane::kPrepare : Lane::kSettle, [this, todo = std::move(call)] {
    Event event = skipped(todo) ? event::Voted{VoteKind::kAbort, "aborted before its prepare began"} : run(todo);
    Returned one;
    one.emplace_back(todo.branch.id, std::move(event));
    returned(std::move(one));
  });
}

void Calls::skip_prepare(const BranchId& id) {
  const std::lock_guard lock(mutex_);
  if (const auto at = queued_.find(id); at != queued_.end()) at->second = true;
}

bool Calls::skipped(const StartCall& call) {
  if (call.call != Call::kPrepare) return false;
  const std::lock_guard lock(mutex_);
  const auto at = queued_.find(call.branch.id);
  const bool skip = at != queued_.end() && at->second;
  if (at != queued_.end()) queued_.erase(at);
  return skip;
}

Event Calls::run(const StartCall& call) {
  return guarded([&]() -> Event {
    switch (call.call) {
      case Call::kPrepare: {
        const Vote vote = resource_.prepare(call.branch);
        return event::Voted{to_kind(vote.kind()), vote.reason().substr(0, kMaxReason)};
      }
      case Call::kOnePhase: return event::Acked{to_result(resource_.commit_one_phase(call.branch))};
      case Call::kCommit: return event::Acked{to_result(resource_.commit(call.branch))};
      case Call::kAbort: return event::Acked{to_result(resource_.abort(call.branch))};
      case Call::kLookUp:
      case Call::kNone: break;
    }
    return event::Threw{"no such call"};
  });
}

void Calls::look_up(const BranchId& id) {
  {
    const std::lock_guard lock(mutex_);
    look_ups_.push_back(id);
    if (look_ups_.size() > 1) return;
  }
  pool_.run(Lane::kSettle, [this] { run_look_up(); });
}

void Calls::run_look_up() {
  std::vector<BranchId> asked;
  {
    const std::lock_guard lock(mutex_);
    asked.swap(look_ups_);
  }
  std::unordered_set<BranchId, IdHash> in_doubt;
  const Event outcome = guarded([&]() -> Event {
    for (const BranchId& id : resource_.in_doubt()) in_doubt.insert(id);
    return event::Traced{};
  });
  const bool threw = std::holds_alternative<event::Threw>(outcome);
  Returned batch;
  for (const BranchId& id : asked) {
    batch.emplace_back(id, threw ? outcome : Event(event::Traced{in_doubt.contains(id)}));
  }
  returned(std::move(batch));
}

void Calls::returned(Returned batch) {
  {
    const std::lock_guard lock(mutex_);
    const bool posted = !returned_.empty();
    returned_.insert(returned_.end(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
    if (posted) return;
  }
  io_.post([this] {
    Returned all;
    {
      const std::lock_guard lock(mutex_);
      all.swap(returned_);
    }
    deliver_(std::move(all));
  });
}

}  // namespace troth::sdk
