#include "coordinator/server/metric_builder.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

namespace troth::server {

using prometheus::MetricType;

Metrics& Metrics::begin(std::string name, std::string help, MetricType type) {
  families_.push_back({std::move(name), std::move(help), type, {}});
  return *this;
}
Metrics& Metrics::counter(std::string name, std::string help) {
  return begin(std::move(name), std::move(help), MetricType::Counter);
}
Metrics& Metrics::gauge(std::string name, std::string help) {
  return begin(std::move(name), std::move(help), MetricType::Gauge);
}
Metrics& Metrics::histogram(std::string name, std::string help) {
  return begin(std::move(name), std::move(help), MetricType::Histogram);
}

double Metrics::infinity() {
  return std::numeric_limits<double>::infinity();
}

void Metrics::add(double value, Labels labels) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  if (families_.back().type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  families_.back().metric.push_back(std::move(metric));
}

void Metrics::add_duration(const engine::DurationHistogram& histogram, Labels labels) {
  add_histogram(engine::kDurationBoundsMs, histogram.buckets, 0.001, histogram.sum_ms * 0.001, std::move(labels));
}

namespace {

/// -1: no limit.
double soft_limit(int resource) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return -1;
  return static_cast<double>(limit.rlim_cur);
}

double seconds_of(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// The kernel tells it in ticks since the boot. When that was stands in /proc/stat too, but that is hidden from a
/// service that sees only processes (ProcSubset=pid). Computed once: a clock that is set must not look like a restart.
double start_time() {
  static const double kStarted = [] {
    std::string text;
    std::getline(std::ifstream("/proc/self/stat"), text);
    std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));  // the name may hold anything
    constexpr int kStartTime = 20;                                                       // the 22nd of all
    std::string field;
    for (int i = 0; i < kStartTime; ++i) fields >> field;
    const double booted_at = seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME);
    return booted_at + std::strtod(field.c_str(), nullptr) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }();
  return kStarted;
}

}  // namespace

void add_process(Metrics& metrics) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + t.tv_usec * 1e-6; };
  std::ifstream statm("/proc/self/statm");
  std::uint64_t virtual_pages = 0;
  std::uint64_t resident_pages = 0;
  statm >> virtual_pages >> resident_pages;
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  std::error_code error;
  double descriptors = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end; at.increment(error)) {
    ++descriptors;
  }
  metrics.counter("process_cpu_seconds_total", "User and system CPU time.")
      .add(seconds(usage.ru_utime) + seconds(usage.ru_stime));
  metrics.gauge("process_max_fds", "Most file descriptors it may have open.").add(soft_limit(RLIMIT_NOFILE));
  metrics.gauge("process_virtual_memory_max_bytes", "Most virtual memory it may have; -1: no limit.")
      .add(soft_limit(RLIMIT_AS));
  metrics.gauge("process_resident_memory_bytes", "Resident memory.").add(static_cast<double>(resident_pages) * page);
  metrics.gauge("process_virtual_memory_bytes", "Virtual memory.").add(static_cast<double>(virtual_pages) * page);
  metrics.gauge("process_open_fds", "Open file descriptors.").add(descriptors);
  metrics.gauge("process_start_time_seconds", "When the process began, since the Unix epoch.").add(start_time());
}

}  // namespace troth::server
