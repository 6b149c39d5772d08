// wal/head.h: `head.<g>`: how long the log was when somebody was last told that it is durable. Two checksummed slots;
// SQLite silently drops a damaged end of its -wal, and only a second file can notice.
#pragma once

#include <optional>
#include <string>

#include "wal/files.h"
#include "wal/schema.h"

namespace troth::wal {

inline constexpr std::uint64_t kHeadSlotGap = 4096;  // two slots never share a sector or a page
inline constexpr std::uint64_t kHeadSlotBytes = 64;

/// The bytes of one slot (FORMAT.md), and back; nullopt when the bytes are no slot of this log and generation.
std::string encode_slot(LogId log_id, std::uint64_t generation, const Point& point);
std::optional<Point> decode_slot(LogId log_id, std::uint64_t generation, std::string_view bytes);

/// True when a sound slot of `head.<g>`, of whatever log, names a record: the log was in use.
bool head_names_a_record(const Directory& directory, std::uint64_t generation);

/// The open head of the running generation; used by one thread.
class Head {
 public:
  /// Makes `head.<g>` with `point` in its first slot and syncs it; the directory is the caller's to sync.
  static void create(const Directory& directory, const Meta& meta, const Point& point);
  /// Throws OpenError (73) when the file is missing or has no valid slot.
  static Head open(const Directory& directory, const Meta& meta);

  /// The newest valid slot as it was found by `open`.
  const Point& found() const { return found_; }
  /// Into the slot that is not the last synced one; not synced.
  void write(const Point& point);
  /// Syncs what was written since the last sync; from then on the other slot is written.
  void sync();

 private:
  std::unique_ptr<File> open_;
  Meta meta_;
  Point found_;
  int slot_ = 0;  // the one to write
  bool unsynced_ = false;
};

}  // namespace troth::wal
