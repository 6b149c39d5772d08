#include "bench/commits.h"

#include <deque>
#include <functional>
#include <future>
#include <thread>
#include <utility>

#include "bench/fill.h"
#include "bench/open_log.h"
#include "bench/pace.h"
#include "bench/workload.h"

namespace troth::bench {
namespace {

constexpr std::uint64_t kUnfinished = 1'000;
/// A phase goes on no longer: on a machine that has no time for a compaction, what it costs is seen by then.
constexpr std::chrono::seconds kLongest{15};

class CompactedLog {
 public:
  CompactedLog(const std::string& dir, const Load& load, std::uint64_t records)
      : dir_(dir), load_(load), records_(records), log_(dir), workload_(log_.log_id(), log_.start_epoch(), now_at()) {
    log_.append(workload_.head());
    add(kUnfinished, false);
  }
  ~CompactedLog() { log_.log().stop(); }

  Pace alone(double seconds) {
    wait_until_idle(dir_);
    const auto until = Pace::Clock::now() + std::chrono::duration<double>(seconds);
    return run([until] { return Pace::Clock::now() >= until; });
  }

  Pace compacted() {
    for (const Lsn from = log_.last(); log_.last() < from + records_;) add(kGroup, true);
    wait_until_idle(dir_);
    const std::uint64_t superseded = log_.last() - log_.log().stats().cut + log_.log().stats().set_rows;
    auto job = std::async(std::launch::async, [this, superseded] { compact_and_delete(superseded); });
    const auto until = Pace::Clock::now() + kLongest;
    Pace pace = run([&job, until] {
      return job.wait_for(std::chrono::seconds(0)) == std::future_status::ready || Pace::Clock::now() >= until;
    });
    job.get();
    return pace;
  }

 private:
  static constexpr std::uint64_t kGroup = 250;

  /// As fast as the log takes them.
  void add(std::uint64_t transactions, bool end) {
    std::vector<Fact> facts;
    fact::Ended ended;
    for (std::uint64_t i = 0; i < transactions; ++i) {
      facts.emplace_back(workload_.decided(next_));
      if (end) ended.ids.push_back(workload_.id(next_));
      ++next_;
    }
    if (end) facts.emplace_back(std::move(ended));
    log_.append(facts);
    log_.wait_for(log_.last());
  }

  /// When the set is in place the work is not over: the writer deletes what it supersedes, a piece with each batch and
  /// pieces between them. This ends when it has some left, so that all of the phase was disturbed.
  void compact_and_delete(std::uint64_t superseded) {
    constexpr std::uint64_t kRowsWithEachBatch = 128;
    compact(log_.log(), Limits());
    const std::uint64_t last = log_.log().stats().batches + superseded / kRowsWithEachBatch / 2;
    const auto until = Pace::Clock::now() + kLongest;
    while (log_.log().stats().batches < last && Pace::Clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  /// What the engine's thread does: takes what the log says, appends what is due, and with it the ends of those done.
  Pace run(const std::function<bool()>& is_over) {
    Pace pace(load_);
    std::deque<Lsn> waiting;  // of each commit under way
    std::vector<Fact> facts;
    fact::Ended ended;
    std::uint64_t oldest = next_;
    for (bool over = false; !over || pace.under_way() > 0;) {
      over = over || is_over();
      const std::uint64_t due = over ? 0 : pace.take_due();
      facts.clear();
      for (std::uint64_t i = 0; i < due; ++i) facts.emplace_back(workload_.decided(next_++));
      if (!ended.ids.empty()) facts.emplace_back(std::exchange(ended, {}));
      const Lsn before = log_.last();
      if (!facts.empty()) log_.append(facts);
      for (std::uint64_t i = 1; i <= due; ++i) waiting.push_back(before + i);
      for (const OpenLog::Progress& progress : log_.take_progress(pace.next_due())) {
        for (; !waiting.empty() && waiting.front() <= progress.durable; waiting.pop_front()) {
          pace.end(1, progress.at);
          ended.ids.push_back(workload_.id(oldest++));
        }
      }
    }
    return pace;
  }

  const std::string dir_;
  const Load load_;
  const std::uint64_t records_;
  OpenLog log_;
  const Workload workload_;
  std::uint64_t next_ = 1;
};

}  // namespace

Comparison compare_compacting(const std::string& dir, const Load& load, std::uint64_t records, int pairs) {
  CompactedLog log(dir, load, records);
  return compare(
      pairs, [&] { return log.compacted(); }, [&](double seconds) { return log.alone(seconds); });
}

}  // namespace troth::bench
