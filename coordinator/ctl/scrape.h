// coordinator/ctl/scrape.h: /metrics and /readyz as `status` and `doctor` read them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troth::ctl {

/// The samples of Prometheus' text format.
class Scrape {
 public:
  using Labels = std::map<std::string, std::string>;
  struct Sample {
    Labels labels;
    double value = 0;
  };

  explicit Scrape(const std::string& text);

  const std::vector<Sample>& all(const std::string& name) const;
  /// The sum over all labels; nothing when this coordinator has no such metric.
  std::optional<double> sum(const std::string& name) const;
  /// The upper bound of the bucket in which a histogram's quantile lies; nothing without observations.
  std::optional<double> quantile(const std::string& name, double part) const;

 private:
  std::map<std::string, std::vector<Sample>> samples_;
};

/// One line of `/readyz?verbose`.
struct Check {
  std::string name;
  bool is_ok = false;
  std::string why;
};
std::vector<Check> read_checks(const std::string& text);

}  // namespace troth::ctl
