// The stream of outcomes: what is told, in which order, and where a follower resumes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <span>
#include <thread>

#include "coordinator/server/outcome_desk.h"
#include "tests/server/event_stream.h"
#include "tests/server/live_server.h"
#include "tests/server/scripted_participant.h"
#include "wal/superseding.h"

namespace troth::test {
namespace {

using server::OutcomeDesk;

constexpr const char* kTransfer =
    R"({"label":"rent","branches":[{"participant":"bank-a"}],"commit":true,"wait":"completed"})";

class Outcomes : public testing::Test {
 protected:
  Outcomes() { join(); }
  void join() {
    bank_ = ScriptedParticipant::connect(live_.io(), live_.port(), hello("bank-a"),
                                         ScriptedParticipant::votes(VoteKind::kCommit));
    EXPECT_TRUE(bank_->wait_for<session::Welcome>());
  }
  std::string commit() { return live_.begin(kTransfer); }
  std::string abort() {
    const std::string id = live_.begin(R"({"label":"rent","branches":[{"participant":"bank-a"}]})");
    live_.post("/v1/transactions/" + id + "/abort");
    return id;
  }
  void restart() {
    bank_.reset();
    live_.restart();
    join();
  }

  LiveServer live_;
  std::shared_ptr<ScriptedParticipant> bank_;
};

TEST_F(Outcomes, AreTold) {
  EventStream stream(live_.port());
  ASSERT_EQ(stream.status(), 200) << stream.head();
  EXPECT_THAT(stream.head(), testing::HasSubstr("Content-Type: text/event-stream\r\n"));
  const std::string begin = stream.next_heartbeat();
  EXPECT_FALSE(begin.empty()) << "a follower can resume before it has heard of anything";
  const std::string committed = commit();
  const std::string aborted = abort();
  const auto first = stream.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->name, "committed");
  const std::string shown = live_.get("/v1/transactions/" + committed).body;
  EXPECT_EQ(first->data, R"({"transaction":")" + committed +
                             R"(","outcome":"committed","heuristic":null,"branch":null,"lsn":)" + member(shown, "lsn") +
                             R"(,"label":"rent","at":")" + member(shown, "decidedAt") + "\"}");
  EXPECT_EQ(first->id, member(shown, "lsn"));
  const auto second = stream.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->name, "aborted");
  EXPECT_EQ(second->id, "") << "an abort needs no record";
  EXPECT_EQ(member(second->data, "transaction"), aborted);
  EXPECT_EQ(member(second->data, "lsn"), "null");
}

TEST_F(Outcomes, OfABranchThatContradictedAreToldAsHeuristics) {
  const auto rebel = ScriptedParticipant::connect(
      live_.io(), live_.port(), hello("rebel"), [](const session::Message& message) -> std::optional<session::Message> {
        if (const auto* prepare = std::get_if<session::Prepare>(&message)) {
          return session::Vote{prepare->branch, VoteKind::kCommit, ""};
        }
        if (const auto* order = std::get_if<session::Commit>(&message)) {
          return session::Ack{order->branch, AckResult::kHeuristicAbort};
        }
        return std::nullopt;
      });
  ASSERT_TRUE(rebel->wait_for<session::Welcome>());
  EventStream stream(live_.port());
  const std::string id = live_.begin(R"({"label":"odd","branches":[{"participant":"rebel"}],"commit":true})");
  const auto committed = stream.next();
  const auto heuristic = stream.next();
  ASSERT_TRUE(committed && heuristic);
  EXPECT_EQ(committed->name, "committed");
  EXPECT_EQ(heuristic->name, "heuristic");
  EXPECT_EQ(member(heuristic->data, "heuristic"), "abort");
  EXPECT_EQ(member(heuristic->data, "outcome"), "committed");
  EXPECT_EQ(member(heuristic->data, "branch"), "1");
  EXPECT_EQ(member(heuristic->data, "label"), "odd");
  EXPECT_GT(std::stoull(heuristic->id), std::stoull(committed->id));
  live_.restart();
  EventStream again(live_.port(), "?after=" + committed->id);
  const auto repeated = again.next();
  ASSERT_TRUE(repeated);
  EXPECT_EQ(repeated->data, heuristic->data) << "a start tells what live traffic told";
}

TEST_F(Outcomes, AreResumedByTheHeaderOrTheParameterAlsoAfterARestart) {
  std::vector<std::string> ids;
  EventStream stream(live_.port());
  for (int i = 0; i < 5; ++i) ids.push_back(commit());
  std::vector<std::string> cursors;
  for (int i = 0; i < 5; ++i) {
    const auto event = stream.next();
    ASSERT_TRUE(event);
    EXPECT_EQ(member(event->data, "transaction"), ids[static_cast<std::size_t>(i)]);
    cursors.push_back(event->id);
  }
  for (const bool restarted : {false, true}) {
    if (restarted) restart();
    for (std::size_t from = 0; from < 4; ++from) {
      EventStream by_header(live_.port(), "?after=1", cursors[from]);
      EventStream by_query(live_.port(), "?after=" + cursors[from]);
      for (std::size_t i = from + 1; i < 5; ++i) {
        const auto a = by_header.next();
        const auto b = by_query.next();
        ASSERT_TRUE(a && b);
        EXPECT_EQ(member(a->data, "transaction"), ids[i]) << "the header is newer than the address";
        EXPECT_EQ(a->data, b->data);
      }
    }
  }
  EventStream all(live_.port(), "?after=0");
  const auto oldest = all.next();
  ASSERT_TRUE(oldest) << "this log has lost nothing";
  EXPECT_EQ(member(oldest->data, "transaction"), ids[0]);
}

