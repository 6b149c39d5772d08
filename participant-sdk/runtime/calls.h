// participant-sdk/runtime/calls.h: turns StartCall into a call of the resource on the pool, and its return, or
// exception, into the event the branch's machine waits for. Returns are handed to the io thread in batches.
#pragma once

#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "participant-sdk/core/branch.h"
#include "participant-sdk/runtime/pool.h"
#include "proto/transport/io.h"

namespace troth::sdk {

class Calls {
 public:
  using Returned = std::vector<std::pair<BranchId, Event>>;
  /// `deliver` is called on the io thread. All references must outlive the pool's last job.
  Calls(transport::Io& io, Pool& pool, Resource& resource, std::function<void(Returned)> deliver);

  /// Any thread.
  void start(StartCall call);
  /// Its Abort came: if its prepare has not begun, it never will, and counts as a vote to abort. Any thread.
  void skip_prepare(const BranchId& id);

 private:
  void look_up(const BranchId& id);
  void run_look_up();
  Event run(const StartCall& call);
  bool skipped(const StartCall& call);
  void returned(Returned batch);

  transport::Io& io_;
  Pool& pool_;
  Resource& resource_;
  std::function<void(Returned)> deliver_;
  std::mutex mutex_;
  std::unordered_map<BranchId, bool, IdHash> queued_;  // prepares that have not begun; true: skip it
  Returned returned_;
  std::vector<BranchId> look_ups_;  // answered together by one list; non-empty: a job for it is queued
};

}  // namespace troth::sdk
