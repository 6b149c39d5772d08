// Transactions from end to end: HTTP on one side, a participant's session on the other, a real log between.
#include <gtest/gtest.h>

#include "proto/codec/api_proto.h"
#include "tests/server/live_server.h"
#include "tests/server/scripted_participant.h"

namespace troth::test {
namespace {

class Transactions : public testing::Test {
 protected:
  std::shared_ptr<ScriptedParticipant> join(const std::string& name, VoteKind vote) {
    auto participant =
        ScriptedParticipant::connect(server_.io(), server_.port(), hello(name), ScriptedParticipant::votes(vote));
    EXPECT_TRUE(participant->wait_for<session::Welcome>());
    return participant;
  }
  LiveServer server_;
};

constexpr const char* kTransfer =
    R"({"label":"t","branches":[{"participant":"bank-a","payload":{"amount":-5}},{"participant":"bank-b"}],"commit":true})";

TEST_F(Transactions, CommittedIs200AndBothParticipantsHearIt) {
  const auto a = join("bank-a", VoteKind::kCommit);
  const auto b = join("bank-b", VoteKind::kCommit);
  const auto result = server_.post("/v1/transactions", kTransfer);
  EXPECT_EQ(result.status, 200) << result.body;
  EXPECT_EQ(member(result.body, "outcome"), "committed");
  EXPECT_FALSE(header(result, "etag").empty());
  const auto prepare = a->wait_for<session::Prepare>();
  ASSERT_TRUE(prepare && a->wait_for<session::Commit>() && b->wait_for<session::Commit>());
  EXPECT_EQ(prepare->payload, R"({"amount":-5})");
  EXPECT_EQ(to_text(prepare->branch.transaction), member(result.body, "id"));
}

TEST_F(Transactions, AbortedIs409WithTheTransaction) {
  const auto a = join("bank-a", VoteKind::kCommit);
  const auto b = join("bank-b", VoteKind::kAbort);
  const auto result = server_.post("/v1/transactions", kTransfer);
  EXPECT_EQ(result.status, 409) << result.body;
  EXPECT_EQ(member(result.body, "type"), "urn:troth:problem:aborted");
  EXPECT_EQ(member(result.body, "outcome"), "aborted");
  EXPECT_EQ(member(member(result.body, "transaction"), "abortReason"), "vote");
  EXPECT_TRUE(a->wait_for<session::Abort>());
}

TEST_F(Transactions, BegunEnlistedAndCommittedInSteps) {
  const auto a = join("bank-a", VoteKind::kCommit);
  const auto begun = server_.post("/v1/transactions", "");
  EXPECT_EQ(begun.status, 201);
  const std::string path = "/v1/transactions/" + member(begun.body, "id");
  EXPECT_EQ(header(begun, "location"), path);
  EXPECT_EQ(server_.post(path + "/branches", R"({"participant":"bank-a","payload":1})").status, 201);
  EXPECT_EQ(server_.post(path + "/branches", R"({"participant":"bank-a","payload":1})").status, 200);
  EXPECT_EQ(server_.post(path + "/commit", R"({"branchCount":1,"wait":"completed"})").status, 200);
  EXPECT_EQ(server_.post(path + "/commit").status, 200) << "a repeat hears the same";
  const auto shown = server_.get(path);
  EXPECT_EQ(header(shown, "etag"), '"' + member(shown.body, "revision") + '"');
  EXPECT_EQ(member(server_.get(path + "/branches/1/decision").body, "decision"), "commit");
}

TEST_F(Transactions, LongPollAnswersWhenTheTransactionChanges) {
  const auto a = join("bank-a", VoteKind::kCommit);
  const auto begun = server_.post("/v1/transactions", R"({"branches":[{"participant":"bank-a"}]})");
  const std::string path = "/v1/transactions/" + member(begun.body, "id");
  const std::string revision = member(begun.body, "revision");
  const auto waited = server_.get(path + "?waitForRevision=" + revision);
  EXPECT_EQ(member(waited.body, "revision"), revision) << "nothing changed within max-wait-ms";
  server_.post(path + "/abort", R"({"reason":"test"})");
  const auto changed = server_.get(path + "?waitForRevision=" + revision);
  EXPECT_EQ(member(changed.body, "outcome"), "aborted");
}

TEST_F(Transactions, KeyRepeatsTheAnswerAlsoAfterARestart) {
  const auto a = join("bank-a", VoteKind::kCommit);
  const auto b = join("bank-b", VoteKind::kCommit);
  const auto first = server_.post("/v1/transactions", kTransfer, {{"idempotency-key", "k1"}});
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(member(server_.post("/v1/transactions", kTransfer, {{"idempotency-key", "k1"}}).body, "id"),
            member(first.body, "id"));
  server_.restart();
  const auto again = server_.post("/v1/transactions", kTransfer, {{"idempotency-key", "k1"}});
  EXPECT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(member(again.body, "id"), member(first.body, "id"));
}

TEST_F(Transactions, CommittedOneIsFoundAgainByANewEpoch) {
  const auto a = join("bank-a", VoteKind::kCommit);
  const auto b = join("bank-b", VoteKind::kCommit);
  const std::string id = server_.begin(kTransfer);
  const auto epoch = server_.started().identity.epoch.epoch;
  server_.restart();
  EXPECT_EQ(server_.started().identity.epoch.epoch, epoch + 1);
  EXPECT_EQ(member(server_.get("/v1/transactions/" + id).body, "outcome"), "committed");
}

TEST_F(Transactions, ListIsPagedAndFiltered) {
  for (int i = 0; i < 5; ++i) server_.begin(R"({"label":"mine"})");
  server_.begin(R"({"label":"other"})");
  const auto first = server_.get("/v1/transactions?label=mine&pageSize=3&state=active");
  const std::string token = member(first.body, "nextPageToken");
  ASSERT_NE(token, "null") << first.body;
  const auto second = server_.get("/v1/transactions?label=mine&pageSize=3&state=active&pageToken=" + token);
  EXPECT_EQ(member(second.body, "nextPageToken"), "null") << second.body;
  EXPECT_EQ(second.body.find("other"), second.body.npos);
}

TEST_F(Transactions, TraceparentIsPassedOnWhenItIsOne) {
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_EQ(member(server_.post("/v1/transactions", "{}", {{"traceparent", trace}}).body, "traceparent"), trace);
  for (const char* bad : {"nonsense", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                          "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"}) {
    EXPECT_EQ(member(server_.post("/v1/transactions", "{}", {{"traceparent", bad}}).body, "traceparent"), "null");
  }
}

TEST_F(Transactions, ProtobufInIsProtobufOutUnlessAcceptSaysOtherwise) {
  const transport::Headers protobuf = {{"content-type", "application/x-protobuf"}};
  const auto begun = server_.call("POST", "/v1/transactions", protobuf, "");
  EXPECT_EQ(begun.status, 201);
  EXPECT_EQ(header(begun, "content-type"), "application/x-protobuf");
  const auto asked = server_.call("GET", "/v1/limits", {{"accept", "application/x-protobuf"}}, "");
  EXPECT_EQ(asked.body, codec::write_proto(server_.config().limits));
  const auto json =
      server_.call("GET", "/v1/limits", {{"accept", "application/x-protobuf;q=0.5, application/json"}}, "");
  EXPECT_EQ(header(json, "content-type"), "application/json");
}

TEST_F(Transactions, ParticipantIsListedRetiredAndRemoved) {
  const auto a = join("bank-a", VoteKind::kCommit);
  EXPECT_EQ(member(server_.get("/v1/participants/bank-a").body, "state"), "connected");
  const auto dry = server_.post("/v1/participants/bank-a/retire", R"({"reason":"gone","dryRun":true})");
  EXPECT_EQ(dry.status, 200);
  EXPECT_NE(member(dry.body, "wouldChange"), "");
  EXPECT_EQ(member(server_.get("/v1/participants/bank-a").body, "state"), "connected") << "a dry run changes nothing";
  a->send(session::Goodbye{"test"});
  EXPECT_EQ(a->close_code(), 1000);
  EXPECT_TRUE(server_.eventually(
      [&] { return member(server_.get("/v1/participants/bank-a").body, "state") == "disconnected"; }));
  EXPECT_EQ(server_.call("DELETE", "/v1/participants/bank-a", {}, "").status, 204);
  EXPECT_EQ(server_.get("/v1/participants/bank-a").status, 404);
}

}  // namespace
}  // namespace troth::test
