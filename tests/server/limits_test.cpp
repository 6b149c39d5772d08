// Every limit, set small on a live coordinator: what it refuses, and how. A limit that refuses nobody says so here.
#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "coordinator/server/options.h"
#include "proto/values/problem.h"
#include "tests/server/live_server.h"
#include "tests/server/scripted_participant.h"
#include "tests/transport/raw_socket.h"

namespace troth::test {
namespace {

struct Check {
  std::function<void(Limits&)> set;
  std::function<void(LiveServer&)> see;
};

/// A participant that is connected as long as this lives.
std::shared_ptr<ScriptedParticipant> join(LiveServer& live, const std::string& name,
                                          ScriptedParticipant::Script script = ScriptedParticipant::silent()) {
  auto participant = ScriptedParticipant::connect(live.io(), live.port(), hello(name), std::move(script));
  EXPECT_TRUE(participant->wait_for<session::Welcome>());
  return participant;
}

void expect_refused(const transport::HttpResult& result, Slug slug) {
  const SlugInfo& row = info(slug);
  EXPECT_EQ(result.status, row.status) << result.error << result.body;
  EXPECT_EQ(member(result.body, "type"), "urn:troth:problem:" + std::string(row.text));
  const bool later = row.status == 429 || row.status == 503;
  EXPECT_EQ(header(result, "retry-after").empty(), !later);
}

/// As `expect_refused`, for what is refused before it is a request; the connection closes.
void expect_refused(const std::string& answer, Slug slug) {
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 " + std::to_string(info(slug).status)) << answer;
  EXPECT_NE(answer.find("urn:troth:problem:" + std::string(info(slug).text)), answer.npos) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), answer.npos);
}

const std::string kOne = R"({"branches":[{"participant":"bank-a"}]})";

