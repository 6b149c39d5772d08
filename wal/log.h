// wal/log.h: an append-only sequence of records, the only memory of the coordinator that outlives a crash.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/values/ids.h"

namespace troth::wal {

/// A record to append. The log knows kind and bytes, never what they mean.
struct Record {
  std::uint16_t kind = 0;
  std::string body;
  std::string key;     // a later `find(key)` gives the newest record with it; empty: none
  bool forced = true;  // false: may wait up to a second for company before it is synced
};

/// A record as stored. `body` is valid during the call that hands it over.
struct Stored {
  Lsn lsn = 0;
  std::uint16_t kind = 0;
  std::string_view body;
};

/// The answer to `find`.
struct Found {
  std::uint64_t token = 0;
  bool present = false;
  Lsn lsn = 0;
  std::uint16_t kind = 0;
  std::string body;
};

class Superseding;

/// One thread (the engine's) appends, finds and takes; the log's own writer thread makes durable and then calls the
/// progress callback. A failed write or sync is not an error to handle: nobody knows what is on disk, so the process
/// stops with exit code 70 and the next start rebuilds before it answers anybody.
class Log {
 public:
  virtual ~Log() = default;

  /// Adds `records` after the last and returns the LSN of the last of them, without waiting. Until `durable()` reaches
  /// that LSN a crash may lose it and all after it, never one before it.
  virtual Lsn append(std::span<const Record> records) = 0;

  /// The LSN up to which every record would survive a power cut. Never goes back. Any thread.
  virtual Lsn durable() const = 0;

  /// Looks for the newest durable record appended with `key`, among those appended before this call as well; the answer
  /// arrives through `take_found`. On disk, not in memory; never waits.
  virtual void find(std::string key, std::uint64_t token) = 0;
  virtual std::vector<Found> take_found() = 0;

  /// Called from the writer thread after `durable()` grew or an answer to `find` is ready. Set once, before the first
  /// append; must not block.
  virtual void on_progress(std::function<void()> callback) = 0;

  /// False when less than the reserve is left on the disk: refuse new work, finish old. Any thread.
  virtual bool has_reserve() const = 0;

  /// Begins to make the log shorter; any thread but the engine's. One at a time.
  virtual std::unique_ptr<Superseding> supersede() = 0;

  /// Writes and syncs everything appended, then closes in order (the next start will not rebuild). Blocks.
  virtual void stop() = 0;
};

}  // namespace troth::wal
