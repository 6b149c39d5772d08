#include <gtest/gtest.h>

#include "proto/codec/api_json.h"
#include "tests/proto/samples.h"

namespace troth::codec {
namespace {

TEST(WriteJson, AFullTransactionShowsEveryField) {
  const auto id = to_text(samples::id());
  const std::string expected =
      R"({"id":")" + id +
      R"(","label":"order-4711","phase":"finished","outcome":"aborted","effects":"none","heuristic":"abort",)"
      R"("abortReason":"branch_count","attention":"undelivered","epoch":3,"lsn":118204,"revision":7,"timeoutMs":30000,)"
      R"("begunAt":"2023-11-14T22:13:20.000Z","deadlineAt":"2023-11-14T22:13:50.000Z",)"
      R"("decidedAt":"2023-11-14T22:13:20.001Z","finishedAt":"2023-11-14T22:13:20.002Z","traceparent":"00-trace",)"
      R"("branches":[{"n":1,"participant":"bank-a","key":"k","instance":"bank-a-1","connected":true,)"
      R"("state":"read_only","vote":"read_only","voteReason":"why","inDoubt":true,"heuristic":"hazard","attempts":3,)"
      R"("lastError":{"code":"timeout","detail":"no answer","at":"1970-01-01T00:00:00.001Z"},)"
      R"("nextAttemptAt":"1970-01-01T00:00:00.002Z","waitingFor":"vote"},)"
      R"({"n":0,"participant":"","key":"","instance":null,"connected":false,"state":"active","vote":null,)"
      R"("voteReason":null,"inDoubt":false,"heuristic":null,"attempts":0,"lastError":null,"nextAttemptAt":null,)"
      R"("waitingFor":null}],"timeline":[{"at":"1970-01-01T00:00:00.003Z","what":"begun","branch":1,)"
      R"("detail":"detail"},{"at":"1970-01-01T00:00:00.004Z","what":"decided","branch":null,"detail":null}],)"
      R"("allowedActions":[{"action":"abort","effect":"aborts it","risk":"none","blockedBecause":"decided"},)"
      R"({"action":"retry","effect":"asks again","risk":"none","blockedBecause":null}]})";
  EXPECT_EQ(write_json(samples::view()), expected);
}

TEST(WriteJson, AnEmptyTransactionShowsNullsAndEmptyLists) {
  EXPECT_EQ(write_json(TransactionView{}),
            R"({"id":"0000000000000-0-0-0000000-0","label":null,"phase":"active","outcome":null,"effects":"some",)"
            R"("heuristic":null,"abortReason":null,"attention":null,"epoch":0,"lsn":null,"revision":0,)"
            R"("timeoutMs":null,"begunAt":null,"deadlineAt":null,"decidedAt":null,"finishedAt":null,)"
            R"("traceparent":null,"branches":[],"timeline":[],"allowedActions":[]})");
}

TEST(WriteJson, ListsLeaveTheDetailsOut) {
  const answer::Transactions page{{samples::view()}, samples::id(9)};
  const auto text = write_json(page);
  EXPECT_EQ(text.find("timeline"), std::string::npos);
  EXPECT_EQ(text.find("allowedActions"), std::string::npos);
  EXPECT_EQ(text.find("{\"transactions\":[{\"id\":"), 0u);
  EXPECT_NE(text.find("],\"nextPageToken\":\"" + page_token(samples::id(9)) + "\"}"), std::string::npos) << text;
  EXPECT_EQ(write_json(answer::Transactions{}), R"({"transactions":[],"nextPageToken":null})");
  EXPECT_EQ(write_json(samples::view(), false).find("timeline"), std::string::npos);
}

TEST(WriteJson, Participants) {
  EXPECT_EQ(write_json(samples::participant_view()),
            R"({"name":"bank-a","kind":"callback","routing":"pinned","url":"http://x","state":"retired",)"
            R"("instances":[{"id":"i","remote":"127.0.0.1:5","connectedAt":"1970-01-01T00:00:00.001Z","protocol":1,)"
            R"("queued":2,"inFlight":3}],"liveBranches":4,"inDoubtBranches":5,"oldestInDoubtMs":6,"hazards":7,)"
            R"("registeredAt":"1970-01-01T00:00:00.008Z","lastSeenAt":"1970-01-01T00:00:00.009Z",)"
            R"("lastError":{"code":"c","detail":"d","at":"1970-01-01T00:00:00.010Z"}})");
  EXPECT_EQ(write_json(answer::Participants{}), R"({"participants":[]})");
}

TEST(WriteJson, ADecisionNamesItsBranchByNumber) {
  EXPECT_EQ(write_json(DecisionView{{0}, 4, samples::branch(), DecisionKind::kForeignLog}),
            R"({"logId":"0000000000000","epoch":4,"transaction":")" + to_text(samples::id()) +
                R"(","branch":2,"decision":"foreign_log"})");
}

TEST(WriteJson, ADryRun) {
  EXPECT_EQ(write_json(answer::DryRun{{"a"}, {}}), R"({"wouldChange":["a"],"warnings":[]})");
}

TEST(WriteJson, AProblemWithoutATransaction) {
  const answer::Refused refused{{Slug::kBadField, "Say \"x\".", "/label"}, std::nullopt};
  EXPECT_EQ(write_json(refused, "/v1/transactions"),
            R"({"type":"urn:troth:problem:bad-field","title":"A field has a wrong type or is out of range",)"
            R"("status":400,"detail":"Say \"x\".","instance":"/v1/transactions","pointer":"/label",)"
            R"("retryable":false,"outcome":null})");
}

TEST(WriteJson, AnAbortedTransactionIsAProblemThatSaysSo) {
  const auto text = write_json(samples::refused(), "/x");
  EXPECT_NE(text.find(R"("status":409)"), std::string::npos);
  EXPECT_NE(text.find(R"("outcome":"aborted","abortReason":"branch_count","transaction":{"id":)"), std::string::npos);
  const auto bare = write_json(answer::Refused{{Slug::kCommitted, "It committed.", ""}, std::nullopt}, "/x");
  EXPECT_NE(bare.find(R"("pointer":null,"retryable":false,"outcome":"committed"})"), std::string::npos) << bare;
}

TEST(WriteJson, LimitsHaveTheirNames) {
  const auto text = write_json(Limits{});
  EXPECT_EQ(text.find(R"({"defaultTimeoutMs":30000,"maxTimeoutMs":3600000,"maxWaitMs":30000,)"), 0u) << text;
  EXPECT_NE(text.find(R"("ballastBytes":16777216,"compactRecords":250000})"), std::string::npos);
}

TEST(WriteJson, TextIsEscapedAndAlwaysUtf8) {
  AllowedAction action{"\x01\"\\\n\x7f", "\xff\xc3\xa9", "", std::nullopt};
  TransactionView view;
  view.allowed_actions = {action};
  const auto text = write_json(view);
  EXPECT_NE(text.find(R"("action":"\u0001\"\\\n)"
                      "\x7f\""),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\"effect\":\"?\xc3\xa9\""), std::string::npos) << text;
}

TEST(Rfc3339, MillisecondsInUtc) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(951'782'399'999), "2000-02-28T23:59:59.999Z");
  EXPECT_EQ(rfc3339(951'782'400'000), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(4'102'444'800'007), "2100-01-01T00:00:00.007Z");
}

}  // namespace
}  // namespace troth::codec
