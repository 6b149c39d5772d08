// tests/sim/sqlite_sim_log.h: the real SQLite log on a simulated disk, without a thread: the files, the proofs and the
// rebuild are those of trothd; the simulator says when a batch is written and when the power goes.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "tests/sim/storage.h"
#include "tests/vfs/sim_file_system.h"
#include "wal/open.h"
#include "wal/superseding.h"

namespace troth::sim {

class SqliteSimLog final : public RunningLog {
 public:
  explicit SqliteSimLog(std::unique_ptr<wal::LogFile> file);

  Lsn append(std::span<const wal::Record> records) override;
  Lsn durable() const override { return durable_; }
  void find(std::string key, std::uint64_t token) override;
  std::vector<wal::Found> take_found() override { return std::exchange(found_, {}); }
  void on_progress(std::function<void()> callback) override { progress_ = std::move(callback); }
  bool has_reserve() const override { return file_->space().has_reserve(); }
  std::unique_ptr<wal::Superseding> supersede() override;
  /// Throws what a disk that fails throws.
  void stop() override;
  bool has_work() const override { return !queue_.empty() || !questions_.empty() || dropping_; }
  bool is_urgent() const override { return urgent_ || !questions_.empty(); }
  /// What the writer thread does in one turn; the look at the directory that it takes each half second comes with every
  /// eighth batch.
  bool write_batch() override;

  /// A write or a sync failed: nothing is made durable any more, and `why` says what it was.
  bool failed() const { return !why_.empty(); }
  const std::string& why() const { return why_; }

 private:
  friend class DirectSuperseding;
  void write();
  /// True unless the disk failed, now or before.
  bool guarded(const std::function<void()>& act);

  const std::unique_ptr<wal::LogFile> file_;
  Lsn next_;
  Lsn durable_;
  wal::Batch queue_;
  bool urgent_ = false;
  std::vector<std::pair<std::string, std::uint64_t>> questions_;
  std::vector<wal::Found> found_;
  std::function<void()> progress_;
  bool dropping_ = true;
  std::uint64_t batches_ = 0;
  std::string why_;
};

/// A data directory on a disk of its own. It outlives the logs that were opened in it.
class SqliteStorage final : public Storage {
 public:
  struct Options {
    vfs::SimDisk::Options disk;
    int checkpoint_pages = 16;  // few, so that a short history sees checkpoints
    std::uint64_t ballast_bytes = 16'384;
    std::uint64_t reserve_bytes = 65'536;
  };
  SqliteStorage(LogId log, const Options& options);

  std::variant<Opened, wal::OpenError> open(wal::Replayer& replayer) override;
  void fall(Fall how, std::uint64_t chance) override;
  void fail_next_sync(std::uint64_t chance) override;
  std::unique_ptr<Storage> copy() const override;
  void mark_old_copy() override;
  void restore_above(EpochId epoch, Lsn lsn) override;

  vfs::SimDisk& disk() { return disk_; }
  const vfs::SimDisk& disk() const { return disk_; }
  /// What `open` hands to the log, for those who open it in another way.
  wal::OpenOptions open_options() const;

 private:
  const LogId log_;
  const Options options_;
  vfs::SimDisk disk_;
  vfs::SimFileSystem files_;
};

}  // namespace troth::sim