std::map<std::string, Check> of_transactions() {
  return {
      {"default-timeout-ms",
       {[](Limits& l) { l.default_timeout_ms = 50; },
        [](LiveServer& live) {
          const auto mute = join(live, "mute");
          const auto late = live.post("/v1/transactions", R"({"branches":[{"participant":"mute"}],"commit":true})");
          expect_refused(late, Slug::kAborted);
          EXPECT_EQ(member(late.body, "abortReason"), "deadline");
        }}},
      {"max-timeout-ms",
       {[](Limits& l) { l.default_timeout_ms = l.max_timeout_ms = 1'000; },
        [](LiveServer& live) {
          expect_refused(live.post("/v1/transactions", R"({"timeoutMs":1001})"), Slug::kBadField);
          EXPECT_EQ(live.post("/v1/transactions", R"({"timeoutMs":1000})").status, 201);
        }}},
      {"max-wait-ms",
       {[](Limits& l) { l.max_wait_ms = 30; },
        [](LiveServer& live) {
          const auto mute = join(live, "mute");
          const auto id = live.begin(R"({"branches":[{"participant":"mute"}]})");
          EXPECT_EQ(live.post("/v1/transactions/" + id + "/commit").status, 202);
          const auto revision = member(live.get("/v1/transactions/" + id).body, "revision");
          EXPECT_EQ(live.get("/v1/transactions/" + id + "?waitForRevision=" + revision).status, 200);
        }}},
      {"max-live",
       {[](Limits& l) { l.max_live = 1; },
        [](LiveServer& live) {
          const auto id = live.begin();
          expect_refused(live.post("/v1/transactions"), Slug::kLimitReached);
          EXPECT_EQ(live.post("/v1/transactions/" + id + "/abort").status, 200) << "what runs goes on";
          EXPECT_EQ(live.post("/v1/transactions").status, 201) << "and makes room";
        }}},
      {"max-unsettled",
       {[](Limits& l) { l.max_unsettled = 1; },
        [](LiveServer& live) {
          const auto full = join(live, "bank-a");
          const auto other = join(live, "bank-b");
          const auto id = live.begin(kOne);
          expect_refused(live.post("/v1/transactions", kOne), Slug::kLimitReached);
          expect_refused(live.post("/v1/transactions/" + id + "/branches", R"({"participant":"bank-a","key":"2"})"),
                         Slug::kLimitReached);
          EXPECT_EQ(live.post("/v1/transactions", R"({"branches":[{"participant":"bank-b"}]})").status, 201)
              << "one full participant costs the others nothing";
        }}},
      {"max-branches",
       {[](Limits& l) { l.max_branches = 1; },
        [](LiveServer& live) {
          const auto bank = join(live, "bank-a");
          const auto id = live.begin(kOne);
          const std::string second = R"({"participant":"bank-a","key":"2"})";
          expect_refused(live.post("/v1/transactions", R"({"branches":[{"participant":"bank-a"},)" + second + "]}"),
                         Slug::kTooManyBranches);
          expect_refused(live.post("/v1/transactions/" + id + "/branches", second), Slug::kTooManyBranches);
        }}},
      {"max-payload-bytes",
       {[](Limits& l) { l.max_payload_bytes = 8; },
        [](LiveServer& live) {
          const auto bank = join(live, "bank-a");
          const auto with = [](const std::string& payload) {
            return R"({"branches":[{"participant":"bank-a","payload":)" + payload + "}]}";
          };
          EXPECT_EQ(live.post("/v1/transactions", with("\"123456\"")).status, 201);
          expect_refused(live.post("/v1/transactions", with("\"1234567\"")), Slug::kTooLarge);
        }}},
  };
}

std::map<std::string, Check> of_http() {
  return {
      {"max-body-bytes",
       {[](Limits& l) { l.max_body_bytes = 1'024; },
        [](LiveServer& live) {
          EXPECT_EQ(live.post("/v1/transactions", std::string(1'022, ' ') + "{}").status, 201);
          expect_refused(live.post("/v1/transactions", std::string(1'023, ' ') + "{}"), Slug::kTooLarge);
        }}},
      {"max-header-bytes",
       {[](Limits& l) { l.max_header_bytes = 256; },
        [](LiveServer& live) {
          expect_refused(
              raw_exchange(live.port(), "GET /livez HTTP/1.1\r\nHost: a\r\nX: " + std::string(256, 'x') + "\r\n\r\n"),
              Slug::kHeadersTooLarge);
        }}},
      {"header-timeout-ms",
       {[](Limits& l) { l.header_timeout_ms = 60; },
        [](LiveServer& live) {
          expect_refused(raw_exchange(live.port(), "GET /livez HTTP/1.1\r\n"), Slug::kRequestTimeout);
          const auto nobody = ScriptedParticipant::connect(live.io(), live.port(), std::nullopt);
          EXPECT_EQ(nobody->close_code(), session::kCloseSilent) << "no Hello";
        }}},
      {"body-timeout-ms",
       {[](Limits& l) { l.body_timeout_ms = 60; },
        [](LiveServer& live) {
          expect_refused(raw_exchange(live.port(),
                                      "POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                                      "Content-Length: 2\r\n\r\n{"),
                         Slug::kRequestTimeout);
        }}},
      {"idle-timeout-ms",
       {[](Limits& l) { l.idle_timeout_ms = 60; },
        [](LiveServer& live) {
          RawSocket idle(live.port());
          idle.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
          EXPECT_EQ(idle.read_response().status, 200);
          EXPECT_TRUE(idle.closed_by_peer()) << "without a word";
        }}},
      {"max-connections",
       {[](Limits& l) { l.max_connections = 1; },
        [](LiveServer& live) {
          RawSocket only(live.port());
          only.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
          EXPECT_EQ(only.read_response().status, 200);
          RawSocket second(live.port());
          const auto refused = second.read_response();
          EXPECT_EQ(refused.status, 503);
          EXPECT_NE(refused.body.find("overloaded"), refused.body.npos);
          EXPECT_EQ(refused.headers.count("retry-after"), 1U);
          EXPECT_TRUE(second.closed_by_peer());
        }}},
  };
}

/// A session's limits close it with 4429 or 4413 (api.md "Sessions").
std::map<std::string, Check> of_sessions() {
  return {
      {"max-participants",
       {[](Limits& l) { l.max_participants = 1; },
        [](LiveServer& live) {
          const auto known = join(live, "bank-a");
          const auto refused = ScriptedParticipant::connect(live.io(), live.port(), hello("bank-b"));
          EXPECT_EQ(refused->close_code(), session::kCloseLimit);
          EXPECT_NE(refused->close_reason().find("max-participants"), std::string::npos);
          EXPECT_TRUE(join(live, "bank-a")) << "a known name is welcome";
        }}},
      {"max-frame-bytes",
       {[](Limits& l) { l.max_frame_bytes = 8'192; },
        [](LiveServer& live) {
          const auto large = join(live, "bank-a");
          large->send_bytes(std::string(9'000, 'x'));
          EXPECT_EQ(large->close_code(), session::kCloseTooLarge);
        }}},
      {"drain-ms",
       {[](Limits& l) { l.drain_ms = 50; },
        [](LiveServer& live) {
          const auto mute = join(live, "mute");
          live.post("/v1/transactions", R"({"branches":[{"participant":"mute"}],"commit":true})");
          (*live).drain();  // returns, though the transaction is not decided
          EXPECT_EQ(mute->close_code(), session::kCloseDraining);
        }}},
  };
}

/// Not refusals: what is kept and for how long, gaps between attempts, room on the disk. What each does is tested where
/// it is done.
const std::map<std::string, std::string> kNoRefusal = {{"prepare-retry-ms-min", "core: retries of callbacks"},
                                                       {"prepare-retry-ms-max", "core: retries of callbacks"},
                                                       {"deliver-retry-ms-min", "core: retries of callbacks"},
                                                       {"deliver-retry-ms-max", "core: retries of callbacks"},
                                                       {"retain-ms", "engine: `expired` below the horizon"},
                                                       {"retain-count", "engine: `expired` below the horizon"},
                                                       {"detail-ms", "engine: a transaction without branches"},
                                                       {"detail-count", "engine: a transaction without branches"},
                                                       {"key-retain-ms", "recovery: a key may be used again"},
                                                       {"ballast-bytes", "wal: released at start"},
                                                       {"compact-records", "recovery: when the log gets shorter"},
                                                       {"max-callbacks", "no callbacks have a transport yet"},
                                                       {"max-queue", "server_unit_test, Queue: closed with 4429"}};

TEST(EveryLimit, RefusesAsItIsWritten) {
  std::set<std::string> covered;
  for (const auto& [name, why] : kNoRefusal) covered.insert(name);
  for (const auto& group : {of_transactions(), of_http(), of_sessions()}) {
    for (const auto& [name, check] : group) {
      SCOPED_TRACE(name);
      auto config = test_config("");
      config.limits.header_timeout_ms = 30'000;
      check.set(config.limits);
      LiveServer live(config);
      check.see(live);
      EXPECT_TRUE(covered.insert(name).second) << "twice";
    }
  }
  for (const auto& option : server::options()) {
    if (option.kind != server::OptionKind::kNumber) continue;
    EXPECT_EQ(covered.count(std::string(option.name)), 1U) << option.name;
  }
}

/// More than a second of work waits for the engine: who asks over HTTP is told to come again, and nothing is lost.
TEST(Overload, IsToldAtOnceAndEndsByItself) {
  TemporaryDirectory directory;
  std::mutex mutex;
  std::condition_variable changed;
  bool held = false;
  server::Seams seams;
  seams.before_turn = [&](const auto&) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !held; });
  };
  auto config = test_config(directory.path());
  config.limits.max_queue = 1'000'000;  // of what is answered at the end
  auto started = server::Server::start(config, {}, seams);
  const auto server = std::move(std::get<std::unique_ptr<server::Server>>(started));
  transport::Io io;
  transport::HttpClient client(io, "http://127.0.0.1:" + std::to_string(server->started().port));
  const auto bank = ScriptedParticipant::connect(io, server->started().port, hello("bank-a"));
  const auto welcome = bank->wait_for<session::Welcome>();
  ASSERT_TRUE(welcome);
  const auto hold = [&](bool on) {
    const std::lock_guard lock(mutex);
    held = on;
    changed.notify_all();
  };
  hold(true);
  session::Frame frame{welcome->log, welcome->epoch.epoch, {}};
  frame.messages.assign(16'000, session::Inquire{{{welcome->log, 0, welcome->epoch, 1}, 1}});
  for (int i = 0; i < 20; ++i) bank->send_frame(frame);
  transport::HttpResult refused;
  const auto is_refused = [&] {
    refused = client.call("GET", "/v1/participants", {}, {}, 200);  // 0 when it waits with the rest
    return refused.status == 503;
  };
  for (int i = 0; i < 300 && !is_refused(); ++i) poll_pause();
  expect_refused(refused, Slug::kOverloaded);
  EXPECT_EQ(client.call("GET", "/livez").status, 200);
  hold(false);
  EXPECT_TRUE(bank->wait_for<session::Decision>()) << "what waited is answered";
  for (int i = 0; i < 1'000 && client.call("GET", "/v1/participants").status != 200; ++i) poll_pause();
  EXPECT_EQ(client.call("GET", "/v1/participants").status, 200);
}

}  // namespace
}  // namespace troth::test
