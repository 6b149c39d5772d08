// coordinator/ctl/survey.h: what the API shows of a coordinator as a whole, gathered once for `status` and `doctor`.
#pragma once

#include <boost/json/array.hpp>

#include "coordinator/ctl/client.h"
#include "coordinator/ctl/scrape.h"
#include "coordinator/ctl/verb.h"

namespace troth::ctl {

struct Survey {
  Answer ready;         // /readyz?verbose; if no trothd answers, the rest is empty
  Millis asked_at = 0;  // when that came, by the clock here
  std::vector<Check> checks;
  Scrape metrics{""};
  std::string version;
  std::string log_id;
  std::string epoch;
  boost::json::array participants;
  std::string no_metrics;       // why the metrics did not come; empty: they came
  std::string no_participants;  // the same of the list of participants

  bool is_reachable() const { return !checks.empty() || !ready.slug().empty(); }
  bool is_ready() const { return ready.status == 200; }
  /// Why it is not; empty when it is.
  std::string why_not_ready() const;
  bool is_whole() const { return no_metrics.empty() && no_participants.empty(); }
  /// A gauge or counter summed over its labels; 0 when it did not come.
  double number(const std::string& metric) const { return metrics.sum(metric).value_or(0); }
};

/// Waits a few seconds for each answer: who asks how it is wants to hear soon that it hangs.
Survey take_survey(Client& client);
/// Looks at the metrics again.
Scrape scrape_again(Client& client);

int run_status(Invocation& invocation);
int run_doctor(Invocation& invocation);

}  // namespace troth::ctl
