#include "participant-sdk/adapters/sqlite_writer.h"

#include <algorithm>

#include "participant-sdk/adapters/sqlite_changeset.h"

namespace troth::sqlite {
namespace {

constexpr std::chrono::seconds kChoreDelay{1};
constexpr std::size_t kMaxBatch = 256;

}  // namespace

Writer::Writer(const Connection& db, Chore chore, Broken broken, unsigned max_waiting)
    : db_(db), chore_(std::move(chore)), on_broken_(std::move(broken)), max_waiting_(max_waiting), thread_([this] {
        loop();
      }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  thread_.join();
  std::unique_lock lock(mutex_);
  left_.wait(lock, [this] { return callers_ == 0; });
}

void Writer::run(const Task& task) {
  if (std::this_thread::get_id() == thread_.get_id()) {
    throw SqliteError(SQLITE_MISUSE, "the work of a branch called the resource it runs on");
  }
  Job job;
  job.task = &task;
  std::unique_lock lock(mutex_);
  if (broken_) std::rethrow_exception(broken_);
  if (stopping_) throw SqliteError(SQLITE_MISUSE, "the resource is closing");
  queue_.push_back(&job);
  work_.notify_one();
  ++callers_;
  job.answered.wait(lock, [&job] { return job.done; });
  if (--callers_ == 0) left_.notify_one();
  if (job.error) std::rethrow_exception(job.error);
}

void Writer::remind() {
  const std::lock_guard lock(mutex_);
  if (!chore_due_) chore_due_ = Clock::now() + kChoreDelay;
  work_.notify_one();
}

void Writer::loop() {
  for (;;) {
    std::vector<Job*> jobs = take();
    std::exception_ptr refused;
    bool last = false;
    {
      const std::lock_guard lock(mutex_);
      last = stopping_;
      refused = broken_;
      if (last && !refused) refused = std::make_exception_ptr(SqliteError(SQLITE_MISUSE, "the resource is closing"));
      if (refused) {
        jobs.insert(jobs.end(), queue_.begin(), queue_.end());
        jobs.insert(jobs.end(), parked_.begin(), parked_.end());
        queue_.clear();
        parked_.clear();
        chore_due_.reset();
      }
    }
    refused ? give_up(jobs, refused) : serve(std::move(jobs));
    if (last) return;
  }
}

/// Waits until there is something to do: jobs, a blocked job whose patience ended, or the chore.
std::vector<Writer::Job*> Writer::take() {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return stopping_ || !queue_.empty() || due(Clock::now()); };
  while (!ready()) {
    const Clock::time_point until = next_due();
    until == Clock::time_point::max() ? work_.wait(lock) : void(work_.wait_until(lock, until));
  }
  std::vector<Job*> jobs;
  const auto now = Clock::now();
  for (auto it = parked_.begin(); it != parked_.end();) {
    if (*(*it)->patience_ends > now) {
      ++it;
      continue;
    }
    jobs.push_back(*it);
    it = parked_.erase(it);
  }
  while (!queue_.empty() && jobs.size() < kMaxBatch) {
    jobs.push_back(queue_.front());
    queue_.pop_front();
  }
  return jobs;
}

bool Writer::due(Clock::time_point now) const {
  return next_due() <= now;
}

Clock::time_point Writer::next_due() const {
  Clock::time_point next = chore_due_ ? *chore_due_ : Clock::time_point::max();
  for (const Job* job : parked_) next = std::min(next, *job->patience_ends);
  return next;
}

/// Runs `jobs` in one transaction. When SQLite gave up the whole transaction because of one of them, that one is out
/// and the others run again.
void Writer::serve(std::vector<Job*> jobs) {
  for (;;) {
    Batch batch;
    try {
      db_.begin();
      if (!attempt(jobs, batch)) {
        break_off(batch);
        continue;
      }
    } catch (...) {
      break_off(batch);
      return give_up(jobs, std::current_exception());
    }
    try {
      db_.commit();
    } catch (const SqliteError& error) {
      on_broken_(error);
      const std::exception_ptr why = std::current_exception();
      break_off(batch);
      const std::lock_guard lock(mutex_);
      broken_ = why;
    }
    return broken_ ? give_up(jobs, broken_) : settle(jobs, batch);
  }
}

