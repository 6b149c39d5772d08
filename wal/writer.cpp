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
      dropping_(file_->shortener().has_leftovers()),
      tend_due_(Clock::now() + kTendEvery) {
  stats_.file_bytes = file_->bytes();
  note_set();
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
  refuse_what_waits();
}

void WriterLog::refuse_what_waits() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  for (Piece* piece : {work_.piece, piece_}) {
    if (piece != nullptr) piece->stopped = piece->done = true;
  }
  for (Task* task : {work_.task, task_}) {
    if (task != nullptr) task->stopped = task->done = true;
  }
  answered_.notify_all();
}

bool WriterLog::turn() {
  take(work_);
  if (work_.abandon) return false;
  file_->shortener().follow(work_.batch);
  write();
  answer(work_.questions);
  // Asked for only when something was taken: by then it is set, and what deletes rows runs before.
  if ((!work_.batch.empty() || !work_.questions.empty()) && progress_) progress_();
  if (work_.piece != nullptr) serve(*work_.piece);  // after the batch's effects were let go: nobody waits for it there
  if (work_.piece != nullptr) answer(*std::exchange(work_.piece, nullptr));
  if (work_.task != nullptr) carry_out(*std::exchange(work_.task, nullptr));
  file_->checkpoint_if_due();
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
  work.piece = std::exchange(piece_, nullptr);
  work.task = std::exchange(task_, nullptr);
  work.stop = stop_;
  work.abandon = abandon_;
}

/// One SQLite transaction and one sync for all that a turn writes: a compaction costs no syncs of its own while there
/// is traffic.
void WriterLog::write() {
  const bool is_writing_piece = work_.piece != nullptr && work_.piece->kind >= Piece::Kind::kAdd;
  const bool shortens = dropping_ || is_writing_piece;
  if (work_.batch.empty() && !shortens) return;
  if (is_writing_piece && work_.piece->kind == Piece::Kind::kFinish) file_->sync_head();
  const double seconds = file_->write(
      work_.batch, [&](Shortener& shortener) { shorten(shortener, is_writing_piece ? work_.piece : nullptr); });
  durable_ = file_->end();
  if (is_writing_piece) note_set();
  const std::lock_guard lock(stats_mutex_);
  if (is_writing_piece && work_.piece->kind == Piece::Kind::kFinish) ++stats_.compactions;
  if (work_.batch.empty()) return;
  ++stats_.batches;
  stats_.records += work_.batch.size();
  stats_.sync_seconds += seconds;
  ++stats_.sync_buckets[sync_bucket(seconds)];
  ++stats_.batch_buckets[batch_bucket(work_.batch.size())];
}

/// The pieces that write nothing.
void WriterLog::serve(Piece& piece) {
  Shortener& shortener = file_->shortener();
  switch (piece.kind) {
    case Piece::Kind::kBegin:
      piece.cut = file_->end();
      shortener.begin(piece.cut);
      return;
    case Piece::Kind::kRead: piece.more = shortener.read(*piece.rows); return;
    case Piece::Kind::kGiveUp:
      shortener.give_up();
      dropping_ = true;  // what it had added
      return;
    case Piece::Kind::kAdd:
    case Piece::Kind::kFinish: return;  // part of what was written
  }
}

void WriterLog::shorten(Shortener& shortener, Piece* piece) {
  if (piece != nullptr && piece->kind == Piece::Kind::kAdd) shortener.add(piece->add);
  if (piece != nullptr && piece->kind == Piece::Kind::kFinish) {
    shortener.finish(piece->keys_upto);
    dropping_ = true;
  }
  if (dropping_) dropping_ = shortener.drop_some();
}

void WriterLog::note_set() {
  const std::lock_guard lock(stats_mutex_);
  stats_.cut = file_->set().cut;
  stats_.set_rows = file_->set().rows();
}

/// Hands a piece to the writer and waits until it is done. Another thread's.
void WriterLog::ask(Piece& piece) {
  std::unique_lock lock(mutex_);
  answered_.wait(lock, [&] { return ended_ || piece_ == nullptr; });
  if (ended_) {
    piece.stopped = true;
    return;
  }
  piece_ = &piece;
  wake(true);
  answered_.wait(lock, [&] { return piece.done; });
}

bool WriterLog::between(const std::function<void(LogFile&)>& work) {
  Task task{work, nullptr};
  std::unique_lock lock(mutex_);
  if (ended_) return false;
  task_ = &task;
  wake(true);
  answered_.wait(lock, [&] { return task.done; });
  if (task.thrown) std::rethrow_exception(task.thrown);
  return !task.stopped;
}

void WriterLog::carry_out(Task& task) {
  try {
    task.work(*file_);
  } catch (...) {
    task.thrown = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  task.done = true;
  answered_.notify_all();
}

void WriterLog::answer(Piece& piece) {
  const std::lock_guard lock(mutex_);
  piece.done = true;
  answered_.notify_all();  // under the lock: the piece is gone as soon as its owner may run
}

class WriterLog::Pass final : public Superseding {
 public:
  explicit Pass(WriterLog& log) : log_(log) {
    Piece piece;
    ask(piece);
    cut_ = piece.cut;
  }
  ~Pass() override {
    if (finished_ || stopped_) return;
    Piece piece;
    piece.kind = Piece::Kind::kGiveUp;
    ask(piece);
  }
  Lsn cut() const override { return cut_; }
  Read read(std::vector<Row>& rows) override {
    Piece piece;
    piece.kind = Piece::Kind::kRead;
    piece.rows = &rows;
    ask(piece);
    if (stopped_) return Read::kStopped;
    return piece.more ? Read::kMore : Read::kDone;
  }
  bool add(std::span<const Record> rows) override {
    Piece piece;
    piece.kind = Piece::Kind::kAdd;
    piece.add = rows;
    ask(piece);
    return !stopped_;
  }
  bool finish(Lsn keys_upto) override {
    Piece piece;
    piece.kind = Piece::Kind::kFinish;
    piece.keys_upto = keys_upto;
    ask(piece);
    finished_ = !stopped_;
    return finished_;
  }

 private:
  void ask(Piece& piece) {
    if (!stopped_) log_.ask(piece);
    stopped_ = stopped_ || piece.stopped;
  }

  WriterLog& log_;
  Lsn cut_ = 0;
  bool finished_ = false;
  bool stopped_ = false;
};

std::unique_ptr<Superseding> WriterLog::supersede() {
  return std::make_unique<Pass>(*this);
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
