#include "tests/e2e/chaos/campaign.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/e2e/chaos/cluster.h"
#include "tests/e2e/chaos/rehearsal.h"
#include "tests/e2e/chaos/traffic.h"
#include "tests/e2e/demo/books.h"

namespace troth::chaos {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kStandstill = 60s;
constexpr auto kSettleWithin = 60s;
constexpr auto kPointWithin = 600ms;  // then it is killed like any other
constexpr auto kCompactsWithin = 2500ms;
constexpr std::uint64_t kRehearsed = 100;
constexpr const char* const kRarest = "compact.finished";  // a second after a start
constexpr Millis kPauseMs = 3;
constexpr int kLatestPass = 40;          // of a point
constexpr std::uint64_t kMostTold = 60;  // between two kills by progress
constexpr std::uint64_t kMostDelayMs = 120;
constexpr std::uint64_t kLongLifeEvery = 12;  // so long that the log is made shorter meanwhile
constexpr std::uint64_t kLongLifeMs = 1'000;
constexpr std::size_t kAskedAfterAStart = 24;
constexpr std::size_t kAskedInTheEnd = 20'000;
constexpr std::uint32_t kShown = 20;  // lines of progress

Member bank(const std::string& name) {
  const std::string accounts = std::to_string(kAccounts);
  return {name, Programs::of_this_build().bank, {"--accounts", accounts, "--balance", std::to_string(kBalance)}};
}

class Campaign {
 public:
  Campaign(const CampaignOptions& options, const std::string& dir)
      : options_(options),
        random_(options.seed ^ 0x6368616f73),
        cluster_(io_, dir, {bank("bank-a"), bank("bank-b")},
                 {"--ballast-bytes", "1048576", "--compact-records", "200"}) {}

  CampaignReport run() {
    const auto begun = Clock::now();
    report_.seed = options_.seed;
    rehearse();
    while (report_.kills() < options_.kills) {
      wait_for_a_moment();
      kill_somebody();
      show();
    }
    end_all();
    report_.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    return std::move(report_);
  }

 private:
  /// The first start and the first one after a kill are listed: what they pass is where later ones are killed.
  void rehearse() {
    const std::string lists[] = {cluster_.dir() + "/passed", cluster_.dir() + "/passed-after-kill"};
    cluster_.start_trothd_chaos("", lists[0]);
    for (std::size_t at = 0; at < 2; ++at) cluster_.start_member(at);
    cluster_.wait_until_serving();
    report_.money_before = money();
    Traffic::Options traffic;
    traffic.url = cluster_.url();
    traffic.participants = cluster_.names();
    traffic.draw = [](Random& random) {
      const std::size_t from = random() % 2;
      return draw_transfer(random, from, 1 - from);
    };
    traffic.seed = options_.seed;
    traffic.in_flight = options_.in_flight;
    traffic.pause_ms = kPauseMs;
    traffic_ = std::make_unique<Traffic>(io_, std::move(traffic));
    while (!read_list(lists[0]).contains(kRarest)) wait_for_told(traffic_->told() + kRehearsed);
    cluster_.kill_trothd();
    cluster_.start_trothd_chaos("", lists[1]);
    wait_for_told(traffic_->told() + kRehearsed);
    for (const std::string& list : lists) {
      for (const auto& [name, count] : read_list(list)) points_[name] = std::max(points_[name], count);
    }
  }

  std::uint64_t draw(std::uint64_t below) { return random_() % below; }

  /// By progress as often as by time: kills by time alone would mostly meet a system that is starting.
  void wait_for_a_moment() {
    if (draw(2) == 0) return wait_for_told(traffic_->told() + 1 + draw(kMostTold));
    const std::uint64_t least = draw(kLongLifeEvery) == 0 ? kLongLifeMs : 0;
    const auto until = Clock::now() + std::chrono::milliseconds(least + draw(kMostDelayMs));
    while (!cluster_.trothd_ended(0ms) && Clock::now() < until) std::this_thread::sleep_for(1ms);
    cluster_.check_alive();
  }

  /// Returns early when trothd ends itself.
  void wait_for_told(std::uint64_t count) {
    const auto until = Clock::now() + kStandstill;
    while (!traffic_->wait_for(count, 3ms) && !cluster_.trothd_ended(0ms)) {
      cluster_.check_alive();
      if (Clock::now() > until) throw std::runtime_error("nothing moves any more: see " + cluster_.dir());
    }
  }

