// tests/e2e/ops/prometheus.h: a real Prometheus with the rules of deploy/, in a hurry.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/world.h"

namespace troth::e2e {

/// deploy/prometheus/rules.yml made quick, in two ways and no other: the minute that a branch may be in doubt is one
/// second, and so is the minute for which TrothInDoubt and TrothParticipantGone hold before they fire. All others keep
/// their minutes: on a machine that is slow for a moment they are as quiet as they are meant to be.
std::string hurried(const std::string& rules);

/// An alert as Prometheus shows it.
struct Alert {
  std::string name;
  std::string participant;  // empty: it has no such label
  std::string severity;
  std::string summary;
};

/// Scrapes `target` each second from its construction to its destruction (kill -9). Main thread only; throws
/// std::runtime_error, with what it printed, when it does not start.
class Prometheus {
 public:
  Prometheus(const std::string& target, const std::string& rules);

  /// Those that fire.
  std::vector<Alert> alerts();
  /// The alert of that name for that participant; null when it does not fire.
  std::unique_ptr<Alert> firing(const std::string& name, const std::string& participant);
  /// The value of an instant query that has one; NaN when it has none.
  double value(const std::string& query);

 private:
  transport::HttpResult get(const std::string& target);

  TempDir dir_;
  transport::Io io_;
  demo::Process process_;
  std::unique_ptr<transport::HttpClient> client_;
};

}  // namespace troth::e2e
