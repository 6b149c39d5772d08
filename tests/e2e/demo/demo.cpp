#include "tests/e2e/demo/demo.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "tests/e2e/demo/books.h"
#include "tests/e2e/demo/interrupt.h"
#include "tests/e2e/demo/kills.h"
#include "tests/e2e/demo/load.h"
#include "tests/e2e/demo/system.h"

namespace troth::demo {
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 100ms;
constexpr int kSettleSeconds = 90;
constexpr auto kStandstill = 120s;  // longer than any deadline in the system

class Run {
 public:
  Run(const Options& options, const std::string& dir, Progress& progress)
      : options_(options), dir_(dir), progress_(progress), system_(options, dir, io_) {}

  Result make() {
    system_.start();
    const Databases databases{system_.database(0), system_.database(1)};
    result_.seed = options_.seed;
    result_.transfers = options_.transfers;
    result_.money_before = money_in(databases);
    const auto transfers = draw_transfers(options_.transfers, options_.seed);
    {
      Load load(io_, system_.url(), transfers, options_.in_flight);
      kill_while(load);
      note(load);
      told_ = load.told();
    }
    system_.wait_until_serving();
    if (!system_.wait_until_settled(kSettleSeconds)) progress_.say("something is still open: see " + dir_);
    result_.in_doubt = system_.in_doubt();
    if (options_.keep) {
      check(databases, transfers);  // before others play with it
      keep_until_interrupted();
    }
    result_.unclean_stop = system_.stop();
    if (options_.keep) return result_;
    result_.in_doubt = std::max(result_.in_doubt, system_.in_doubt());
    check(databases, transfers);
    return result_;
  }

 private:
  void kill_while(Load& load) {
    const auto kills = options_.random_moments ? random_kills(options_.kills, options_.transfers, options_.seed)
                                               : even_kills(options_.kills, options_.transfers);
    for (const Kill& kill : kills) {
      wait_for(load, kill.after);
      std::this_thread::sleep_for(kill.delay);
      system_.kill_and_restart(kill.part);
      ++result_.kills_of[static_cast<std::size_t>(kill.part)];
    }
    wait_for(load, options_.transfers);
  }

  void wait_for(Load& load, std::uint32_t count) {
    std::uint32_t before = 0;
    auto moved_at = std::chrono::steady_clock::now();
    for (;;) {
      const std::uint32_t done = load.wait_for(count, kLook);
      progress_.show(done, result_.kills());
      if (done >= count) return;
      system_.check_all_alive();
      const auto now = std::chrono::steady_clock::now();
      if (done != before) moved_at = now;
      before = done;
      if (now - moved_at > kStandstill) throw std::runtime_error("nothing moves any more: see the logs in " + dir_);
    }
  }

  void note(const Load& load) {
    result_.seconds = load.seconds();
    result_.repeats = load.repeats();
    for (const Told& told : load.told()) {
      ++(told.committed ? result_.committed : result_.aborted);
      if (!told.committed) ++result_.abort_reasons[told.abort_reason];
    }
    write_told(dir_ + "/told.jsonl", load.told());
  }

  void check(const Databases& databases, const std::vector<Transfer>& transfers) {
    result_.money_after = money_in(databases);
    result_.mismatches = mismatches(databases, transfers, told_);
  }

  void keep_until_interrupted() {
    progress_.say(table(result_) + last_line(result_));
    progress_.say("\nrunning: " + system_.url() + "   files: " + dir_ + "\n" + things_to_try(system_.url()) +
                  "Ctrl-C ends it.");
    while (!is_interrupted()) {
      std::this_thread::sleep_for(kLook);
      if (!is_interrupted()) system_.check_all_alive();
    }
  }

  static std::string things_to_try(const std::string& url) {
    return "  curl -s " + url +
           "/v1/transactions -H 'content-type: application/json' -d '{\"commit\":true,\"branches\":["
           "{\"participant\":\"bank-a\",\"payload\":{\"account\":1,\"amount\":-50}},"
           "{\"participant\":\"bank-b\",\"payload\":{\"account\":2,\"amount\":50}}]}'\n"
           "  curl -s '" +
           url + "/v1/transactions?pageSize=3'\n  curl -s " + url + "/v1/participants\n  curl -s " + url + "/metrics\n";
  }

  const Options& options_;
  const std::string& dir_;
  Progress& progress_;
  transport::Io io_;
  System system_;
  Result result_;
  std::vector<Told> told_;
};

}  // namespace

Result run(const Options& options, const std::string& dir, Progress& progress) {
  Run run(options, dir, progress);
  return run.make();
}

}  // namespace troth::demo
