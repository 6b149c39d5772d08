// wal/writer.h: the running log: a queue that the engine's thread fills and one thread that makes it durable.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "wal/log_file.h"
#include "wal/superseding.h"

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
  bool has_room_for(std::uint64_t bytes) const override { return file_->space().has_room_for(bytes); }
  std::unique_ptr<Superseding> supersede() override;
  void stop() override;
  LogStats stats() const override;
  std::unique_ptr<Backup> backup(Millis at) override;

  /// Does `work` on the writer's thread, between two batches, and waits. What it throws comes out here and does the log
  /// no harm. False: the log is closed, and it was not done. One thread.
  bool between(const std::function<void(LogFile&)>& work);

 private:
  using Clock = std::chrono::steady_clock;
  struct Question {
    std::string key;
    std::uint64_t token;
  };
  /// A piece of a compaction, asked for by another thread, which waits for `done`.
  struct Piece {
    enum class Kind : std::uint8_t { kBegin, kRead, kAdd, kFinish, kGiveUp };
    Kind kind = Kind::kBegin;
    std::vector<Row>* rows = nullptr;  // kRead: where they go
    std::span<const Record> add;
    Lsn keys_upto = 0;
    Lsn cut = 0;        // kBegin: the answer
    bool more = false;  // kRead: the answer
    bool done = false;
    bool stopped = false;  // the writer has ended
  };
  class Pass;
  /// What `between` asks for.
  struct Task {
    const std::function<void(LogFile&)>& work;
    std::exception_ptr thrown;
    bool done = false;
    bool stopped = false;
  };
  /// What one turn of the writer does, taken from the queue in one go.
  struct Work {
    Batch batch;
    std::vector<Question> questions;
    Piece* piece = nullptr;
    Task* task = nullptr;
    bool stop = false;
    bool abandon = false;
  };

  void run();
  bool turn();
  void take(Work& work);
  void write();
  void shorten(Shortener& shortener, Piece* piece);
  void serve(Piece& piece);
  void ask(Piece& piece);
  void answer(Piece& piece);
  void carry_out(Task& task);
  void refuse_what_waits();
  void note_set();
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
  Piece* piece_ = nullptr;
  Task* task_ = nullptr;
  bool ended_ = false;  // the writer will answer nothing more
  std::condition_variable answered_;
  Batch queue_;
  std::vector<Question> questions_;
  std::vector<Found> found_;
  std::function<void()> progress_;  // written before the first append, read after it was taken

  mutable std::mutex stats_mutex_;
  LogStats stats_;

  Work work_;      // the writer thread's
  bool dropping_;  // the writer thread's: rows may be left to delete
  Clock::time_point tend_due_;
  std::thread thread_;
};

}  // namespace troth::wal
