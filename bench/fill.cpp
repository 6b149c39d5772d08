#include "bench/fill.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

#include "bench/workload.h"
#include "recovery/compaction.h"

namespace troth::bench {
namespace {

/// So many decisions go into the log at once; the ends of those that end follow with the next.
constexpr std::uint64_t kGroup = 250;
/// So many records are under way at most.
constexpr Lsn kUnderWay = 2'000;

class Filler {
 public:
  explicit Filler(const Fill& plan) : plan_(plan), log_(plan.dir) {}

  Figures run() {
    const auto begun = std::chrono::steady_clock::now();
    const Workload workload(log_.log_id(), log_.start_epoch(), now_at());
    auto head = workload.head();
    head.erase(head.begin());  // started already
    log_.append(head);
    const std::uint64_t all = plan_.unfinished + plan_.finished;
    for (std::uint64_t first = 1; first <= all; first += kGroup)
      add(workload, first, std::min(all, first + kGroup - 1));
    log_.wait_for(log_.last());
    if (plan_.compact) finish_compacting();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    if (plan_.killed) ::kill(::getpid(), SIGKILL);
    log_.log().stop();
    return {{"seconds", took.count()}};
  }

 private:
  void add(const Workload& workload, std::uint64_t first, std::uint64_t last) {
    std::vector<Fact> facts;
    fact::Ended ended;
    for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
      facts.emplace_back(workload.decided(sequence));
      if (!stays(sequence)) ended.ids.push_back(workload.id(sequence));
    }
    if (!ended.ids.empty()) facts.emplace_back(std::move(ended));
    log_.append(facts);
    if (log_.last() > kUnderWay) log_.wait_for(log_.last() - kUnderWay);
    if (plan_.compact) compact_if_due();
  }

  /// Of all transactions in a row, `unfinished` stay live, as far apart as can be.
  bool stays(std::uint64_t sequence) const {
    const std::uint64_t all = plan_.unfinished + plan_.finished;
    return sequence * plan_.unfinished / all != (sequence - 1) * plan_.unfinished / all;
  }

  void compact_if_due() {
    if (compaction_.valid() && compaction_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    if (compaction_.valid()) compaction_.get();
    const wal::LogStats stats = log_.log().stats();
    if (!recovery::is_compaction_due(log_.log().durable() - stats.cut, stats.set_rows, limits_)) return;
    compaction_ = std::async(std::launch::async, [this] { compact(log_.log(), limits_); });
  }

  void finish_compacting() {
    if (compaction_.valid()) compaction_.get();
    std::async(std::launch::async, [this] { compact(log_.log(), limits_); }).get();
    wait_until_idle(plan_.dir);
  }

  const Fill plan_;
  const Limits limits_;
  OpenLog log_;
  std::future<void> compaction_;
};

}  // namespace

Figures fill(const Fill& plan) {
  return Filler(plan).run();
}

void compact(wal::Log& log, const Limits& limits) {
  recovery::Compaction compaction(log.supersede(), limits, now_at());
  auto step = recovery::Compaction::Step::kMore;
  while (step == recovery::Compaction::Step::kMore) step = compaction.step();
  if (step != recovery::Compaction::Step::kDone) throw std::runtime_error("the compaction failed: " + compaction.why());
}

void wait_until_idle(const std::string& dir) {
  namespace files = std::filesystem;
  constexpr std::chrono::seconds kStill{2};  // no batch takes that long, on a busy machine either
  const auto newest = [&dir] {
    files::file_time_type at = files::file_time_type::min();
    for (const auto& entry : files::directory_iterator(dir)) {
      if (entry.path().extension() == ".db-wal") at = std::max(at, entry.last_write_time());
    }
    return at;
  };
  for (auto before = files::file_time_type::max(); before != newest();) {
    before = newest();
    std::this_thread::sleep_for(kStill);
  }
}

}  // namespace troth::bench
