// wal/writer.h: the running log: a queue that the engine's thread fills and one thread that makes it durable.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "wal/log_file.h"

namespace troth::wal {

class WriterLog final : public SqliteLog {
 public:
  WriterLog(std::unique_ptr<LogFile> file, std::function<void(int exit_code)> exit);
  /// Without `stop` before it, this is what a crash leaves: what was not durable is not written, the next start
  /// rebuilds.
  ~WriterLog() override;

  Lsn append(std::span<const Record> records) override;
  Lsn durable() const override { return durable_; }
  void find(std::string key, std::uint64_t token) override;
  std::vector<Found> take_found() override;
  void on_progress(std::function<void()> callback) override;
  bool has_reserve() const override { return file_->space().has_reserve(); }
  void drop_prefix(Lsn upto) override;
  void stop() override;
  LogStats stats() const override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Question {
    std::string key;
    std::uint64_t token;
  };
  /// What one turn of the writer does, taken from the queue in one go.
  struct Work {
    Batch batch;
    std::vector<Question> questions;
    Lsn drop_upto = 0;
    bool stop = false;
    bool abandon = false;
  };

  void run();
  bool turn();
  void take(Work& work);
  void commit(const Batch& batch);
  void answer(const std::vector<Question>& questions);
  void tend();
  void fail(const std::string& what);
  void end_thread(bool abandon);
  void wake(bool urgent);

  const std::function<void(int)> exit_;
  const std::unique_ptr<LogFile> file_;  // the writer thread's, but for space()
  std::atomic<Lsn> durable_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool waiting_ = false;  // the writer sleeps: an append must wake it
  bool urgent_ = false;   // something is queued that does not wait for company
  bool stop_ = false;
  bool abandon_ = false;
  Lsn next_lsn_;
  Lsn drop_upto_ = 0;
  Batch queue_;
  std::vector<Question> questions_;
  std::vector<Found> found_;
  std::function<void()> progress_;  // written before the first append, read after it was taken

  mutable std::mutex stats_mutex_;
  LogStats stats_;

  Work work_;              // the writer thread's
  bool dropping_ = false;  // the writer thread's: rows are left to delete
  Clock::time_point tend_due_;
  std::thread thread_;
};

}  // namespace troth::wal
