#include "wal/build.h"

#include "wal/generations.h"
#include "wal/head.h"

namespace troth::wal {
namespace {

void fill_file(const Database& db, Meta& meta, const std::function<void(SetWriter&, KeptWriter&)>& fill) {
  set_pragmas(db);
  make_schema(db, meta);
  SetWriter set(db, meta.log_id, meta.base.lsn, meta.set.first);
  KeptWriter kept(db, meta.log_id, meta.kept);
  db.run("BEGIN IMMEDIATE");
  fill(set, kept);
  meta.set = set.set();
  meta.kept = kept.sum();
  write_meta(db, meta);
  db.run("COMMIT");
}

}  // namespace

void build_generation(const Directory& directory, Meta meta, const std::function<void(SetWriter&, KeptWriter&)>& fill) {
  const std::string name = log_name(meta.generation);
  {
    const Database db(directory.path_of(name), directory.sqlite_vfs());
    fill_file(db, meta, fill);
    db.checkpoint_all();
  }
  // SQLite synced it; once more by hand, now that it is closed, so that the promise does not rest on a setting.
  directory.sync_file(name);
  Head::create(directory, meta, meta.base);
  directory.sync();
}

}  // namespace troth::wal