/// The transaction is not to be: back to what was before, also in memory.
void Writer::break_off(Batch& batch) {
  db_.rollback();
  for (auto undo = batch.when_lost.rbegin(); undo != batch.when_lost.rend(); ++undo) (*undo)();
  const std::lock_guard lock(mutex_);
  chore_due_ = Clock::now() + kChoreDelay;
}

/// False when the transaction is gone, and with it the job that ended it.
bool Writer::attempt(std::vector<Job*>& jobs, Batch& batch) {
  {
    const std::lock_guard lock(mutex_);
    chore_due_.reset();  // first, so that a reminder that comes while the chore runs is not lost
  }
  if (chore_(batch)) {
    const std::lock_guard lock(mutex_);
    chore_due_ = Clock::now();
  }
  for (auto it = jobs.begin(); it != jobs.end(); ++it) {
    if (attempt_one(**it, batch)) continue;
    give_up({*it}, (*it)->error);
    jobs.erase(it);
    return false;
  }
  return true;
}

/// Runs one job in a savepoint of its own. False when the transaction is gone.
bool Writer::attempt_one(Job& job, Batch& batch) {
  job.blocked.reset();
  job.error = nullptr;
  Batch own;
  try {
    Savepoint savepoint(db_);
    job.blocked = (*job.task)(own, may_wait(job));
    if (!job.blocked) {
      savepoint.keep();
      std::move(own.when_durable.begin(), own.when_durable.end(), std::back_inserter(batch.when_durable));
      std::move(own.when_lost.begin(), own.when_lost.end(), std::back_inserter(batch.when_lost));
    } else if (!job.patience_ends) {
      job.patience_ends = Clock::now() + job.blocked->patience;
      ++waiting_;
    }
  } catch (...) {
    job.error = std::current_exception();
  }
  // Whoever waits for these may try again; that is right even when the job itself came to nothing.
  batch.released.insert(batch.released.end(), own.released.begin(), own.released.end());
  if (db_.in_transaction()) return true;
  if (!job.error) job.error = std::make_exception_ptr(SqliteError(SQLITE_ABORT, "SQLite ended the transaction"));
  return false;
}

bool Writer::may_wait(const Job& job) const {
  return job.patience_ends ? Clock::now() < *job.patience_ends : waiting_ < max_waiting_;
}

void Writer::settle(const std::vector<Job*>& jobs, const Batch& batch) {
  for (const auto& change : batch.when_durable) change();
  const std::lock_guard lock(mutex_);
  for (Job* job : jobs) {
    if (job->error || !job->blocked) {
      finish(*job);
    } else {
      parked_.push_back(job);
    }
  }
  requeue(batch.released);
}

/// Lets those try again that waited for one of `released`; in their order, and before newcomers.
void Writer::requeue(const std::vector<BranchId>& released) {
  for (auto it = parked_.end(); it != parked_.begin();) {
    --it;
    const BranchId& holder = (*it)->blocked->holder;
    if (std::find(released.begin(), released.end(), holder) == released.end()) continue;
    queue_.push_front(*it);
    it = parked_.erase(it);
  }
}

void Writer::finish(Job& job) {
  if (job.patience_ends) --waiting_;
  job.done = true;
  job.answered.notify_one();
}

void Writer::give_up(const std::vector<Job*>& jobs, const std::exception_ptr& error) {
  const std::lock_guard lock(mutex_);
  for (Job* job : jobs) {
    job->error = error;
    finish(*job);
  }
}

}  // namespace troth::sqlite
