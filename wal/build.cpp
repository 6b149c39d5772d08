#include "wal/build.h"

#include "wal/generations.h"
#include "wal/head.h"
#include "wal/records.h"

namespace troth::wal {
namespace {

Point fill(const Database& db, const Meta& meta, std::span<const Record> records) {
  set_pragmas(db);
  make_schema(db, meta);
  RecordWriter writer(db, meta.base);
  db.run("BEGIN IMMEDIATE");
  for (const Record& record : records) writer.add(record.kind, record.key, record.body);
  db.run("COMMIT");
  return writer.end();
}

}  // namespace

void build_generation(const Directory& directory, const Meta& meta, std::span<const Record> records) {
  const std::string name = log_name(meta.generation);
  Point end;
  {
    const Database db(directory.path_of(name), directory.sqlite_vfs());
    end = fill(db, meta, records);
    db.checkpoint_all();
  }
  // SQLite synced it; once more by hand, now that it is closed, so that the promise does not rest on a setting.
  directory.sync_file(name);
  Head::create(directory, meta, end);
  directory.sync();
}

}  // namespace troth::wal
