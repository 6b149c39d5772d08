// tests/sim/trace.h: what happened, a line each, for a history that is played again to be read; else nothing is built.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "proto/values/ids.h"
#include "tests/sim/clock.h"

namespace troth::sim {

/// Short names of ids for people: t<epoch>.<sequence> and t<epoch>.<sequence>/<branch>.
inline std::string name_of(const TransactionId& id) {
  return "t" + std::to_string(id.epoch.epoch) + "." + std::to_string(id.sequence);
}
inline std::string name_of(const BranchId& id) {
  return name_of(id.transaction) + "/" + std::to_string(id.n);
}

class Trace {
 public:
  Trace(const Clock& clock, bool on) : clock_(clock), on_(on) {}
  bool on() const { return on_; }
  template <class... Parts>
  void line(const Parts&... parts) {
    if (!on_) return;
    std::ostringstream text;
    const Micros now = clock_.now();
    text << now / kMillisecond << '.' << (now % kMillisecond) / 100 << " ms  ";
    (text << ... << parts);
    lines_.push_back(text.str());
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  const Clock& clock_;
  bool on_;
  std::vector<std::string> lines_;
};

}  // namespace troth::sim
