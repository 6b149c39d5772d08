// tests/vfs/faults.h: numbers the operations on a disk and says which of them goes wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace troth::vfs {

/// Everything but reads is numbered from 1 in one row; reads are numbered in a row of their own.
enum class Operation : std::uint8_t { kCreate, kWrite, kTruncate, kSync, kDelete, kRename, kSyncDirectory, kRead };

enum class FaultKind : std::uint8_t {
  kCrash,       // the process dies in the middle of the operation
  kSyncFails,   // EIO from a sync; what it should have made durable is forgotten
  kSyncLies,    // the same, but the sync says that all is well
  kNoSpace,     // ENOSPC from what needs space
  kWriteFails,  // EIO from what changes the disk and is no sync
  kReadFails,   // EIO from a read
  kShortRead,   // a read ends early
  kBitFlip,     // a read gives one bit wrong; sticky: the bit is wrong on the disk
};

/// Strikes the first operation it can go wrong in whose number is at least `at`; once, or from then on every one.
struct Fault {
  FaultKind kind = FaultKind::kCrash;
  std::uint64_t at = 0;
  bool sticky = false;
};

/// One thread.
class Faults {
 public:
  void plan(const Fault& fault) { planned_.push_back(fault); }
  /// Called before each operation that is no read, while nothing of it is done yet. What it does with the disk must be
  /// reads only.
  void watch(std::function<void(Operation)> watcher) { watcher_ = std::move(watcher); }
  /// The disk is sound again; numbering goes on.
  void heal() { planned_.clear(); }

  struct Strike {
    FaultKind kind;
    bool sticky;
  };
  /// Numbers an operation that is about to happen and says what goes wrong with it.
  std::optional<Strike> next(Operation operation);

  std::uint64_t operations() const { return history_.size(); }
  std::uint64_t reads() const { return reads_; }
  /// Operation n is at n - 1.
  const std::vector<Operation>& history() const { return history_; }

 private:
  std::vector<Fault> planned_;
  std::function<void(Operation)> watcher_;
  std::vector<Operation> history_;
  std::uint64_t reads_ = 0;
};

}  // namespace troth::vfs
