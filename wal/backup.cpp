#include "wal/backup.h"

#include <sqlite3.h>

#include "wal/generations.h"
#include "wal/writer.h"

namespace troth::wal {
namespace {

/// 1 MiB: less than a millisecond, and more than the largest batch adds meanwhile, so that a copy under load comes to
/// an end.
constexpr int kPagesAtOnce = 256;

class LogBackup final : public Backup {
 public:
  LogBackup(WriterLog& log, Millis at) : log_(log), at_(at) {}
  ~LogBackup() override {
    log_.between([](LogFile& file) { file.end_copy(); });
    try {
      if (directory_ != nullptr) delete_files(*directory_, {name_ + "-wal", name_});
    } catch (const std::exception&) {
      // The next backup and the next start delete it.
    }
  }

  Step step() override {
    try {
      return directory_ == nullptr ? begin() : copy();
    } catch (const SqliteError& error) {
      why_ = error.what();
      return (error.code() & 0xff) == SQLITE_FULL ? Step::kNoSpace : Step::kFailed;
    } catch (const std::exception& error) {
      why_ = error.what();
      return Step::kFailed;
    }
  }
  const std::string& why() const override { return why_; }
  const Directory& directory() const override { return *directory_; }
  const std::string& name() const override { return name_; }

  std::unique_ptr<File> take() override {
    auto file = directory_->open(name_, OpenFor::kReading);
    directory_->remove(name_);
    return file;
  }

 private:
  Step begin() {
    bool has_room = false;
    const bool open = log_.between([&](LogFile& file) {
      has_room = file.space().has_room_for(file.bytes());
      if (!has_room) return;
      directory_ = &file.directory();
      file.begin_copy(name_);
    });
    if (!open) return Step::kStopped;
    return has_room ? Step::kMore : Step::kNoSpace;
  }

  Step copy() {
    bool more = true;
    bool has_room = true;
    Meta meta;
    const bool open = log_.between([&](LogFile& file) {
      has_room = file.space().has_room_for(0);
      if (!has_room) return;
      more = file.copy_some(kPagesAtOnce);
      if (more) return;
      meta = file.meta();
      meta.backup = BackupMark{file.end_point(), at_};
      file.end_copy();
    });
    if (!open) return Step::kStopped;
    if (!has_room) return Step::kNoSpace;
    if (more) return Step::kMore;
    mark(meta);
    return Step::kDone;
  }

  void mark(const Meta& meta) const {
    const Database db(directory_->path_of(name_), directory_->sqlite_vfs());
    db.run("PRAGMA locking_mode=EXCLUSIVE");
    db.run("PRAGMA synchronous=OFF");  // it is read back by this process, or by nobody
    db.run("BEGIN IMMEDIATE");
    write_meta(db, meta);
    db.run("COMMIT");
    db.checkpoint_all();
  }

  WriterLog& log_;
  const Millis at_;
  const std::string name_ = kBackup;
  const Directory* directory_ = nullptr;  // the log's; null before the copy was begun
  std::string why_;
};

}  // namespace

std::unique_ptr<Backup> WriterLog::backup(Millis at) {
  return std::make_unique<LogBackup>(*this, at);
}

}  // namespace troth::wal
