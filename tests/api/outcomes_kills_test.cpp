// A follower of outcomes over `kill -9` of the coordinator: with its last id it misses no commit and hears none twice.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/json/parse.hpp>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "tests/e2e/world.h"
#include "tests/server/event_stream.h"
#include "tests/server/live_server.h"

namespace troth::e2e {
namespace {

using test::EventStream;
using test::member;

/// Follows on a thread of its own and comes back with its cursor whenever the stream ends.
class Follower {
 public:
  explicit Follower(std::uint16_t port) : port_(port), thread_([this] { run(); }) {}
  ~Follower() { stop(); }
  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  bool has_heard(const std::string& transaction) {
    const std::lock_guard lock(mutex_);
    return heard_.count(transaction) != 0;
  }
  /// How often each commit was heard of; the LSNs in the order in which they came; refusals of its cursor.
  const std::map<std::string, int>& heard() const { return heard_; }
  const std::vector<std::uint64_t>& lsns() const { return lsns_; }
  int streams() const { return streams_; }
  int refused() const { return refused_; }

 private:
  void run() {
    std::string cursor = "0";
    while (!stopping_) {
      try {
        follow(cursor);
      } catch (const std::exception&) {
        look({});  // nobody listens at the moment
      }
    }
  }

  void follow(std::string& cursor) {
    EventStream stream(port_, {}, cursor);
    if (stream.status() == 0) return;
    refused_ += stream.status() == 200 ? 0 : 1;
    ++streams_;
    while (const auto event = stream.next()) {
      cursor = stream.cursor();
      if (event->name == "committed") note(*event);
      if (stopping_) return;
    }
    if (!stream.cursor().empty()) cursor = stream.cursor();
  }

  void note(const test::Event& event) {
    const std::lock_guard lock(mutex_);
    ++heard_[member(event.data, "transaction")];
    lsns_.push_back(std::stoull(event.id));
  }

  const std::uint16_t port_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> streams_ = 0;
  std::atomic<int> refused_ = 0;
  std::mutex mutex_;
  std::map<std::string, int> heard_;
  std::vector<std::uint64_t> lsns_;
  std::thread thread_;
};

std::uint16_t port_of(const World& world) {
  return static_cast<std::uint16_t>(std::stoi(world.listen().substr(world.listen().find(':') + 1)));
}

TEST(OutcomesOverKills, AFollowerMissesNothingAndHearsNothingTwice) {
  World world;
  world.start();
  for (const std::string name : {"bank-a", "bank-b"}) {
    world.start_bank(name);
    world.wait_until_connected(name);
  }
  Follower follower(port_of(world));
  std::set<std::string> committed;
  for (int kill = 0; kill < 4; ++kill) {
    const auto note = [&](const transport::HttpResult& result) {
      if (result.status == 200) committed.insert(member(result.body, "id"));
    };
    for (int i = 0; i < 20; ++i)
      note(world.post("/v1/transactions", transfer(1)));  // together they would lock each other out
    std::vector<std::future<transport::HttpResult>> asked;
    for (int i = 0; i < 20; ++i) asked.push_back(world.post_beside("/v1/transactions", transfer(1)));
    asked.front().wait();
    const int streams = follower.streams();
    world.kill();  // most of them are on their way
    for (auto& one : asked) note(one.get());
    world.start();
    world.wait_until_connected("bank-a");
    world.wait_until_connected("bank-b");
    // It comes back in time: two starts later its cursor may be too old.
    EXPECT_TRUE(World::eventually([&] { return follower.streams() > streams; }));
  }
  const std::string last = member(world.post("/v1/transactions", transfer(1)).body, "id");
  EXPECT_TRUE(World::eventually([&] { return follower.has_heard(last); }));
  EXPECT_EQ(world.stop().code, 0);
  follower.stop();
  EXPECT_EQ(follower.refused(), 0);
  EXPECT_GT(committed.size(), 20U);
  for (const auto& id : committed) EXPECT_EQ(follower.heard().count(id), 1U) << id << " was missed";
  for (const auto& [id, times] : follower.heard()) EXPECT_EQ(times, 1) << id;
  EXPECT_TRUE(std::is_sorted(follower.lsns().begin(), follower.lsns().end()));
}

}  // namespace
}  // namespace troth::e2e