TEST_F(Outcomes, CursorsThatNeverWereAndMalformedOnesAreRefused) {
  commit();
  EventStream above(live_.port(), "?after=999999");
  EXPECT_EQ(above.status(), 400);
  EXPECT_EQ(member(above.refusal(), "type"), "urn:troth:problem:bad-parameter");
  for (const char* query : {"?after=", "?after=-1", "?after=x", "?after=1&after=2", "?before=1"}) {
    EXPECT_EQ(EventStream(live_.port(), query).status(), 400) << query;
  }
  EXPECT_EQ(EventStream(live_.port(), "", "x").status(), 400);
  EXPECT_EQ(live_.call("GET", "/v1/outcomes", {{"accept", "application/json"}}, "").status, 406);
}

TEST_F(Outcomes, OverTheLimitOfFollowersAreRefusedUntilOneGoes) {
  std::vector<std::unique_ptr<EventStream>> all;
  for (std::size_t i = 0; i < OutcomeDesk::kMaxFollowers; ++i) {
    all.push_back(std::make_unique<EventStream>(live_.port()));
    ASSERT_EQ(all.back()->status(), 200);
  }
  EventStream refused(live_.port());
  EXPECT_EQ(refused.status(), 429);
  EXPECT_THAT(refused.head(), testing::HasSubstr("retry-after: 1\r\n"));
  EXPECT_EQ(member(refused.refusal(), "type"), "urn:troth:problem:limit-reached");
  all.pop_back();
  EXPECT_TRUE(live_.eventually([&] { return EventStream(live_.port()).status() == 200; }));
  commit();
  for (const auto& stream : all) EXPECT_TRUE(stream->next());
}

TEST_F(Outcomes, EndInOrderWhenTheCoordinatorDrains) {
  EventStream stream(live_.port());
  stream.next_heartbeat();
  commit();
  std::thread drain([&] { (*live_).drain(); });
  const auto last = stream.next();
  EXPECT_TRUE(last) << "what was decided is told before the end";
  EXPECT_FALSE(stream.next());
  EXPECT_TRUE(stream.ended());
  drain.join();
}

/// A log whose durability a test holds back.
class HeldLog final : public wal::Log {
 public:
  HeldLog(wal::Log& below, const std::atomic<bool>& held) : below_(below), held_(held) {}
  Lsn append(std::span<const wal::Record> records) override { return below_.append(records); }
  Lsn durable() const override {
    if (!held_) seen_ = below_.durable();
    return seen_;
  }
  void find(std::string key, std::uint64_t token) override { below_.find(std::move(key), token); }
  std::vector<wal::Found> take_found() override { return below_.take_found(); }
  void on_progress(std::function<void()> callback) override { below_.on_progress(std::move(callback)); }
  bool has_reserve() const override { return below_.has_reserve(); }
  std::unique_ptr<wal::Superseding> supersede() override { return below_.supersede(); }
  void stop() override { below_.stop(); }

 private:
  wal::Log& below_;
  const std::atomic<bool>& held_;
  mutable std::atomic<Lsn> seen_ = 0;
};

TEST(OutcomesAndTheLog, NothingIsToldBeforeItIsDurable) {
  TemporaryDirectory directory;
  std::atomic<bool> held = false;
  server::Seams seams;
  seams.log = [&](wal::Log& opened) { return std::make_unique<HeldLog>(opened, held); };
  auto started = server::Server::start(test_config(directory.path()), {}, seams);
  const auto running = std::move(std::get<std::unique_ptr<server::Server>>(started));
  const std::uint16_t port = running->started().port;
  transport::Io io;
  transport::HttpClient client(io, "http://127.0.0.1:" + std::to_string(port));
  const auto bank =
      ScriptedParticipant::connect(io, port, hello("bank-a"), ScriptedParticipant::votes(VoteKind::kCommit));
  ASSERT_TRUE(bank->wait_for<session::Welcome>());
  EventStream stream(port);
  ASSERT_FALSE(stream.next_heartbeat().empty());
  held = true;
  std::promise<transport::HttpResult> answered;
  client.call("POST", "/v1/transactions", {{"content-type", "application/json"}}, kTransfer, 20'000,
              [&](transport::HttpResult result) { answered.set_value(std::move(result)); });
  ASSERT_TRUE(bank->wait_for<session::Prepare>());
  const std::string decided = "troth_transactions_total{outcome=\"committed\",reason=\"\"} 1\n";
  const auto is_decided = [&] { return client.call("GET", "/metrics").body.find(decided) != std::string::npos; };
  for (int i = 0; i < 2'000 && !is_decided(); ++i) poll_pause();
  ASSERT_TRUE(is_decided());
  EXPECT_FALSE(stream.has_more_within(200)) << "decided, and in no log that a crash would leave";
  held = false;
  const auto event = stream.next();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->name, "committed");
  EXPECT_EQ(answered.get_future().get().status, 200);
}

}  // namespace
}  // namespace troth::test
