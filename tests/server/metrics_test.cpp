// /metrics tells the truth: known work, exact numbers.
#include <gtest/gtest.h>

#include "tests/server/live_server.h"
#include "tests/server/scripted_participant.h"

namespace troth::test {
namespace {

std::shared_ptr<ScriptedParticipant> connect(LiveServer& live, const std::string& name, VoteKind vote) {
  auto bank = ScriptedParticipant::connect(live.io(), live.port(), hello(name), ScriptedParticipant::votes(vote));
  EXPECT_TRUE(bank->wait_for<session::Welcome>());
  return bank;
}

std::string transfer(const std::string& from, const std::string& to, const std::string& wait = "completed") {
  return R"({"branches":[{"participant":")" + from + R"("},{"participant":")" + to + R"("}],"commit":true,"wait":")" +
         wait + R"("})";
}

std::string of(const std::string& metric, const std::string& participant) {
  return metric + R"({participant=")" + participant + R"("})";
}

/// What /metrics shows when it shows `value` there; what it shows after 10 s otherwise.
double shown(LiveServer& live, const std::string& sample, double value) {
  live.eventually([&] { return live.metric(sample) == value; });
  return live.metric(sample);
}

TEST(Metrics, CountKnownWorkExactly) {
  LiveServer live;
  const auto a = connect(live, "bank-a", VoteKind::kCommit);
  const auto b = connect(live, "bank-b", VoteKind::kCommit);
  const auto no = connect(live, "bank-no", VoteKind::kAbort);
  const auto idle = connect(live, "idle", VoteKind::kReadOnly);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(live.post("/v1/transactions", transfer("bank-a", "bank-b")).status, 200);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(live.post("/v1/transactions", transfer("idle", "idle")).status, 200);
  const std::string refused = R"({"branches":[{"participant":"bank-no"}],"commit":true})";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(live.post("/v1/transactions", refused).status, 409);
  for (int i = 0; i < 4; ++i) live.post("/v1/transactions/" + live.begin() + "/abort");
  const std::string late = live.begin(R"({"timeoutMs":1})");
  EXPECT_EQ(shown(live, R"(troth_transactions_total{outcome="aborted",reason="deadline"})", 1), 1);

  EXPECT_EQ(live.metric("troth_transactions_begun_total"), 15);
  EXPECT_EQ(live.metric(R"(troth_transactions_total{outcome="committed",reason=""})"), 7);
  EXPECT_EQ(live.metric(R"(troth_transactions_total{outcome="aborted",reason="vote"})"), 3);
  EXPECT_EQ(live.metric(R"(troth_transactions_total{outcome="aborted",reason="client"})"), 4);
  EXPECT_EQ(live.metric(R"(troth_transactions_total{outcome="aborted",reason="restart"})"), 0);
  EXPECT_EQ(live.metric(R"(troth_transaction_duration_seconds_count{outcome="committed"})"), 7);
  EXPECT_EQ(live.metric(R"(troth_transaction_duration_seconds_count{outcome="aborted"})"), 8);
  EXPECT_EQ(live.metric(R"(troth_votes_total{vote="commit"})"), 10);
  EXPECT_EQ(live.metric(R"(troth_votes_total{vote="abort"})"), 3);
  EXPECT_EQ(live.metric(R"(troth_votes_total{vote="read_only"})"), 2) << "both name one branch: same key, same payload";
  EXPECT_EQ(live.metric(R"(troth_acknowledgements_total{result="committed"})"), 10);
  EXPECT_EQ(live.metric(R"(troth_deliveries_total{message="prepare",attempt="first"})"), 15);
  EXPECT_EQ(live.metric(R"(troth_deliveries_total{message="prepare",attempt="repeat"})"), 0);
  EXPECT_EQ(live.metric(R"(troth_deliveries_total{message="commit",attempt="first"})"), 10);
  EXPECT_EQ(live.metric(R"(troth_deliveries_total{message="abort",attempt="first"})"), 0)
      << "who refused need not hear";
  EXPECT_EQ(live.metric("troth_carried_prepares_total"), 15);
  for (const char* phase : {"prepare", "decide", "log", "complete"}) {
    EXPECT_EQ(live.metric(std::string(R"(troth_phase_duration_seconds_count{phase=")") + phase + R"("})"), 7) << phase;
  }
  EXPECT_EQ(live.metric("troth_transactions_in_doubt"), 0);
  EXPECT_EQ(live.metric(R"(troth_transactions_in_flight{phase="committing"})"), 0);
}

TEST(Metrics, ShowDoubtWhileAParticipantIsAwayAndNoneAfterIt) {
  LiveServer live;
  const auto a = connect(live, "bank-a", VoteKind::kCommit);
  const auto mute = ScriptedParticipant::connect(
      live.io(), live.port(), hello("mute"), [](const session::Message& message) -> std::optional<session::Message> {
        if (const auto* m = std::get_if<session::Prepare>(&message)) {
          return session::Vote{m->branch, VoteKind::kCommit, ""};
        }
        return std::nullopt;  // it voted; of the decision it says nothing
      });
  ASSERT_TRUE(mute->wait_for<session::Welcome>());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(live.post("/v1/transactions", transfer("bank-a", "mute", "decided")).status, 200);
  mute->send(session::Goodbye{"away"});
  EXPECT_EQ(shown(live, of("troth_participant_instances", "mute"), 0), 0);
  EXPECT_EQ(shown(live, of("troth_participant_undelivered_branches", "mute"), 3), 3);
  EXPECT_EQ(live.metric(of("troth_participant_branches_in_doubt", "mute")), 3);
  EXPECT_EQ(live.metric(of("troth_participant_live_branches", "mute")), 3);
  EXPECT_EQ(shown(live, of("troth_participant_undelivered_branches", "bank-a"), 0), 0);
  EXPECT_EQ(live.metric(of("troth_participant_oldest_in_doubt_seconds", "bank-a")), 0);
  EXPECT_EQ(live.metric(R"(troth_participants{state="disconnected"})"), 1);
  EXPECT_EQ(live.metric("troth_transactions_in_doubt"), 3);
  EXPECT_EQ(live.metric("troth_branches_in_doubt"), 3);
  EXPECT_EQ(live.metric("troth_undelivered_branches"), 3);
  const double young = live.metric(of("troth_participant_oldest_in_doubt_seconds", "mute"));
  EXPECT_GT(young, 0);
  EXPECT_TRUE(live.eventually([&] {
    return live.metric(of("troth_participant_oldest_in_doubt_seconds", "mute")) >= young + 0.2;
  })) << "it grows old";
  EXPECT_GE(live.metric("troth_oldest_in_doubt_seconds"), young);
  EXPECT_GE(live.metric("troth_oldest_unacknowledged_seconds"), young);

  const auto back = connect(live, "mute", VoteKind::kCommit);
  EXPECT_EQ(shown(live, "troth_transactions_in_doubt", 0), 0);
  EXPECT_EQ(live.metric(R"(troth_deliveries_total{message="commit",attempt="repeat"})"), 3);
  EXPECT_EQ(shown(live, of("troth_participant_oldest_in_doubt_seconds", "mute"), 0), 0);
  EXPECT_EQ(shown(live, "troth_oldest_in_doubt_seconds", 0), 0);
  EXPECT_EQ(shown(live, "troth_oldest_unacknowledged_seconds", 0), 0);
  EXPECT_EQ(live.metric(of("troth_participant_undelivered_branches", "mute")), 0);
  EXPECT_EQ(live.metric("troth_undelivered_branches"), 0);
}

TEST(Metrics, ShowTheQueueOfAParticipantThatGrantsNothingAndThatItWasCutOff) {
  auto config = test_config("");
  config.limits.max_queue = 5;
  config.limits.max_wait_ms = 50;
  LiveServer live(config);
  const auto a = connect(live, "bank-a", VoteKind::kCommit);
  auto grants_nothing = hello("slow");
  grants_nothing.window = 0;
  const auto slow = ScriptedParticipant::connect(live.io(), live.port(), grants_nothing);
  ASSERT_TRUE(slow->wait_for<session::Welcome>());
  const std::string work = R"({"branches":[{"participant":"slow"}]})";
  const auto ask = [&] {
    live.call("POST", "/v1/transactions/" + live.begin(work) + "/commit", {{"content-type", "application/json"}}, "{}");
  };
  for (int i = 0; i < 5; ++i) ask();
  EXPECT_EQ(shown(live, of("troth_participant_queue_messages", "slow"), 5), 5);
  EXPECT_EQ(live.metric(of("troth_participant_queue_messages", "bank-a")), 0);
  const std::string instances = member(live.get("/v1/participants/slow").body, "instances");
  EXPECT_NE(instances.find(R"("queued":5,)"), std::string::npos) << instances;
  EXPECT_EQ(live.metric(R"(troth_refused_total{reason="max_queue"})"), 0);
  EXPECT_EQ(live.post("/v1/transactions", transfer("bank-a", "bank-a")).status, 200) << "that costs the others nothing";
  ask();
  EXPECT_EQ(slow->close_code(), session::kCloseLimit);
  EXPECT_EQ(shown(live, of("troth_participant_queue_messages", "slow"), 0), 0);
  EXPECT_TRUE(live.eventually([&] {
    return live.get("/v1/participants/slow").body.find(R"("lastError":{"code":"queue_full")") != std::string::npos;
  })) << live.get("/v1/participants/slow").body;
  EXPECT_EQ(live.metric(R"(troth_participant_refused_total{participant="slow",reason="max_queue"})"), 1);
  EXPECT_EQ(live.metric(R"(troth_participant_refused_total{participant="bank-a",reason="max_queue"})"), 0);
  EXPECT_EQ(live.metric(R"(troth_refused_total{reason="max_queue"})"), 1);
}

TEST(Metrics, ForgetAParticipantThatIsRemoved) {
  LiveServer live;
  connect(live, "gone", VoteKind::kCommit);
  connect(live, "stays", VoteKind::kCommit);
  EXPECT_EQ(shown(live, of("troth_participant_live_branches", "gone"), 0), 0);
  EXPECT_EQ(live.call("DELETE", "/v1/participants/gone", {}, {}).status, 204);
  EXPECT_TRUE(live.eventually([&] { return live.get("/metrics").body.find("\"gone\"") == std::string::npos; }));
  EXPECT_EQ(live.metric(of("troth_participant_live_branches", "stays")), 0);
}

TEST(Metrics, RememberWhatAStartFound) {
  LiveServer live;
  const auto mute = ScriptedParticipant::connect(
      live.io(), live.port(), hello("mute"), [](const session::Message& message) -> std::optional<session::Message> {
        if (const auto* m = std::get_if<session::Prepare>(&message)) {
          return session::Vote{m->branch, VoteKind::kCommit, ""};
        }
        return std::nullopt;
      });
  ASSERT_TRUE(mute->wait_for<session::Welcome>());
  EXPECT_EQ(live.metric("troth_recovered_transactions"), 0);
  live.begin(R"({"branches":[{"participant":"mute"}],"commit":true})");
  live.restart();
  EXPECT_EQ(live.metric("troth_recovered_transactions"), 1);
  EXPECT_EQ(live.metric("troth_fencing_epoch"), 2);
  EXPECT_EQ(shown(live, "troth_transactions_in_doubt", 1), 1);
  EXPECT_GT(live.metric("troth_oldest_in_doubt_seconds"), 0);
  EXPECT_EQ(live.metric("troth_transactions_begun_total"), 0);
  EXPECT_GE(live.metric("troth_log_appended_lsn"), live.metric("troth_log_durable_lsn"));
  EXPECT_GT(live.metric("troth_log_durable_lsn"), 3);
  EXPECT_EQ(live.metric("troth_log_reserve_ok"), 1);
  EXPECT_GE(live.metric("troth_horizon_age_seconds"), 0);
  EXPECT_GT(live.metric("process_start_time_seconds"), 1.6e9);
  EXPECT_GE(live.metric("process_max_fds"), live.metric("process_open_fds"));
}

}  // namespace
}  // namespace troth::test
