#include "bench/pace.h"

#include "bench/report.h"

namespace troth::bench {

Comparison compare(int pairs, const std::function<Pace()>& with, const std::function<Pace(double seconds)>& alone) {
  Comparison found;
  double seconds = 0;
  const auto run_with = [&] {
    Pace phase = with();
    seconds = phase.seconds();
    found.p99_ms.push_back(percentile(phase.took_ms(), 0.99));
    found.rates.push_back(static_cast<double>(phase.ended()) / seconds);
    found.job_seconds.push_back(seconds);
  };
  const auto run_alone = [&] {
    Pace phase = alone(seconds);
    found.p99_ms_alone.push_back(percentile(phase.took_ms(), 0.99));
    found.rates_alone.push_back(static_cast<double>(phase.ended()) / phase.seconds());
  };
  for (int pair = 0; pair < pairs; ++pair) {
    if (pair % 2 == 0) run_with();
    run_alone();
    if (pair % 2 == 1) run_with();
    found.ratios.push_back(found.p99_ms.back() / found.p99_ms_alone.back());
  }
  return found;
}

}  // namespace troth::bench
