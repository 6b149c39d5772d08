// Two trothd on one data directory: whatever the first is doing, the second is refused with 72 and changes nothing; and
// as soon as the first is dead, the next one starts.
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <thread>

#include "proto/transport/io.h"
#include "tests/e2e/banks.h"
#include "tests/e2e/demo/load.h"

namespace troth::e2e {
namespace {

using namespace std::chrono_literals;

constexpr int kStarts = 24;

/// Whether the process holds a lock of the kind that a data directory is taken with (proc(5)).
bool holds_a_lock(pid_t pid) {
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, advisory, mode, owner;
    words >> number >> kind >> advisory >> mode >> owner;
    if (kind == "FLOCK" && owner == std::to_string(pid)) return true;
  }
  return false;
}

/// Stands still when it returns, with all its threads.
void freeze(const demo::Process& process) {
  process.signal(SIGSTOP);
  int status = 0;
  ASSERT_EQ(::waitpid(process.pid(), &status, WUNTRACED), process.pid());
  ASSERT_TRUE(WIFSTOPPED(status)) << status;
}

/// How far into a start, from the moment the directory is taken: 16 microseconds are as likely as 16 milliseconds,
/// because a start may be that fast or that slow.
std::chrono::microseconds draw_delay(std::mt19937_64& random) {
  constexpr std::uint64_t kPowersOfTwo = 14;
  return std::chrono::microseconds(1U << random() % (kPowersOfTwo + 1));
}

class OneOwner : public ::testing::Test {
 protected:
  /// The same flags, so the same port too: that is not what it complains of.
  void expect_second_refused() {
    const Ended second = world_.run_to_end({"--data-dir", world_.data(), "--listen", world_.listen()});
    EXPECT_EQ(second.code, 72) << second.said;
    EXPECT_NE(second.said.find(world_.data()), std::string::npos) << second.said;
    EXPECT_EQ(std::count(second.said.begin(), second.said.end(), '\n'), 1) << second.said;
  }
  std::string committed_transfer() {
    const auto result = world_.post("/v1/transactions", transfer(1));
    EXPECT_EQ(result.status, 200) << result.body;
    return text_in(result.body, "id");
  }
  bool serves() { return world_.get("/readyz").status == 200; }

  const std::vector<std::string> flags_{"--ballast-bytes", "0"};  // every byte of the directory is compared
  World world_;
  Banks banks_;
};

TEST_F(OneOwner, AtAnyMomentOfAStartOrARebuildAndAfterItsDeathTheNextOneStarts) {
  world_.start(flags_);
  banks_.start_both(world_);
  std::vector<std::string> told;
  for (int i = 0; i < 20; ++i) told.push_back(committed_transfer());
  world_.kill();
  std::mt19937_64 random(std::random_device{}());
  int while_starting = 0;
  for (int start = 0; start < kStarts; ++start) {
    demo::Process first = spawn(world_, flags_, world_.log());
    ASSERT_TRUE(World::eventually([&] { return holds_a_lock(first.pid()); })) << read_file(world_.log());
    std::this_thread::sleep_for(draw_delay(random));
    ASSERT_NO_FATAL_FAILURE(freeze(first));
    const auto before = contents(world_.data());
    while_starting += read_file(world_.log()).empty() ? 1 : 0;
    expect_second_refused();
    EXPECT_TRUE(contents(world_.data()) == before) << "the refused start changed the data directory";
    if (start % 3 == 0) continue;  // dies where it stands
    first.signal(SIGCONT);
    ASSERT_TRUE(World::eventually([this] { return serves(); })) << read_file(world_.log());
    EXPECT_EQ(text_in(world_.get("/v1/transactions/" + told.back()).body, "outcome"), "committed");
    if (start % 3 == 1) continue;  // dies while it serves: the next one rebuilds
    first.signal(SIGTERM);
    EXPECT_EQ(first.wait(20s), 0) << read_file(world_.log());
  }
  std::cout << while_starting << " of " << kStarts << " while it started" << std::endl;
  EXPECT_GT(while_starting, kStarts / 4) << "the moments are too late";
  world_.start();
  for (const std::string& id : told) {
    EXPECT_EQ(text_in(world_.get("/v1/transactions/" + id).body, "outcome"), "committed");
  }
  EXPECT_EQ(world_.stop().code, 0);
}

TEST_F(OneOwner, WhileItServesUnderLoad) {
  world_.start();
  banks_.start_both(world_);
  transport::Io io;
  const auto transfers = demo::draw_transfers(500, 7);
  demo::Load load(io, "http://" + world_.listen(), transfers, 8);
  for (std::uint32_t second = 0; second < 5; ++second) {
    load.wait_for(80 * (second + 1), 20s);
    expect_second_refused();
  }
  ASSERT_EQ(load.wait_for(500, 30s), 500U);
  EXPECT_TRUE(World::eventually([this] { return banks_.prepared() == 0; }));
  EXPECT_EQ(world_.stop().code, 0);
  for (const auto& wrong : demo::mismatches(banks_.databases(), transfers, load.told())) ADD_FAILURE() << wrong;
}

TEST_F(OneOwner, WhileItDrains) {
  world_.start();
  banks_.start_both(world_);
  banks_.process(kBankB).signal(SIGSTOP);
  auto running = world_.post_beside("/v1/transactions", transfer(10), "key");
  ASSERT_TRUE(World::eventually([this] {
    return world_.get("/v1/transactions?state=preparing").body.find("\"phase\":\"preparing\"") != std::string::npos;
  }));
  world_.signal(SIGTERM);
  ASSERT_TRUE(World::eventually([this] { return world_.get("/readyz").status == 503; }));
  expect_second_refused();
  banks_.process(kBankB).signal(SIGCONT);
  EXPECT_EQ(world_.wait_for_end().code, 0);
  world_.start();
  EXPECT_EQ(world_.post("/v1/transactions", transfer(10), "key").status, 200);
  EXPECT_EQ(world_.stop().code, 0);
}

}  // namespace
}  // namespace troth::e2e
