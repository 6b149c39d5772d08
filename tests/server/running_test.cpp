// Start, readiness, metrics, drain.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "coordinator/server/version.h"
#include "tests/server/live_server.h"
#include "tests/server/scripted_participant.h"

namespace troth::test {
namespace {

int exit_code_of(const server::Config& config, std::string* message = nullptr) {
  auto result = server::Server::start(config);
  const auto* error = std::get_if<server::StartError>(&result);
  if (error && message) *message = error->message;
  return error ? error->exit_code : 0;
}

TEST(Running, ReadyLineIsThatOfTheInterface) {
  LiveServer live;
  const std::regex form(
      R"(trothd \S+ ready on http://127\.0\.0\.1:\d+ log [0-9a-z]{13} epoch 1 recovered 0 in_doubt 0 in 5 ms)");
  EXPECT_TRUE(std::regex_match(server::ready_line(live.config(), live.started(), 5), form));
  EXPECT_TRUE(live.started().new_log);
}

TEST(Running, PortFileHoldsThePortThatAnswers) {
  TemporaryDirectory other;
  auto config = test_config("");
  config.port_file = other.path() + "/port";
  LiveServer live(config);
  std::ifstream file(config.port_file);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), std::to_string(live.port()) + "\n");
}

TEST(Running, PortInUseIsOneAndCostsNoEpoch) {
  LiveServer live;
  TemporaryDirectory other;
  auto config = test_config(other.path());
  config.port = live.port();
  std::string message;
  EXPECT_EQ(exit_code_of(config, &message), 1);
  EXPECT_THAT(message, testing::HasSubstr("cannot listen on 127.0.0.1:" + std::to_string(live.port())));
  config.port = 0;
  auto started = server::Server::start(config);
  EXPECT_EQ(std::get<std::unique_ptr<server::Server>>(started)->started().identity.epoch.epoch, 1U);
}

TEST(Running, DirectoryInUseIs72AlsoWhenThePortIsToo) {
  LiveServer live;
  auto config = live.config();
  config.port = live.port();
  EXPECT_EQ(exit_code_of(config), 72);
}

TEST(Running, MissingDirectoryIs71AndAnotherLogIs74) {
  TemporaryDirectory empty;
  EXPECT_EQ(exit_code_of(test_config(empty.path() + "/nothing")), 71);
  auto config = test_config(empty.path());
  config.must_exist = true;
  EXPECT_EQ(exit_code_of(config), 71);
  LiveServer live;
  live.stop();
  config = live.config();
  config.log_id = LogId{live.config().limits.max_live};
  EXPECT_EQ(exit_code_of(config), 74);
}

TEST(Running, LimitOfLiveTransactionsIs429) {
  auto config = test_config("");
  config.limits.max_live = 2;
  LiveServer live(config);
  live.begin();
  live.begin();
  const auto refused = live.post("/v1/transactions");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(member(refused.body, "type"), "urn:troth:problem:limit-reached");
  EXPECT_EQ(header(refused, "retry-after"), "1");
}

TEST(Running, SelfDescriptionIsServed) {
  LiveServer live;
  const auto text = live.get("/openapi.yaml");
  EXPECT_EQ(header(text, "content-type"), "application/yaml");
  EXPECT_EQ(text.body, server::openapi_text());
  EXPECT_EQ(live.get("/livez").body, "ok\n");
  EXPECT_EQ(member(live.get("/v1/limits").body, "maxBranches"), "4");
}

/// Text format 0.0.4, line by line: each sample belongs to a family that was typed before it, once.
void check_metrics_text(const std::string& text) {
  const std::regex sample(R"(([a-z_]+)(\{([a-z_]+="[^"\n]*",?)*\})? (-?[0-9.e+-]+|\+Inf|NaN))");
  std::set<std::string> families;
  std::string family;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(family).second) << "typed twice: " << family;
    } else if (!line.starts_with("# HELP ")) {
      std::smatch match;
      ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
      EXPECT_TRUE(match[1].str().starts_with(family)) << line;
    }
  }
  EXPECT_GT(families.size(), 30U);
}

