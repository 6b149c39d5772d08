// SIGTERM at random moments under load, also while trothd starts: each stop ends with 0 in its time and leaves a log
// that the next start need not rebuild, and nothing that was told is undone.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <thread>

#include "proto/transport/io.h"
#include "tests/e2e/banks.h"
#include "tests/e2e/demo/load.h"

namespace troth::e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 4;
constexpr int kStops = 50;  // of each round
constexpr std::uint32_t kTransfers = 300;
constexpr std::uint32_t kInFlight = 12;
constexpr std::uint64_t kMostDelayMs = 60;
constexpr auto kDrain = 1'000ms;
/// The drain, the farewell to peers (1.5 s), and what a busy machine adds.
constexpr auto kStopsWithin = kDrain + 1'500ms + 4'000ms;
constexpr int kKilledBySigterm = 128 + SIGTERM;

/// TROTH_E2E_SEED repeats a run: the transfers and the delays are then the same, the exact moments are not.
std::uint64_t seed_of_round(int round) {
  const char* given = std::getenv("TROTH_E2E_SEED");
  return given != nullptr ? std::stoull(given) + static_cast<std::uint64_t>(round) : std::random_device()();
}

/// Transfers without end, each told in the end.
class EndlessLoad {
 public:
  EndlessLoad(std::string url, std::uint64_t seed) : url_(std::move(url)), seed_(seed) { begin(); }
  /// Returns when one more transfer is told; false when that takes too long. Throws when an answer was one that a
  /// correct coordinator never gives.
  bool moves() {
    const std::uint32_t done = load_->wait_for(0, 0ms);
    if (done < kTransfers) return load_->wait_for(done + 1, 20s) > done;
    if (!finish()) return false;
    begin();
    return load_->wait_for(1, 20s) > 0;
  }
  /// Returns when the last is told; false when that takes too long.
  bool finish() {
    if (load_->wait_for(kTransfers, 60s) < kTransfers) return false;
    told_.insert(told_.end(), load_->told().begin(), load_->told().end());
    load_.reset();
    return true;
  }
  const std::vector<demo::Transfer>& transfers() const { return transfers_; }
  const std::vector<demo::Told>& told() const { return told_; }

 private:
  void begin() {
    const auto drawn = demo::draw_transfers(kTransfers, seed_++);
    transfers_.insert(transfers_.end(), drawn.begin(), drawn.end());
    load_.emplace(io_, url_, drawn, kInFlight);
  }

  const std::string url_;
  std::uint64_t seed_;
  transport::Io io_;
  std::vector<demo::Transfer> transfers_;
  std::vector<demo::Told> told_;
  std::optional<demo::Load> load_;
};

class Stops : public ::testing::TestWithParam<int> {
 protected:
  void stop_at_a_random_moment(std::mt19937_64& random, EndlessLoad& load) {
    const std::string current = read_file(world_.data() + "/CURRENT");
    const bool orderly = !is_marked_running();
    demo::Process trothd = spawn(world_, flags_, world_.log());
    // One in five while it starts, the others while transfers are made.
    if (random() % 5 != 0) {
      ASSERT_TRUE(load.moves()) << read_file(world_.log());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % kMostDelayMs));
    const auto asked = Clock::now();
    trothd.signal(SIGTERM);
    const auto code = trothd.wait(kStopsWithin);
    ASSERT_TRUE(code.has_value()) << "does not stop in its time";
    slowest_ = std::max(slowest_, Clock::now() - asked);
    const std::string said = read_file(world_.log());
    const bool served = has_served();
    if (*code == kKilledBySigterm && !served) {
      ++before_ready_;  // it had not got so far as to notice signals
    } else {
      EXPECT_EQ(*code, 0) << said;
      EXPECT_FALSE(is_marked_running()) << "the next start will rebuild";
      drained_ += served ? 1 : 0;
    }
    if (orderly) {
      EXPECT_EQ(read_file(world_.data() + "/CURRENT"), current) << "rebuilt after an orderly stop";
    }
  }
  bool has_served() const { return read_file(world_.log()).find(" ready on ") != std::string::npos; }
  bool is_marked_running() const { return fs::exists(world_.data() + "/RUNNING"); }

  const std::vector<std::string> flags_{"--drain-ms", std::to_string(kDrain.count()), "--log-level", "warn"};
  World world_;
  Banks banks_;
  Clock::duration slowest_{};
  int drained_ = 0;
  int before_ready_ = 0;
};

TEST_P(Stops, AtRandomMomentsUnderLoadAreOrderlyAndLoseNothingThatWasTold) {
  const std::uint64_t seed = seed_of_round(GetParam());
  std::mt19937_64 random(seed);
  world_.start(flags_);
  banks_.start_both(world_);
  EndlessLoad load("http://" + world_.listen(), seed);
  EXPECT_EQ(world_.stop().code, 0);
  for (int stop = 0; stop < kStops && !HasFatalFailure(); ++stop) {
    stop_at_a_random_moment(random, load);
  }
  world_.start(flags_);
  ASSERT_TRUE(load.finish());
  EXPECT_TRUE(World::eventually([this] { return banks_.prepared() == 0; }));
  EXPECT_EQ(world_.stop().code, 0);
  for (const auto& wrong : demo::mismatches(banks_.databases(), load.transfers(), load.told())) ADD_FAILURE() << wrong;
  EXPECT_EQ(banks_.money(), kMoney);
  std::cout << "seed " << seed << ": " << kStops << " stops, " << drained_ << " of a serving trothd, " << before_ready_
            << " before it noticed signals, slowest "
            << std::chrono::duration_cast<std::chrono::milliseconds>(slowest_).count() << " ms, " << load.told().size()
            << " transfers" << std::endl;
  EXPECT_GT(drained_, kStops / 2) << "the moments are too early";
}

INSTANTIATE_TEST_SUITE_P(Round, Stops, ::testing::Range(1, kRounds + 1));

}  // namespace
}  // namespace troth::e2e
