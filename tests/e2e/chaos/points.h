// tests/e2e/chaos/points.h: the named points of a running trothd, and the one at which it ends itself.
//
// A name is `<where>.<what>.<thing>` or `<where>.<thing>`; the table is in tests/e2e/README.md. The environment says
// which one kills: TROTH_KILL_AT=<name>:<n>, when it is passed for the n-th time; of <name>:<n>,<name>:<n> the second
// is counted from the first on. TROTH_KILL_LIST=<file> gets the name of each point passed, a line each.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace troth::chaos {

/// All of it may be called from any thread.
class Points {
 public:
  using Environment = std::function<const char*(const char*)>;
  /// Throws std::invalid_argument when TROTH_KILL_AT is not of the form above: a misspelt point would kill nothing.
  explicit Points(const Environment& environment);
  ~Points();
  Points(const Points&) = delete;
  Points& operator=(const Points&) = delete;

  /// Ends the process, as kill -9 would, when this is where.
  void pass(std::string_view name) {
    if (reach(name)) die();
  }
  /// The same, but leaves the ending to the caller: true once.
  bool reach(std::string_view name);
  /// From now on the next `something_came_in` is where.
  void arm() { armed_ = true; }
  void something_came_in() {
    if (armed_) die();
  }
  [[noreturn]] void die();

  /// Which part of a process's life this is: `open` until the log is replayed, then `serve`, then `stop`.
  void enter(std::string_view phase);
  /// `pass` of `<phase>.<act>`.
  void pass_in_phase(std::string_view act);

 private:
  struct Step {
    std::string name;
    std::uint64_t n = 0;
  };
  static Step read_step(const std::string& text);

  std::string text_;
  std::vector<Step> steps_;  // to be reached one after the other; the last kills
  std::atomic<bool> armed_ = false;
  int list_ = -1;

  std::mutex mutex_;
  std::size_t step_ = 0;      // the one that comes next
  std::uint64_t passed_ = 0;  // its point, so often
  std::string phase_ = "open";
};

}  // namespace troth::chaos
