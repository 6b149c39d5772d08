// tests/sim/sim_log.h: a data directory without SQLite: records in memory, of which a prefix is durable. Fast enough
// for millions of histories; loses, tears and fails like the real one.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/storage.h"

namespace troth::sim {

class SimStorage final : public Storage {
 public:
  explicit SimStorage(LogId log) : log_(log) {}

  std::variant<Opened, wal::OpenError> open(wal::Replayer& replayer) override;
  void fall(Fall how, std::uint64_t chance) override;
  void fail_next_sync(std::uint64_t chance) override;
  std::unique_ptr<Storage> copy() const override;
  void mark_old_copy() override { old_copy_ = true; }
  void restore_above(EpochId epoch, Lsn lsn) override;

 private:
  friend class SimLog;
  friend class SimSuperseding;
  Lsn end() const { return base_ + records_.size(); }
  void rebuild(wal::Replayer& replayer);
  std::string replay(wal::Replayer& replayer) const;
  /// From here on `set` speaks for everything up to `cut`; durable when it returns.
  void supersede(std::vector<wal::Record> set, Lsn cut, Lsn keys_upto);

  LogId log_;
  Lsn base_ = 0;  // LSN before the first record, for which the set speaks
  std::vector<wal::Record> set_;
  std::vector<std::pair<Lsn, wal::Record>> kept_;  // with a key, at or before the base
  std::vector<wal::Record> records_;               // what a reader sees: the page cache
  std::size_t durable_ = 0;                        // of them survive a power cut
  bool running_ = false;                           // RUNNING is there: the last stop was not orderly
  bool old_copy_ = false;
  bool sync_fails_ = false;
  std::uint64_t sync_chance_ = 0;
};

class SimLog final : public RunningLog {
 public:
  explicit SimLog(SimStorage& storage) : storage_(storage), next_(storage.end() + 1) {}

  Lsn append(std::span<const wal::Record> records) override;
  Lsn durable() const override { return durable_; }
  void find(std::string key, std::uint64_t token) override;
  std::vector<wal::Found> take_found() override { return std::exchange(found_, {}); }
  void on_progress(std::function<void()>) override {}  // the simulator knows when it called write_batch
  bool has_reserve() const override { return true; }
  std::unique_ptr<wal::Superseding> supersede() override;
  void stop() override;
  bool has_work() const override { return !queue_.empty() || !asked_.empty(); }
  bool is_urgent() const override { return urgent_ || !asked_.empty(); }
  bool write_batch() override;

 private:
  wal::Found look_up(const std::string& key, std::uint64_t token) const;

  SimStorage& storage_;
  std::vector<wal::Record> queue_;
  bool urgent_ = false;
  Lsn next_;
  Lsn durable_ = storage_.end();
  std::vector<std::pair<std::string, std::uint64_t>> asked_;
  std::vector<wal::Found> found_;
};

}  // namespace troth::sim
