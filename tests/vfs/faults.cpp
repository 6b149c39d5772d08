#include "tests/vfs/faults.h"

#include <algorithm>

namespace troth::vfs {
namespace {

bool is_sync(Operation operation) {
  return operation == Operation::kSync || operation == Operation::kSyncDirectory;
}

bool can_strike(FaultKind kind, Operation operation) {
  switch (kind) {
    case FaultKind::kCrash: return operation != Operation::kRead;
    case FaultKind::kSyncFails:
    case FaultKind::kSyncLies: return is_sync(operation);
    case FaultKind::kNoSpace: return operation == Operation::kWrite || operation == Operation::kCreate;
    case FaultKind::kWriteFails: return operation != Operation::kRead && !is_sync(operation);
    case FaultKind::kReadFails:
    case FaultKind::kShortRead:
    case FaultKind::kBitFlip: return operation == Operation::kRead;
  }
  return false;
}

}  // namespace

std::optional<Faults::Strike> Faults::next(Operation operation) {
  const bool is_read = operation == Operation::kRead;
  if (is_read) {
    ++reads_;
  } else {
    history_.push_back(operation);
    if (watcher_) watcher_(operation);
  }
  const std::uint64_t number = is_read ? reads_ : history_.size();
  const auto hit = std::find_if(planned_.begin(), planned_.end(), [&](const Fault& fault) {
    return number >= fault.at && can_strike(fault.kind, operation);
  });
  if (hit == planned_.end()) return std::nullopt;
  const Strike strike{hit->kind, hit->sticky};
  if (!hit->sticky) planned_.erase(hit);
  return strike;
}

}  // namespace troth::vfs
