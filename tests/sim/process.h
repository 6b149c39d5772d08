// tests/sim/process.h: something that can be killed, started again and stopped for a while (SIGSTOP). What it asked for
// is not done after it died, and is late when it wakes up late.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "tests/sim/clock.h"

namespace troth::sim {

class Process {
 public:
  explicit Process(Clock& clock) : clock_(clock) {}
  virtual ~Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool alive() const { return alive_; }
  /// Which start of it this is: what was meant for another one is dropped.
  std::uint64_t life() const { return life_; }
  void pause_until(Micros due) { paused_until_ = due > paused_until_ ? due : paused_until_; }
  /// Does `work` in `delay`, unless this start of the process is over by then.
  void later(Micros delay, std::function<void()> work) { on_time(clock_.now() + delay, life_, std::move(work)); }

 protected:
  void begin_life() {
    ++life_;
    alive_ = true;
  }
  void end_life() {
    ++life_;
    alive_ = false;
  }

 private:
  void on_time(Micros due, std::uint64_t life, std::function<void()> work) {
    clock_.at(due, [this, life, work = std::move(work)]() mutable {
      if (life != life_) return;
      if (clock_.now() >= paused_until_ && stopped_.empty()) return work();
      // In the order in which they came, also when it is stopped again meanwhile.
      stopped_.emplace_back(life, std::move(work));
      if (stopped_.size() == 1) wake_up();
    });
  }
  void wake_up() {
    clock_.at(std::max(paused_until_, clock_.now()), [this] {
      if (clock_.now() < paused_until_) return wake_up();
      for (auto& [life, work] : std::exchange(stopped_, {})) {
        if (life == life_) work();
      }
    });
  }

  Clock& clock_;
  std::uint64_t life_ = 0;
  bool alive_ = false;
  Micros paused_until_ = 0;
  std::vector<std::pair<std::uint64_t, std::function<void()>>> stopped_;  // due while it was stopped
};

}  // namespace troth::sim
