#include "tests/sim/run.h"

#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>

#include "tests/mutants/step_probe.h"
#include "tests/sim/sim_log.h"
#include "tests/sim/sqlite_sim_log.h"

namespace troth::sim {
namespace {

using Stopwatch = std::chrono::steady_clock;

/// Of this thread: what else the machine does is not ours.
double processor_seconds() {
  timespec spent{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

thread_local mutants::Cells* t_cells = nullptr;

void note_step(const core::Transaction& before, const core::Event& event, core::Now now) {
  if (t_cells) t_cells->note(before, event, now);
}

MakeStorage storage_of(LogKind kind) {
  if (kind == LogKind::kSim) return [](LogId log, std::uint64_t) { return std::make_unique<SimStorage>(log); };
  return [](LogId log, std::uint64_t seed) {
    SqliteStorage::Options options;
    options.disk.seed = seed;
    return std::make_unique<SqliteStorage>(log, options);
  };
}

}  // namespace

void Summary::add(const Summary& other) {
  histories += other.histories;
  commits += other.commits;
  aborts += other.aborts;
  heuristics += other.heuristics;
  crashes += other.crashes;
  steps += other.steps;
  busy_seconds += other.busy_seconds;
  for (std::size_t i = 0; i < with_fault.size(); ++i) with_fault[i] += other.with_fault[i];
  violations.insert(violations.end(), other.violations.begin(), other.violations.end());
}

Summary run_history(std::uint64_t seed, LogKind log, mutants::Cells& cells, std::vector<std::string>* trace) {
  const double begun = processor_seconds();
  t_cells = &cells;
  Summary summary;
  {
    World world(seed, storage_of(log), trace != nullptr);
    world.run();
    summary.histories = 1;
    summary.commits = world.oracle.commits();
    summary.aborts = world.oracle.told_aborts();
    summary.heuristics = world.oracle.heuristics();
    summary.crashes = world.crashes;
    summary.steps = world.clock.steps();
    for (std::size_t i = 0; i < world.faults.size(); ++i) summary.with_fault[i] = world.faults[i] != 0 ? 1 : 0;
    for (const auto& what : world.oracle.violations()) summary.violations.push_back({seed, what});
    if (trace) *trace = world.trace.lines();
  }
  summary.busy_seconds = processor_seconds() - begun;
  return summary;
}

Summary run(const Job& job, mutants::Cells& cells) {
  probe::on_step = note_step;
  Summary all;
  std::mutex mutex;
  std::atomic<std::uint64_t> next = 0;
  std::atomic<bool> stop = false;
  const mutants::Cells empty = cells;
  auto told = Stopwatch::now();
  const auto work = [&] {
    mutants::Cells mine = empty;
    Summary sum;
    while (!stop) {
      const std::uint64_t k = next++;
      if (k >= job.seeds) break;
      sum.add(run_history(job.from + k, job.log, mine, nullptr));
      if (job.stop_at_first && !sum.violations.empty()) stop = true;
      if (job.progress_every == 0) continue;
      const std::lock_guard lock(mutex);
      const auto now = Stopwatch::now();
      if (std::chrono::duration<double>(now - told).count() < job.progress_every) continue;
      told = now;
      std::fprintf(stderr, "sim: %llu of %llu histories\n", static_cast<unsigned long long>(k + 1),
                   static_cast<unsigned long long>(job.seeds));
    }
    const std::lock_guard lock(mutex);
    all.add(sum);
    cells.merge(mine);
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < job.workers; ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  return all;
}

}  // namespace troth::sim
