#include "coordinator/server/compactor.h"

#include <chrono>

#include "coordinator/server/clock.h"
#include "coordinator/server/log_line.h"
#include "recovery/compaction.h"

namespace troth::server {
namespace {

constexpr std::chrono::seconds kLookEvery{1};
/// What must be free beside the reserve: a set that ate the reserve would stop the service for good, since the rows
/// that then go leave room in the file and none on the disk.
constexpr std::uint64_t kRoomBytes = std::uint64_t{64} << 20;

}  // namespace

Compactor::Compactor(const wal::SqliteLog& opened, wal::Log& log, const Limits& limits)
    : opened_(opened), log_(log), limits_(limits), thread_([this] { run(); }) {}

Compactor::~Compactor() {
  stop();
}

void Compactor::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

CompactorStats Compactor::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

bool Compactor::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

/// Not while the disk is getting full: a new set lies beside the old one for a while.
bool Compactor::is_due() const {
  const wal::LogStats stats = opened_.stats();
  return opened_.has_room_for(kRoomBytes) &&
         recovery::is_compaction_due(opened_.durable() - stats.cut, stats.set_rows, limits_);
}

void Compactor::run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, kLookEvery, [this] { return stopping_; })) return;
    }
    try {
      if (is_due() && !compact()) return;
    } catch (const std::exception& error) {  // no memory for what the log says: it stays as long as it is
      log(Level::kError, "log.compaction_failed", {{"why", error.what()}, {"remedy", "give it memory, start again"}});
      const std::lock_guard lock(mutex_);
      stats_.running = false;
      return;
    }
  }
}

/// False: do not try again in this process.
bool Compactor::compact() {
  const Millis begun = now().due;
  {
    const std::lock_guard lock(mutex_);
    stats_.running = true;
  }
  recovery::Compaction compaction(log_.supersede(), limits_, now().at);
  auto step = recovery::Compaction::Step::kMore;
  while (step == recovery::Compaction::Step::kMore && !is_stopping() && opened_.has_room_for(kRoomBytes))
    step = compaction.step();
  const Millis took = now().due - begun;
  const bool done = step == recovery::Compaction::Step::kDone;
  if (done) log(Level::kInfo, "log.compacted", {{"cut", opened_.stats().cut}, {"ms", static_cast<std::int64_t>(took)}});
  if (step == recovery::Compaction::Step::kFailed) {
    log(Level::kError, "log.compaction_failed", {{"why", compaction.why()}, {"remedy", "trothctl log verify"}});
  }
  const std::lock_guard lock(mutex_);
  stats_.running = false;
  stats_.compactions += done ? 1 : 0;
  if (done) stats_.last_took_ms = took;
  if (done) stats_.last_at = now().at;
  return step == recovery::Compaction::Step::kDone || step == recovery::Compaction::Step::kMore;
}

}  // namespace troth::server
