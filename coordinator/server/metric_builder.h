// coordinator/server/metric_builder.h: short words for prometheus-cpp's plain structs.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "coordinator/engine/stats.h"

namespace troth::server {

using Labels = std::vector<prometheus::ClientMetric::Label>;

class Metrics {
 public:
  /// Values added until the next call belong to this family.
  Metrics& counter(std::string name, std::string help);
  Metrics& gauge(std::string name, std::string help);
  Metrics& histogram(std::string name, std::string help);

  void add(double value, Labels labels = {});
  /// `counts` per bucket (not cumulative), one more than `bounds`.
  template <class Bounds, class Counts>
  void add_histogram(const Bounds& bounds, const Counts& counts, double unit, double sum, Labels labels = {}) {
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      total += counts[i];
      metric.histogram.bucket.push_back({total, i < bounds.size() ? bounds[i] * unit : infinity()});
    }
    metric.histogram.sample_count = total;
    metric.histogram.sample_sum = sum;
    families_.back().metric.push_back(std::move(metric));
  }
  /// In seconds.
  void add_duration(const engine::DurationHistogram& histogram, Labels labels = {});

  const std::vector<prometheus::MetricFamily>& families() const { return families_; }

 private:
  static double infinity();
  Metrics& begin(std::string name, std::string help, prometheus::MetricType type);
  std::vector<prometheus::MetricFamily> families_;
};

/// process_*: read from the kernel at this moment.
void add_process(Metrics& metrics);

}  // namespace troth::server
