// wal/space.h: room on the disk. New work is refused while less than the reserve is free; the ballast, a file set aside
// while there was room, is given up so that a full disk never keeps a log from being opened and its work from ending.
#pragma once

#include <atomic>
#include <cstdint>

#include "wal/files.h"

namespace troth::wal {

struct SpaceOptions {
  std::uint64_t ballast_bytes = 0;
  std::uint64_t reserve_bytes = 0;
};

/// Gives up the ballast when less than the reserve is free. At start, before anything is written.
void release_ballast_if_short(const Directory& directory, const SpaceOptions& options);

class Space {
 public:
  /// `directory` must outlive this.
  Space(const Directory& directory, const SpaceOptions& options) : directory_(directory), options_(options) { tend(); }
  /// Looks at the disk; makes the ballast when that leaves the reserve untouched. One thread.
  void tend();
  /// The disk is full: gives up the ballast and refuses new work until `tend` finds room. One thread.
  void run_out();
  bool has_reserve() const { return has_reserve_; }  // any thread
  /// A look at the disk: so much more would leave the reserve untouched. Any thread.
  bool has_room_for(std::uint64_t bytes) const { return directory_.free_bytes() >= options_.reserve_bytes + bytes; }
  std::uint64_t free_bytes() const { return free_bytes_; }  // any thread

 private:
  void make_ballast();
  const Directory& directory_;
  const SpaceOptions options_;
  std::atomic<bool> has_reserve_ = false;
  std::atomic<std::uint64_t> free_bytes_ = 0;
};

}  // namespace troth::wal
