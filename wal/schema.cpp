#include "wal/schema.h"

#include <array>
#include <charconv>
#include <map>

#include "wal/damage.h"
#include "wal/sqlite_log.h"

namespace troth::wal {
namespace {

constexpr const char* kRecordTable =
    "CREATE TABLE record(lsn INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key BLOB, body BLOB NOT NULL, "
    "chain BLOB NOT NULL) STRICT";
constexpr const char* kKeyIndex = "CREATE INDEX record_by_key ON record(key) WHERE key IS NOT NULL";
constexpr const char* kRestatedTable =
    "CREATE TABLE restated(n INTEGER PRIMARY KEY, kind INTEGER NOT NULL, body BLOB NOT NULL, chain BLOB NOT NULL) "
    "STRICT";
constexpr const char* kKeptTable =
    "CREATE TABLE kept(lsn INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key BLOB NOT NULL, body BLOB NOT NULL, "
    "proof BLOB NOT NULL) STRICT";
constexpr const char* kKeptIndex = "CREATE INDEX kept_by_key ON kept(key)";
constexpr const char* kMetaTable =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID";

struct Pragma {
  const char* name;
  const char* set;
  const char* reads;
};
/// In this order: the lock before the first read, the sync level before the journal.
constexpr std::array<Pragma, 11> kPragmas{{{"locking_mode", "EXCLUSIVE", "exclusive"},
                                           {"synchronous", "EXTRA", "3"},
                                           {"journal_mode", "WAL", "wal"},
                                           {"fullfsync", "1", "1"},
                                           {"checkpoint_fullfsync", "1", "1"},
                                           {"wal_autocheckpoint", "0", "0"},
                                           {"mmap_size", "0", "0"},
                                           {"trusted_schema", "0", "0"},
                                           {"cell_size_check", "1", "1"},
                                           {"temp_store", "MEMORY", "2"},
                                           {"foreign_keys", "0", "0"}}};

using Rows = std::map<std::string, std::string>;

Rows rows_of(const Meta& meta) {
  Rows rows{{"base_chain", to_hex(meta.base.chain)},       {"base_lsn", std::to_string(meta.base.lsn)},
            {"format", std::to_string(kFormatVersion)},    {"generation", std::to_string(meta.generation)},
            {"keys_upto", std::to_string(meta.keys_upto)}, {"kept_count", std::to_string(meta.kept.count)},
            {"kept_sum", to_hex(meta.kept.sum)},           {"log_id", to_text(meta.log_id)},
            {"set_chain", to_hex(meta.set.chain)},         {"set_cut", std::to_string(meta.set.cut)},
            {"set_first", std::to_string(meta.set.first)}, {"set_last", std::to_string(meta.set.last)}};
  if (meta.backup) {
    rows["backup"] = std::to_string(meta.backup->end.lsn);
    rows["backup_at"] = std::to_string(meta.backup->at);
    rows["backup_chain"] = to_hex(meta.backup->end.chain);
  }
  return rows;
}

std::string check_of(const Rows& rows) {
  std::string lines;
  for (const auto& [name, value] : rows) {
    if (name != "check") lines += name + "=" + value + "\n";
  }
  return to_hex(hash_of(lines));
}

void put(Statement& insert, const std::string& name, const std::string& value) {
  insert.bind_text(1, name);
  insert.bind_text(2, value);
  insert.run();
}

std::uint64_t number(const Database& db, const Rows& rows, const std::string& name) {
  const auto row = rows.find(name);
  std::uint64_t value = 0;
  if (row == rows.end()) damaged(db, "the meta row `" + name + "` is missing");
  const char* const end = row->second.data() + row->second.size();
  const auto [stop, error] = std::from_chars(row->second.data(), end, value);
  if (error != std::errc() || stop != end) damaged(db, "the meta row `" + name + "` is no number");
  return value;
}

Chain chain_of(const Database& db, const Rows& rows, const std::string& name) {
  const auto row = rows.find(name);
  const auto chain = row == rows.end() ? std::nullopt : chain_from_hex(row->second);
  if (!chain) damaged(db, "the meta row `" + name + "` cannot be read");
  return *chain;
}

void check_identity(const Database& db) {
  if (db.ask("PRAGMA application_id") != std::to_string(kApplicationId)) damaged(db, "this is no log of Troth");
  const std::string version = db.ask("PRAGMA user_version");
  if (version != std::to_string(kFormatVersion)) {
    if (std::atol(version.c_str()) <= kFormatVersion) damaged(db, "the format version " + version + " never existed");
    throw OpenError{kExitForeign, db.file() + ": the log has format " + version + ", this version reads format " +
                                      std::to_string(kFormatVersion) +
                                      "; nothing was changed. Start the newer version that wrote it"};
  }
  // A log is always in WAL mode; asking first, since setting it would convert a file that is not ours.
  if (db.ask("PRAGMA journal_mode") != "wal") damaged(db, "the file left WAL mode");
}

void check_tables(const Database& db) {
  const std::string found =
      db.ask("SELECT group_concat(sql, '|') FROM (SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name)");
  const std::string expected = std::string(kKeptTable) + "|" + kKeptIndex + "|" + kMetaTable + "|" + kRecordTable +
                               "|" + kKeyIndex + "|" + kRestatedTable;
  if (found != expected) damaged(db, "the tables are not those of a log");
}

/// The rows of meta, proven, in a file that is a log of ours.
Rows read_rows(const Database& db) {
  db.run("PRAGMA locking_mode=EXCLUSIVE");
  check_identity(db);
  check_tables(db);
  Rows rows;
  Statement select = db.prepare("SELECT name, value FROM meta");
  while (select.step()) rows[select.text(0)] = select.text(1);
  if (rows["check"] != check_of(rows)) damaged(db, "a meta row was changed: its check does not match");
  return rows;
}

Meta meta_of(const Database& db, Rows& rows) {
  Meta meta;
  const auto log_id = parse_log_id(rows["log_id"]);
  if (!log_id) damaged(db, "the meta row `log_id` cannot be read");
  meta.log_id = *log_id;
  meta.generation = number(db, rows, "generation");
  meta.base = {number(db, rows, "base_lsn"), chain_of(db, rows, "base_chain")};
  meta.set.cut = number(db, rows, "set_cut");
  meta.set.first = number(db, rows, "set_first");
  meta.set.last = number(db, rows, "set_last");
  meta.set.chain = chain_of(db, rows, "set_chain");
  meta.kept = {number(db, rows, "kept_count"), chain_of(db, rows, "kept_sum")};
  meta.keys_upto = number(db, rows, "keys_upto");
  return meta;
}

}  // namespace

void set_pragmas(const Database& db) {
  for (const Pragma& pragma : kPragmas) {
    const std::string name = std::string("PRAGMA ") + pragma.name;
    db.run(name + "=" + pragma.set);
    const std::string reads = db.ask(name);
    if (reads != pragma.reads) {
      damaged(db, std::string("SQLite does not accept ") + pragma.name + "=" + pragma.set + " (it says `" + reads +
                      "`), without which nothing is durable");
    }
  }
  db.count_wal_pages();
}

void make_schema(const Database& db, const Meta& meta) {
  db.run("BEGIN IMMEDIATE");
  db.run("PRAGMA application_id=" + std::to_string(kApplicationId));
  db.run("PRAGMA user_version=" + std::to_string(kFormatVersion));
  db.run(kRecordTable);
  db.run(kKeyIndex);
  db.run(kRestatedTable);
  db.run(kKeptTable);
  db.run(kKeptIndex);
  db.run(kMetaTable);
  write_meta(db, meta);
  db.run("COMMIT");
}

Meta read_schema(const Database& db) {
  Rows rows = read_rows(db);
  if (rows.contains("backup")) {
    throw OpenError{kExitDamaged, db.file() +
                                      ": this is a backup, and the ids given since it was made are not in it; "
                                      "run `trothctl log restore`, which keeps them apart"};
  }
  return meta_of(db, rows);
}

Meta read_meta(const Database& db) {
  Rows rows = read_rows(db);
  Meta meta = meta_of(db, rows);
  if (!rows.contains("backup")) return meta;
  meta.backup = BackupMark{{number(db, rows, "backup"), chain_of(db, rows, "backup_chain")},
                           static_cast<Millis>(number(db, rows, "backup_at"))};
  return meta;
}

void write_meta(const Database& db, const Meta& meta) {
  const Rows rows = rows_of(meta);
  Statement insert = db.prepare("INSERT OR REPLACE INTO meta(name, value) VALUES(?1, ?2)");
  for (const auto& [name, value] : rows) put(insert, name, value);
  put(insert, "check", check_of(rows));
}

}  // namespace troth::wal
