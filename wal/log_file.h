// wal/log_file.h: the files of the running generation as the writer thread uses them: the order "COMMIT, head, then
// tell" stands here. Every call is made by one thread; every call that throws means: stop the process (exit 70).
#pragma once

#include <memory>
#include <optional>

#include "wal/batch.h"
#include "wal/files.h"
#include "wal/head.h"
#include "wal/log.h"
#include "wal/records.h"
#include "wal/shorten.h"
#include "wal/space.h"
#include "wal/sqlite_log.h"

namespace troth::wal {

/// A generation that was proven and is ready to be appended to.
struct Generation {
  Meta meta;
  std::unique_ptr<Database> db;
  Head head;
  Point end;
};

class LogFile {
 public:
  LogFile(Directory directory, Generation generation, const OpenOptions& options);

  /// Appends the batch and does what `shorten` does, in one SQLite transaction, and notes the new end in the head. When
  /// it returns all of it is durable. Returns the seconds spent inside COMMIT.
  double write(const Batch& batch, const std::function<void(Shortener&)>& shorten = {});
  /// For what stands outside a transaction: `begin`, `read` and `give_up`.
  Shortener& shortener() { return session_->shortener; }
  void sync_head() { head_.sync(); }
  Lsn end() const { return session_->records.end().lsn; }
  Point end_point() const { return session_->records.end(); }
  const Meta& meta() const { return meta_; }
  const Directory& directory() const { return directory_; }
  const Set& set() const { return meta_.set; }
  /// Proven again: throws when the record that is found was changed on disk.
  Found find(const std::string& key, std::uint64_t token);
  /// Begins a copy of the pages into a new file `name`; one that was left unfinished is given up.
  void begin_copy(const std::string& name);
  /// True: there are more. False: the copy is what the log is now. What it throws is about the copy, the log is sound.
  bool copy_some(int pages);
  /// Closes the copy; what is not whole is nothing.
  void end_copy() { session_->copy.reset(); }
  /// Brings the -wal's pages into the file once it has grown to its fixed size.
  void checkpoint_if_due();
  /// What is done each half second: sync the head, look for a swapped directory, look at the space.
  void tend();
  /// The orderly stop: everything synced, the -wal gone, RUNNING gone. Only the destructor may follow.
  void close_in_order();

  const Space& space() const { return space_; }  // its getters: any thread
  std::uint64_t bytes() const;

 private:
  struct Copy {
    Copy(const Database& from, const std::string& path, const char* vfs);
    const Database into;
    std::optional<PageCopy> pages;
  };
  struct Session {
    Session(std::unique_ptr<Database> open, Meta& meta, const Point& end);
    std::unique_ptr<Database> db;  // before the statements: they end first
    RecordWriter records;
    Statement begin;
    Statement commit;
    Statement find;
    Statement find_kept;
    Shortener shortener;
    std::unique_ptr<Copy> copy;  // a backup under way: it ends before the connection that it reads
  };

  void find_record(const std::string& key, Found& found);
  void find_kept(const std::string& key, Found& found);

  Directory directory_;
  Meta meta_;
  Head head_;
  std::unique_ptr<Session> session_;
  Space space_;
  const int checkpoint_pages_;
  int pages_at_last_try_ = 0;
};

}  // namespace troth::wal