  void kill_somebody() {
    if (draw(4) == 0 && !cluster_.trothd_ended(0ms)) {
      const std::size_t at = draw(2);
      cluster_.kill_member(at);
      cluster_.start_member(at);
      ++report_.kills_of_banks;
      return;
    }
    if (!point_.empty() && cluster_.trothd_ended(point_.starts_with("compact.") ? kCompactsWithin : kPointWithin)) {
      if (!cluster_.killed_at_its_point()) throw std::runtime_error("trothd ended by itself: see " + cluster_.dir());
      ++report_.kills_at_points;
      ++report_.points[point_];
    } else {
      cluster_.kill_trothd();
      ++report_.kills_at_moments;
    }
    start_again();
  }

  void start_again() {
    point_.clear();
    if (draw(3) == 0) {
      auto point = points_.begin();
      std::advance(point, static_cast<std::ptrdiff_t>(draw(points_.size())));
      point_ = point->first;
      const auto n = 1 + draw(static_cast<std::uint64_t>(std::min(point->second, kLatestPass)));
      return cluster_.start_trothd_chaos(point_ + ":" + std::to_string(n));
    }
    cluster_.start_trothd();
    if (draw(4) == 0) ask_for_the_last();
  }

  /// What was told just before a kill is true just after it.
  void ask_for_the_last() {
    cluster_.wait_until_ready();
    take_told();
    std::vector<const Told*> asked;
    for (std::size_t i = told_.size() - std::min(told_.size(), kAskedAfterAStart); i < told_.size(); ++i) {
      asked.push_back(&told_[i]);
    }
    check_outcomes(cluster_.client(), asked, report_.findings);
    report_.asked_again += asked.size();
  }

  void take_told() {
    for (Told& told : traffic_->take()) {
      ++(told.committed ? report_.committed : report_.aborted);
      told_.push_back(std::move(told));
    }
  }

  void end_all() {
    if (!point_.empty()) {
      cluster_.kill_trothd();
      cluster_.start_trothd();
    }
    const bool told = traffic_->finish(kSettleWithin);
    take_told();
    if (!told) throw std::runtime_error("a client is not told what became of its transaction: see " + cluster_.dir());
    const bool settled = cluster_.wait_until_settled(kSettleWithin);
    ask_for_many();
    check_attention(cluster_.client(), report_.findings);
    report_.unclean_stop = cluster_.stop();
    check_books(cluster_.files(), told_, report_.findings);
    if (!settled) report_.findings.in_doubt = std::max<std::uint64_t>(report_.findings.in_doubt, 1);
    report_.money_after = money();
    write_told();
  }

  /// For their outcome and for their end once more: evenly of all that was told.
  void ask_for_many() {
    std::vector<const Told*> asked;
    std::vector<Repeat> repeats;
    const std::size_t step = 1 + told_.size() / kAskedInTheEnd;
    for (std::size_t i = 0; i < told_.size(); i += step) {
      asked.push_back(&told_[i]);
      repeats.push_back({&told_[i], traffic_->repeat_of(told_[i])});
    }
    check_outcomes(cluster_.client(), asked, report_.findings);
    check_repeats(cluster_.client(), repeats, report_.findings);
    report_.asked_again += asked.size() + repeats.size();
  }

  std::int64_t money() const { return demo::money_in({cluster_.files()[0], cluster_.files()[1]}); }

  void write_told() const {
    std::ofstream out(cluster_.dir() + "/told.jsonl");
    for (const Told& told : told_) {
      out << R"({"job":)" << told.job.number << R"(,"transaction":")" << told.transaction << R"(","told":")"
          << (told.committed ? "committed" : "aborted") << "\"}\n";
    }
  }

  void show() {
    const std::uint32_t step = std::max(1u, options_.kills / kShown);
    if (report_.kills() % step != 0) return;
    std::fprintf(stderr, "%u/%u kills, %llu transactions\n", report_.kills(), options_.kills,
                 static_cast<unsigned long long>(traffic_->told()));
  }

  const CampaignOptions& options_;
  Random random_;
  transport::Io io_;
  Cluster cluster_;
  std::unique_ptr<Traffic> traffic_;
  Passed points_;
  std::string point_;  // at which the trothd that runs will end itself; empty: nowhere
  std::vector<Told> told_;
  CampaignReport report_;
};

}  // namespace

bool CampaignReport::holds(std::uint32_t kills_asked) const {
  return findings.clean() && unclean_stop.empty() && money_before == money_after && kills() == kills_asked &&
         committed > 0;
}

CampaignReport run_campaign(const CampaignOptions& options, const std::string& dir) {
  return Campaign(options, dir).run();
}

}  // namespace troth::chaos