TEST(Running, MetricsAreWellFormedAndCountWhatHappened) {
  LiveServer live;
  const auto bank = ScriptedParticipant::connect(live.io(), live.port(), hello("bank-a"),
                                                 ScriptedParticipant::votes(VoteKind::kCommit));
  ASSERT_TRUE(bank->wait_for<session::Welcome>());
  live.begin(R"({"branches":[{"participant":"bank-a"}],"commit":true,"wait":"completed"})");
  EXPECT_TRUE(
      live.eventually([&] { return live.metric(R"(troth_transactions_total{outcome="committed",reason=""})") == 1; }));
  EXPECT_EQ(live.metric("troth_transactions_begun_total"), 1);
  EXPECT_EQ(live.metric("troth_ready"), 1);
  EXPECT_EQ(live.metric(R"(troth_http_requests_total{route="/v1/transactions",method="POST",status="2xx"})"), 1);
  EXPECT_GE(live.metric("troth_log_records_total"), 3) << "EpochStarted, ParticipantRegistered, CommitDecided";
  EXPECT_EQ(live.metric(R"(troth_phase_duration_seconds_count{phase="decide"})"), 1);
  EXPECT_GT(live.metric("process_resident_memory_bytes"), 1e6);
  live.get("/nothing");
  EXPECT_EQ(live.metric(R"(troth_http_requests_total{route="none",method="any",status="4xx"})"), 1);
  const auto scrape = live.get("/metrics");
  EXPECT_EQ(header(scrape, "content-type"), "text/plain; version=0.0.4; charset=utf-8");
  check_metrics_text(scrape.body);
}

TEST(Running, DrainRefusesNewWorkFinishesOldAndClosesSessions) {
  LiveServer live;
  const auto mute = ScriptedParticipant::connect(live.io(), live.port(), hello("mute"));
  ASSERT_TRUE(mute->wait_for<session::Welcome>());
  const std::string id = live.begin(R"({"branches":[{"participant":"mute"}]})");
  std::thread client([&] { EXPECT_EQ(live.post("/v1/transactions/" + id + "/commit").status, 202); });  // hears what is
  const auto prepare = mute->wait_for<session::Prepare>();
  std::thread drain([&] { (*live).drain(); });
  EXPECT_TRUE(live.eventually([&] { return live.get("/readyz").status == 503; }));
  EXPECT_EQ(live.get("/readyz?verbose").body,
            "[+]log ok\n[+]disk ok\n[-]draining is stopping; send new transactions in a moment\nnot ready\n");
  EXPECT_TRUE(live.eventually([&] { return live.post("/v1/transactions").status == 503; }));
  const auto refused = live.post("/v1/transactions");
  EXPECT_EQ(member(refused.body, "type"), "urn:troth:problem:draining");
  EXPECT_EQ(live.get("/livez").status, 200);
  if (prepare) mute->send(session::Vote{prepare->branch, VoteKind::kCommit, ""});
  drain.join();
  client.join();
  EXPECT_TRUE(prepare.has_value());
  EXPECT_EQ(mute->close_code(), session::kCloseDraining);
  live.restart();
  EXPECT_EQ(live.started().recovered, 1U) << "decided, not acknowledged";
  EXPECT_EQ(live.started().in_doubt, 1U);
}

TEST(Running, DrainAnswersLongPollsAtOnceWithWhatIs) {
  auto config = test_config("");
  config.limits.max_wait_ms = 3'600'000;
  LiveServer live(config);
  const std::string id = live.begin();
  const std::string revision = member(live.get("/v1/transactions/" + id).body, "revision");
  transport::HttpResult answer;
  std::thread poll([&] { answer = live.get("/v1/transactions/" + id + "?waitForRevision=" + revision); });
  EXPECT_TRUE(live.eventually([&] { return live.metric("troth_http_connections") >= 2; }));
  (*live).drain();
  poll.join();
  EXPECT_EQ(answer.status, 200) << answer.error;
  EXPECT_EQ(member(answer.body, "phase"), "active");
}

TEST(Running, OrderlyStopIsRemembered) {
  LiveServer live;
  const std::string id = live.begin();
  (*live).drain();
  live.restart();
  EXPECT_EQ(live.started().identity.epoch.epoch, 2U);
  EXPECT_FALSE(live.started().new_log);
  EXPECT_EQ(member(live.get("/v1/transactions/" + id).body, "outcome"), "aborted") << "presumed";
}

}  // namespace
}  // namespace troth::test
