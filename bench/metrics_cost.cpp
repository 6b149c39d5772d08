#include "bench/metrics_cost.h"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <regex>
#include <stdexcept>
#include <thread>

#include "bench/cluster.h"
#include "bench/engine_loop.h"
#include "bench/profile.h"

namespace troth::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// What the engine does for /metrics only, by mangled name. What it counts for its own limits is among it.
const char* const kAccounting =
    "Engine4Impl[0-9]+(account|recount|refresh_gauges|remembered_since)|6engine4Ages|17DurationHistogram7observe";

/// Scrapes at once, and each second from then on, until it goes.
class Scraper {
 public:
  explicit Scraper(Cluster& cluster) : thread_([this, &cluster] { run(cluster); }) {}
  ~Scraper() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Scraper(const Scraper&) = delete;
  Scraper& operator=(const Scraper&) = delete;

 private:
  void run(Cluster& cluster) {
    auto due = Clock::now();
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      cluster.scrape();
      lock.lock();
      due += std::chrono::seconds(1);
      changed_.wait_until(lock, due, [this] { return stopping_; });
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

Row share_of_engine(const Options& options) {
  Row row{"engine's time that is accounting", "%", {}, {}, 3, {}};
  std::uint64_t committed = 0;
  for (int i = 0; i < 3; ++i) {
    const Samples samples =
        profile([&] { committed += loop_engine(options.seconds); }, std::regex(kAccounting, std::regex::optimize));
    if (samples.all == 0) throw std::runtime_error("no sample was taken");
    row.runs.push_back(100 * static_cast<double>(samples.matching) / static_cast<double>(samples.all));
    row.note = "by " + std::to_string(samples.all) + " samples a run";
  }
  row.note += "; engine alone, log and participants answer at once: " +
              std::to_string(static_cast<std::uint64_t>(static_cast<double>(committed) / (3 * options.seconds))) +
              " commits/s";
  return row;
}

}  // namespace

std::vector<Row> measure_metrics(const Options& options, const std::string& dir) {
  Row ratio{"commits a second, scraped each second / not scraped", "", {}, {}, 0.97, {}};
  ratio.at_least = true;
  Row scraped{"commits a second, scraped", "/s", {}, {}, {}, {}};
  Row alone{"commits a second, not scraped", "/s", {}, {}, {}, {}};
  Row processor{"processor time a commit, scraped / not scraped", "", {}, {}, 1.03, {}};
  Row took{"a scrape, nothing else to do", "ms", {}, {}, {}, {}};
  std::uint64_t committed = 0;
  Cluster cluster(dir + "/log");
  committed += cluster.load(options.in_flight, options.seconds / 2).committed;  // warm
  const auto load = [&](Row& row) {
    const Phase phase = cluster.load(options.in_flight, options.seconds);
    committed += phase.committed;
    row.runs.push_back(phase.per_second);
    return phase.processor_us;
  };
  for (int i = 0; i < options.pairs; ++i) {
    const auto load_alone = [&] { return load(alone); };
    const auto load_scraped = [&] {
      const Scraper scraper(cluster);
      return load(scraped);
    };
    const bool alone_first = i % 2 == 0;
    const double first = alone_first ? load_alone() : load_scraped();
    const double second = alone_first ? load_scraped() : load_alone();
    processor.runs.push_back(alone_first ? second / first : first / second);
    ratio.runs.push_back(scraped.runs.back() / alone.runs.back());
    std::fprintf(stderr, "pair %d: %.0f/s scraped, %.0f/s not\n", i + 1, scraped.runs.back(), alone.runs.back());
  }
  ratio.note = "median of " + std::to_string(options.pairs) + " pairs by turns, " + std::to_string(options.in_flight) +
               " in flight";
  for (int i = 0; i < 20; ++i) {
    const auto begun = Clock::now();
    const std::string text = cluster.scrape();
    took.runs.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
    took.note = std::to_string(text.size()) + " bytes";
  }
  cluster.wait_for(R"(troth_transactions_total{outcome="committed",reason=""})", static_cast<double>(committed));
  return {ratio, processor, scraped, alone, took, share_of_engine(options)};
}

}  // namespace troth::bench
