// The files of a database: one process at a time, and what is done when nobody knows what of them is on disk.
#pragma once

#include <memory>
#include <string>

#include "participant-sdk/adapters/sqlite_db.h"
#include "participant-sdk/adapters/sqlite_files.h"

namespace troth::sqlite {

/// The one name of the database at `path`, also through links. Throws when it names no file (":memory:").
std::string real_path(const Files& files, const std::string& path);

/// Two writers on one file are two sets of locks: the second process is refused. Freed by the system when we die.
std::shared_ptr<void> only_one(const Files& files, const std::string& database);

/// A connection with our settings to a database that is on disk: what is read after a crash may be in the page cache
/// only, so the WAL is checkpointed before anything is answered from it. Until `may_close_in_order` its end leaves the
/// WAL as it is.
class Database : public Connection {
 public:
  Database(const Files& files, const std::string& path);
  /// Whether the end of the connection may checkpoint and delete the WAL. Never when a sync has failed: what was to be
  /// synced then is taken for clean, and an old WAL could come back over the new file.
  void may_close_in_order(bool yes) const;
};

/// A sync failed: the next start must not trust the files. Empty, or why the mark could not be written. Throws nothing.
std::string mark_unsure(const Files& files, const std::string& database);

/// When the file was marked, copies all that can be read to a new file, syncs that, and puts it in the place of the old
/// one and its WAL; a crash in between is made good by the next call. Throws when another process has it open.
void rebuild_if_unsure(const Files& files, const std::string& database);

}  // namespace troth::sqlite
