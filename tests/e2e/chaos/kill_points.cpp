#include "tests/e2e/chaos/kill_points.h"

#include <signal.h>

#include <stdexcept>
#include <utility>

namespace troth::chaos {
namespace {

using namespace std::chrono_literals;

constexpr auto kEndWithin = 20s;
constexpr auto kLiarEndsWithin = 500ms;  // nothing ends well there
constexpr unsigned kInFlight = 3;
constexpr std::uint64_t kRehearsed = 40;  // told jobs
constexpr std::uint64_t kBeforeKill = 4;
constexpr std::uint64_t kMost = 4'000;  // a point that so many jobs do not reach is not reached

Member teller(const std::string& name, bool pinned = false) {
  Member member{name, Programs::of_this_build().teller, {"--accounts", std::to_string(kAccounts)}};
  member.flags.insert(member.flags.end(), {"--balance", std::to_string(kBalance)});
  if (pinned) member.flags.insert(member.flags.end(), {"--pinned", "1"});
  return member;
}

/// What a rehearsal has passed, if nothing was wrong with it.
Passed read_list_of(const Wrong& wrong, const std::string& list) {
  if (!wrong.empty()) throw std::runtime_error("a rehearsal went wrong: " + wrong.front());
  return read_list(list);
}

}  // namespace

Topology two_sessions() {
  return {"TwoSessions", {teller("a"), teller("b")}, [](Random& random) { return draw_transfer(random, 0, 1); }, {}};
}

Topology three_sessions() {
  const auto draw = [](Random& random) {
    Job job = draw_transfer(random, 1, 0);
    job.effects.push_back({2, 1, 0});
    return job;
  };
  return {"ThreeSessions", {teller("a"), teller("b"), teller("reader")}, draw, 1};
}

Topology one_phase_and_pinned() {
  const auto draw = [](Random& random) {
    Job job = draw_transfer(random, 0, 1);
    job.one_phase = random() % 2 == 0;
    if (job.one_phase) job.effects.resize(1);
    return job;
  };
  return {"OnePhaseAndPinned", {teller("a"), teller("pinned", true)}, draw, {}};
}

Stage::Stage(Topology topology, bool liar)
    : topology_(std::move(topology)),
      patience_(liar ? kLiarEndsWithin : kEndWithin),
      cluster_(io_, dir_.path(), topology_.members,
               {"--ballast-bytes", "65536", "--drain-ms", "5000", "--compact-records", "100"}, liar) {}

void Stage::start_members() {
  for (std::size_t at = 0; at < topology_.members.size(); ++at) cluster_.start_member(at);
}

void Stage::begin_traffic() {
  Traffic::Options options;
  options.url = cluster_.url();
  options.participants = cluster_.names();
  options.draw = topology_.draw;
  options.seed = ++seed_;
  options.in_flight = kInFlight;
  traffic_ = std::make_unique<Traffic>(io_, std::move(options));
}

Passed Stage::rehearse(const std::string& until) {
  const std::string list = dir_.file("passed");
  cluster_.start_trothd_chaos("", list);
  start_members();
  cluster_.wait_until_serving();
  begin_traffic();
  expect(traffic_->wait_for(kRehearsed, kEndWithin), "nothing moves");
  expect(e2e::World::eventually([&] { return read_list(list).contains(until); }), "not passed: " + until);
  return read_list_of(recover(kInOrder), list);
}

Passed Stage::rehearse_rebuild() {
  const std::string list = dir_.file("passed-after-kill");
  cluster_.start_trothd();
  begin_traffic();
  expect(traffic_->wait_for(kBeforeKill, kEndWithin), "nothing moves");
  cluster_.kill_trothd();
  cluster_.start_trothd_chaos("", list);
  return read_list_of(recover(kInOrder), list);
}

void Stage::expect(bool holds, const std::string& otherwise) {
  if (!holds) wrong_.push_back(otherwise);
}

void Stage::expect_its_end() {
  while (!cluster_.trothd_ended(5ms) && traffic_->told() < kMost) cluster_.check_alive();
  expect(cluster_.killed_at_its_point(), "not reached");
  cluster_.kill_trothd();
}

Wrong Stage::kill_at(const std::string& point) {
  cluster_.start_trothd_chaos(point);
  begin_traffic();
  expect_its_end();
  return recover();
}

Wrong Stage::kill_while_opening(const std::string& point) {
  cluster_.start_trothd();
  begin_traffic();
  expect(traffic_->wait_for(kBeforeKill, kEndWithin), "nothing moves");
  cluster_.kill_trothd();
  cluster_.start_trothd_chaos(point);
  expect_its_end();
  return recover();
}

Wrong Stage::kill_while_stopping(const std::string& point) {
  cluster_.start_trothd_chaos(point);
  begin_traffic();
  expect(traffic_->wait_for(kBeforeKill, kEndWithin), "nothing moves");
  cluster_.signal_trothd(SIGTERM);
  expect_its_end();
  return recover();
}

Wrong Stage::kill_first_start(const std::string& point) {
  cluster_.start_trothd_chaos(point);
  const bool serves = !point.starts_with("open.");
  if (serves) start_members();
  while (!cluster_.trothd_ended(5ms)) cluster_.check_alive();
  expect(cluster_.killed_at_its_point(), "not reached");
  cluster_.start_trothd();
  if (!serves) start_members();
  cluster_.wait_until_serving();
  begin_traffic();
  expect(traffic_->wait_for(kBeforeKill, kEndWithin), "nothing moves");
  return recover();
}

/// The product takes over.
Wrong Stage::recover(Ending ending) {
  if (topology_.restarted) {
    cluster_.kill_member(*topology_.restarted);
    cluster_.start_member(*topology_.restarted);
  }
  if (cluster_.trothd_ended(0ms)) cluster_.start_trothd();
  expect(traffic_->finish(patience_), "a client is not told");
  expect(cluster_.wait_until_settled(patience_), "something stays open");
  audit();
  traffic_.reset();
  if (ending == kInOrder || seed_ % 3 == 0) {
    cluster_.signal_trothd(SIGTERM);
    expect(cluster_.trothd_ended(kEndWithin), "trothd does not stop");
  }
  cluster_.kill_trothd();
  return std::exchange(wrong_, {});
}

void Stage::audit() {
  const std::vector<Told> now = traffic_->take();
  std::vector<const Told*> asked;
  std::vector<Repeat> repeats;
  for (const Told& told : now) {
    asked.push_back(&told);
    repeats.push_back({&told, traffic_->repeat_of(told)});
  }
  Findings findings;
  check_outcomes(cluster_.client(), asked, findings);
  check_repeats(cluster_.client(), repeats, findings);
  check_attention(cluster_.client(), findings);
  told_.insert(told_.end(), now.begin(), now.end());
  check_books(cluster_.files(), told_, findings);
  // A prepare that waited for a row when trothd died may be done only now: then its vote is under way.
  expect(cluster_.wait_until_settled(patience_), "a branch stays prepared");
  for (const auto* found : {&findings.mismatches, &findings.lost}) {
    wrong_.insert(wrong_.end(), found->begin(), found->end());
  }
}

}  // namespace troth::chaos
