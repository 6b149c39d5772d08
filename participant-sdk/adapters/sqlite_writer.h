// The one thread that uses the connection. What callers ask for at the same time goes into one transaction, so that
// many branches share one sync; nobody is answered before it is durable.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "participant-sdk/adapters/sqlite_db.h"

namespace troth::sqlite {

using Clock = std::chrono::steady_clock;

/// Another branch holds a row: try again when it has let go, at the latest after `patience`.
struct Blocked {
  BranchId holder;
  std::chrono::milliseconds patience{0};
};

/// What a task says about the transaction it is part of. Nothing of it counts unless that becomes durable.
struct Batch {
  std::vector<BranchId> released;                   // branches that hold no rows any more; counts also when undone
  std::vector<std::function<void()>> when_durable;  // changes to what is in memory
  std::vector<std::function<void()>> when_lost;     // undo what was changed in memory at once
};

class Writer {
 public:
  /// Runs inside a savepoint of a transaction. May run several times; only the last run counts, so it sets its results
  /// and does not add to them. Blocked undoes what it did; with `may_wait` false it must come to an answer. An
  /// exception undoes it too, and goes to the caller.
  using Task = std::function<std::optional<Blocked>(Batch&, bool may_wait)>;
  /// Deferred work at the front of a transaction: does a bounded part and says whether more is left.
  using Chore = std::function<bool(Batch&)>;
  /// A COMMIT failed, so what is on disk is unknown. Called once, on the writer's thread, before anybody is told; from
  /// then on every task gets that error.
  using Broken = std::function<void(const SqliteError&)>;

  Writer(const Connection& db, Chore chore, Broken broken, unsigned max_waiting);
  ~Writer();  // tasks not begun get an exception; returns when every caller has gone
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Returns when `task` has run and what it did is durable. Throws on the writer's own thread, so inside a task: it
  /// would wait for itself.
  void run(const Task& task);
  /// The chore has something to do: it is done with the next transaction, within a second.
  void remind();

 private:
  struct Job {
    const Task* task = nullptr;
    std::optional<Blocked> blocked;
    std::optional<Clock::time_point> patience_ends;  // since the first time it was blocked
    std::exception_ptr error;
    bool done = false;
    std::condition_variable answered;
  };

  void loop();
  std::vector<Job*> take();
  bool due(Clock::time_point now) const;
  Clock::time_point next_due() const;
  void serve(std::vector<Job*> jobs);
  bool attempt(std::vector<Job*>& jobs, Batch& batch);
  bool attempt_one(Job& job, Batch& batch);
  void settle(const std::vector<Job*>& jobs, const Batch& batch);
  void requeue(const std::vector<BranchId>& released);
  void give_up(const std::vector<Job*>& jobs, const std::exception_ptr& error);
  void break_off(Batch& batch);
  bool may_wait(const Job& job) const;
  void finish(Job& job);

  const Connection& db_;
  const Chore chore_;
  const Broken on_broken_;
  const unsigned max_waiting_;

  std::mutex mutex_;
  std::condition_variable work_;  // for the writer
  std::condition_variable left_;  // for the destructor: a caller has gone
  unsigned callers_ = 0;
  std::deque<Job*> queue_;
  bool stopping_ = false;
  std::optional<Clock::time_point> chore_due_;
  std::exception_ptr broken_;  // a COMMIT failed: what is on disk is unknown

  // The writer's own.
  std::list<Job*> parked_;  // blocked, in the order they were last tried
  unsigned waiting_ = 0;    // jobs that were blocked and are not done
  std::thread thread_;
};

}  // namespace troth::sqlite
