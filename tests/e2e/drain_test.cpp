// SIGTERM: no new transactions, running ones get their outcome or stay recoverable, exit 0.
#include <signal.h>

#include <filesystem>

#include "tests/e2e/demo/books.h"
#include "tests/e2e/world.h"

namespace troth::e2e {
namespace {

class Drain : public ::testing::Test {
 protected:
  void start(const std::string& drain_ms) {
    drain_ = {"--drain-ms", drain_ms};
    world_.start(drain_);
    for (const char* bank : {"bank-a", "bank-b"}) {
      world_.start_bank(bank);
      world_.wait_until_connected(bank);
    }
    ASSERT_EQ(world_.post("/v1/transactions", transfer(1)).status, 200);
  }
  /// A transfer that waits for a bank that is stopped.
  std::future<transport::HttpResult> waiting_transfer(const std::string& key) {
    world_.bank("bank-b").signal(SIGSTOP);
    auto answer = world_.post_beside("/v1/transactions", transfer(10), key);
    EXPECT_TRUE(World::eventually([this] {
      return world_.get("/v1/transactions?state=preparing").body.find("\"phase\":\"preparing\"") != std::string::npos;
    }));
    return answer;
  }
  std::uint64_t prepared() const {
    return demo::prepared_in(world_.file("bank-a.db")) + demo::prepared_in(world_.file("bank-b.db"));
  }
  std::int64_t money() const { return demo::money_in({world_.file("bank-a.db"), world_.file("bank-b.db")}); }

  World world_;
  std::vector<std::string> drain_;
};

constexpr std::int64_t kMoney = 2'000'000;

TEST_F(Drain, IdleCoordinatorStopsWithZeroAndStartsAgainWithoutARebuild) {
  start("25000");
  EXPECT_EQ(world_.stop().code, 0);
  EXPECT_FALSE(std::filesystem::exists(world_.data() + "/RUNNING"));
  world_.start(drain_);
  EXPECT_TRUE(std::filesystem::exists(world_.data() + "/log.1.db"));
  EXPECT_EQ(world_.stop().code, 0);
}

TEST_F(Drain, ARunningTransactionGetsItsOutcomeAndANewOneIsRefused) {
  start("25000");
  auto running = waiting_transfer("k1");
  world_.signal(SIGTERM);
  EXPECT_TRUE(World::eventually([this] { return world_.get("/readyz").status == 503; }));
  const auto refused = world_.post("/v1/transactions", transfer(10));
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.find("urn:troth:problem:draining"), std::string::npos) << refused.body;
  world_.bank("bank-b").signal(SIGCONT);
  const Ended ended = world_.wait_for_end();
  EXPECT_EQ(ended.code, 0) << ended.said;
  // The client that waits is let go with "undecided" when the drain begins, or hears the outcome.
  const int told = running.get().status;
  EXPECT_TRUE(told == 200 || told == 202) << told;
  // Had it died undecided, its key would be free and this would be a second transfer.
  world_.start(drain_);
  EXPECT_EQ(world_.post("/v1/transactions", transfer(10), "k1").status, 200);
  EXPECT_TRUE(World::eventually([this] { return prepared() == 0; }));
  EXPECT_EQ(world_.stop().code, 0);
  EXPECT_EQ(demo::transfers_in(world_.file("bank-a.db")), 2u);
  EXPECT_EQ(demo::transfers_in(world_.file("bank-b.db")), 2u);
}

TEST_F(Drain, ATransactionThatCannotEndInTimeStaysRecoverable) {
  start("300");
  auto running = waiting_transfer("k2");
  const Ended ended = world_.stop();
  EXPECT_EQ(ended.code, 0) << ended.said;
  const int told = running.get().status;
  EXPECT_NE(told, 200) << "told committed without bank-b";
  world_.start(drain_);
  world_.bank("bank-b").signal(SIGCONT);
  for (const char* bank : {"bank-a", "bank-b"}) world_.wait_until_connected(bank);
  EXPECT_TRUE(World::eventually([this] { return prepared() == 0; }));
  EXPECT_EQ(money(), kMoney);
  // A key whose transaction was told aborted says so again; one that died undecided begins anew.
  EXPECT_EQ(world_.post("/v1/transactions", transfer(10), "k2").status, told == 409 ? 409 : 200);
  EXPECT_EQ(world_.stop().code, 0);
  EXPECT_EQ(money(), kMoney);
}

TEST_F(Drain, TheSameAfterKill9) {
  start("25000");
  auto running = waiting_transfer("k3");
  world_.kill();
  EXPECT_EQ(running.get().status, 0);
  world_.start(drain_);
  world_.bank("bank-b").signal(SIGCONT);
  for (const char* bank : {"bank-a", "bank-b"}) world_.wait_until_connected(bank);
  EXPECT_TRUE(World::eventually([this] { return prepared() == 0; }));
  EXPECT_EQ(world_.post("/v1/transactions", transfer(10), "k3").status, 200);
  EXPECT_EQ(world_.stop().code, 0);
  EXPECT_EQ(money(), kMoney);
}

}  // namespace
}  // namespace troth::e2e
