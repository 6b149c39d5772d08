// wal/schema.h: what a log file is made of (FORMAT.md): pragmas, tables, and the meta rows that say which log and which
// generation it is.
#pragma once

#include <optional>
#include <string>

#include "wal/chain.h"
#include "wal/sqlite.h"

namespace troth::wal {

inline constexpr int kFormatVersion = 1;
inline constexpr int kApplicationId = 0x54726F74;  // "Trot"

/// A proven position: the chain after record `lsn`.
struct Point {
  Lsn lsn = 0;
  Chain chain{};
};

/// The set: rows `first` to `last` of the table `restated`, which say what all records up to `cut` said. Rows outside
/// are what an interrupted compaction left, or an older set: they count for nothing.
struct Set {
  Lsn cut = 0;
  std::uint64_t first = 1;
  std::uint64_t last = 0;  // below first: the set is empty
  Chain chain{};           // after its last row
  std::uint64_t rows() const { return last + 1 - first; }
};

/// What the rows of the table `kept` sum up to: none can go, come or change unnoticed.
struct KeptSum {
  std::uint64_t count = 0;
  Chain sum{};  // of their proofs
};

/// What makes a file a backup: where the log ended when it was made.
struct BackupMark {
  Point end;
  Millis at = 0;
};

/// The rows of `meta`. `base` is the position before the first record of the file: rows at or before it were dropped,
/// or lie in an older generation.
struct Meta {
  LogId log_id;
  std::uint64_t generation = 0;
  Point base;
  Set set;
  KeptSum kept;
  Lsn keys_upto = 0;  // records at or below are not found by their key any more; never goes back
  std::optional<BackupMark> backup;
};

/// Sets every pragma of the recipe and reads each back; throws OpenError (73) when one does not hold.
void set_pragmas(const Database& db);

/// Makes tables and meta in an empty database, in one transaction.
void make_schema(const Database& db, const Meta& meta);

/// Proves that the file is a log of our format and returns its meta. Throws OpenError: 74 for a newer format, 73 for
/// a file that is no log, is a backup, or whose schema or meta were changed. Writes nothing.
Meta read_schema(const Database& db);
/// The same, also of a backup.
Meta read_meta(const Database& db);

/// Replaces the rows of `meta`, within the caller's transaction.
void write_meta(const Database& db, const Meta& meta);

}  // namespace troth::wal
