#include "wal/writer.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>

namespace troth::wal {
namespace {

/// How long a lazy record waits for company, and how long a swapped directory or a full disk goes unnoticed: half of
/// the second that is promised.
constexpr std::chrono::milliseconds kTendEvery{500};
constexpr std::array<double, 11> kSyncBounds{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 500};  // ms

std::size_t sync_bucket(double seconds) {
  const auto bound = std::lower_bound(kSyncBounds.begin(), kSyncBounds.end(), seconds * 1000);
  return static_cast<std::size_t>(bound - kSyncBounds.begin());
}

/// Bounds 1, 2, 4, … 1024, then everything above.
std::size_t batch_bucket(std::size_t records) {
  std::size_t bucket = 0;
  while (bucket < 11 && (std::size_t{1} << bucket) < records) ++bucket;
  return bucket;
}

}  // namespace

WriterLog::WriterLog(std::unique_ptr<LogFile> file, std::function<void(int exit_code)> exit)
    : exit_(exit ? std::move(exit) : [](int code) { ::_exit(code); }),
      file_(std::move(file)),
      durable_(file_->end()),
      next_lsn_(file_->end() + 1),
      tend_due_(Clock::now() + kTendEvery) {
  stats_.file_bytes = file_->bytes();
  thread_ = std::thread([this] { run(); });
}

WriterLog::~WriterLog() {
  end_thread(true);
}

void WriterLog::stop() {
  end_thread(false);
}

void WriterLog::end_thread(bool abandon) {
  {
    const std::lock_guard lock(mutex_);
    (abandon ? abandon_ : stop_) = true;
    wake(true);
  }
  if (thread_.joinable()) thread_.join();
}

/// Under the lock.
void WriterLog::wake(bool urgent) {
  urgent_ |= urgent;
  if (urgent && waiting_) wake_.notify_one();
}

Lsn WriterLog::append(std::span<const Record> records) {
  const std::lock_guard lock(mutex_);
  bool forced = false;
  for (const Record& record : records) {
    queue_.add(record);
    forced |= record.forced;
  }
  next_lsn_ += records.size();
  wake(forced);
  return next_lsn_ - 1;
}

void WriterLog::find(std::string key, std::uint64_t token) {
  const std::lock_guard lock(mutex_);
  questions_.push_back({std::move(key), token});
  wake(true);
}

std::vector<Found> WriterLog::take_found() {
  const std::lock_guard lock(mutex_);
  return std::exchange(found_, {});
}

void WriterLog::on_progress(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  progress_ = std::move(callback);
}

void WriterLog::drop_prefix(Lsn upto) {
  const std::lock_guard lock(mutex_);
  drop_upto_ = std::max(drop_upto_, upto);
  wake(true);
}

LogStats WriterLog::stats() const {
  const std::lock_guard lock(stats_mutex_);
  LogStats stats = stats_;
  stats.free_bytes = file_->space().free_bytes();
  return stats;
}

void WriterLog::run() {
  try {
    while (turn()) {
    }
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

bool WriterLog::turn() {
  take(work_);
  if (work_.abandon) return false;
  if (!work_.batch.empty()) commit(work_.batch);
  answer(work_.questions);
  if (progress_ && (!work_.batch.empty() || !work_.questions.empty())) progress_();
  file_->checkpoint_if_due();
  dropping_ = file_->drop_some(work_.drop_upto);
  if (Clock::now() >= tend_due_) tend();
  if (work_.stop) file_->close_in_order();
  return !work_.stop;
}

void WriterLog::take(Work& work) {
  work.batch.clear();
  work.questions.clear();
  std::unique_lock lock(mutex_);
  waiting_ = true;
  while (!urgent_ && !dropping_ && Clock::now() < tend_due_) wake_.wait_until(lock, tend_due_);
  waiting_ = false;
  urgent_ = false;
  std::swap(work.batch, queue_);
  std::swap(work.questions, questions_);
  work.drop_upto = drop_upto_;
  work.stop = stop_;
  work.abandon = abandon_;
}

void WriterLog::commit(const Batch& batch) {
  const double seconds = file_->commit(batch);
  durable_ = file_->end();
  const std::lock_guard lock(stats_mutex_);
  ++stats_.batches;
  stats_.records += batch.size();
  stats_.sync_seconds += seconds;
  ++stats_.sync_buckets[sync_bucket(seconds)];
  ++stats_.batch_buckets[batch_bucket(batch.size())];
}

void WriterLog::answer(const std::vector<Question>& questions) {
  for (const Question& question : questions) {
    Found found = file_->find(question.key, question.token);
    const std::lock_guard lock(mutex_);
    found_.push_back(std::move(found));
  }
}

void WriterLog::tend() {
  file_->tend();
  tend_due_ = Clock::now() + kTendEvery;
  const std::uint64_t bytes = file_->bytes();
  const std::lock_guard lock(stats_mutex_);
  stats_.file_bytes = bytes;
}

void WriterLog::fail(const std::string& what) {
  std::fprintf(stderr,
               "the log could not be written: %s; whether the last batch is on disk is unknown, so the process stops. "
               "Start it again: it rebuilds the log before it answers anybody\n",
               what.c_str());
  std::fflush(stderr);
  exit_(kExitWrite);
}

}  // namespace troth::wal
