// wal/inspect.h: what can be proven of a log as it lies there, and what cannot. Nothing is changed, nothing is thrown
// for damage: it is what these functions are for. They share no code with the proof of a start (records.h, sets.h), so
// that one of the two notices when the other is wrong.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "wal/log.h"
#include "wal/reading.h"
#include "wal/schema.h"

namespace troth::wal {

/// One generation of a data directory, or a backup file.
struct Inspection {
  std::string file;              // its path
  std::uint64_t generation = 0;  // by its name; 0: a backup file
  std::optional<Meta> meta;      // none: what the file says of itself is not sound, so nothing in it is proven
  std::optional<Point> head;     // the newest valid slot, or the end that the backup's mark names
  std::uint64_t set_rows = 0;    // of the set that are there and fit its chain
  bool set_is_whole = false;     // else nothing in it may be used: a part of it says something else than the whole
  bool kept_is_whole = false;
  bool records_are_whole = false;   // every row that is there is proven, also those after the head
  bool head_fits = false;           // there is one, and it names a record that is proven here
  Point proven;                     // the last record up to which all are proven; the base when none is
  Lsn present = 0;                  // the highest LSN that any row carries, proven or not
  std::vector<std::string> damage;  // each with its LSN and what it means; none: sound
  bool newer_format = false;        // then `damage` says so too, and no tool of this version may touch it

  bool is_sound() const { return damage.empty(); }
  /// Every record that was durable is proven, so what is proven is all that was ever told.
  bool is_complete() const { return meta && head_fits && set_is_whole && kept_is_whole && records_are_whole; }
};

/// An open database that can be read and cannot be changed. The directory must outlive it.
class Reading {
 public:
  Reading(const Directory& directory, const std::string& name)
      : vfs_(directory), db_(directory.path_of(name), vfs_.name()) {
    db_.run("PRAGMA locking_mode=EXCLUSIVE");  // before the first read: the VFS has no shared memory
  }
  const Database& db() const { return db_; }

 private:
  ReadingVfs vfs_;
  Database db_;
};

/// Gets each row of the set (LSN 0) and each proven record after its cut, in order, if the set is whole; else only the
/// records, also those before the cut. What it returns, if not empty, is why the row cannot be understood: then that
/// counts as damage, and nothing after it is proven.
using See = std::function<std::string(const Stored&)>;

/// Proves `log.<g>.db` with `head.<g>`. `deep`: also that its pages and indexes agree, which reads everything twice.
/// Throws FileError and SqliteError for what cannot be read at all.
Inspection inspect_generation(const Directory& directory, std::uint64_t generation, bool deep, const See& see);

/// The same of a single file, which must be a backup.
Inspection inspect_backup(const Directory& directory, const std::string& name, bool deep, const See& see);

/// What is proven, in the words of the log: the set, if it is whole; what is only kept for its key and is still found
/// by it; and the records that count besides.
enum class Place : std::uint8_t { kSet, kKept, kRecord };
struct ProvenRow {
  Place place = Place::kRecord;
  Lsn lsn = 0;  // 0 in the set
  std::uint16_t kind = 0;
  std::string_view key;
  std::string_view body;
};
/// Hands over all that `found` proved, in that order, each place by its LSNs.
void for_each_proven(const Database& db, const Inspection& found, const std::function<void(const ProvenRow&)>& visit);

}  // namespace troth::wal
