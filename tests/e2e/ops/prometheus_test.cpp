// A real Prometheus scrapes a real trothd; a participant dies after it has voted, and somebody is called.
#include "tests/e2e/ops/prometheus.h"

#include <gtest/gtest.h>

namespace troth::e2e {
namespace {

TEST(Hurried, ChangesTimesAndNothingElse) {
  const std::string rules = read_file(std::string(TROTH_SOURCE_DIR) + "/deploy/prometheus/rules.yml");
  EXPECT_EQ(hurried("alert: TrothInDoubt\nexpr: troth_participant_oldest_in_doubt_seconds > 60\nfor: 1m\n"
                    "alert: TrothDown\nfor: 1m\n"),
            "alert: TrothInDoubt\nexpr: troth_participant_oldest_in_doubt_seconds > 1\nfor: 1s\n"
            "alert: TrothDown\nfor: 1m\n");
  const std::string quick = hurried(rules);
  int changed = 0;
  for (std::size_t at = 0; (at = quick.find("for: 1s\n", at)) != std::string::npos; ++at) ++changed;
  EXPECT_EQ(changed, 2) << "the alerts this test waits for are not in rules.yml as it knows them";
}

/// Scrape, evaluation and `for:` are a second each; a loaded machine may miss some.
template <class Condition>
bool in_time(Condition holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds()) {
    if (!look(deadline)) return false;
  }
  return true;
}

class Watched : public ::testing::Test {
 protected:
  Watched() {
    world_.start();
    world_.start_bank("bank-a");
    bank_b_ = demo::Process({TROTH_DYING_BANK, "--name", "bank-b", "--db", world_.file("bank-b.db"), "--coordinator",
                             "ws://" + world_.listen()},
                            world_.file("dying.log"));
    world_.wait_until_connected("bank-a");
    world_.wait_until_connected("bank-b");
  }
  World world_;
  demo::Process bank_b_;
};

TEST_F(Watched, TheAlertForAStuckBranchFiresAndGoes) {
  Prometheus prometheus(world_.listen(),
                        hurried(read_file(std::string(TROTH_SOURCE_DIR) + "/deploy/prometheus/rules.yml")));
  ASSERT_TRUE(in_time([&] { return prometheus.value("troth_ready") == 1; })) << "nothing is scraped";
  for (const Alert& alert : prometheus.alerts()) ADD_FAILURE() << alert.name << " although nothing is wrong";

  EXPECT_EQ(world_.post("/v1/transactions", transfer(50)).status, 200) << "decided is decided, whoever dies then";
  EXPECT_EQ(bank_b_.wait(std::chrono::seconds(30)), 128 + SIGKILL);

  std::unique_ptr<Alert> stuck;
  std::unique_ptr<Alert> gone;
  ASSERT_TRUE(in_time([&] { return (stuck = prometheus.firing("TrothInDoubt", "bank-b")) != nullptr; }));
  ASSERT_TRUE(in_time([&] { return (gone = prometheus.firing("TrothParticipantGone", "bank-b")) != nullptr; }));
  EXPECT_EQ(stuck->severity, "warning");
  EXPECT_EQ(stuck->summary.rfind("bank-b has had a branch in doubt for ", 0), 0u) << stuck->summary;
  EXPECT_EQ(gone->severity, "critical");
  EXPECT_EQ(gone->summary, "bank-b is not connected; decided branches that wait for it: 1");
  for (const Alert& alert : prometheus.alerts()) {
    EXPECT_EQ(alert.participant, "bank-b") << alert.name << ": nobody else is to blame";
  }

  world_.start_bank("bank-b");
  EXPECT_TRUE(in_time([&] { return prometheus.alerts().empty(); })) << "an alert stays";
  EXPECT_TRUE(in_time([&] { return prometheus.value("troth_transactions_in_doubt") == 0; }));
}

}  // namespace
}  // namespace troth::e2e
