// Every problem of api.md that a client can cause: the right slug and status, a sentence that says what to do, and no
// transaction touched.
#include <gtest/gtest.h>

#include "coordinator/server/routes.h"
#include "proto/values/problem.h"
#include "tests/server/live_server.h"
#include "tests/server/scripted_participant.h"

namespace troth::test {
namespace {

struct Case {
  std::string name;
  std::string method;
  std::string target;  // LIVE, DONE, GONE and PREPARING stand for ids
  std::string body;
  Slug slug;
  std::string pointer = {};
  transport::Headers headers = {};
};

constexpr const char* kForeign = "fzzzzzzzzzzzz-0-1-0000000-1";

std::vector<Case> syntax_cases() {
  const std::string one = "/v1/transactions";
  const std::string deep = "{\"branches\":[{\"participant\":\"bank-a\",\"payload\":" + std::string(5'000, '[') + "}]}";
  return {
      {"BrokenJson", "POST", one, "{", Slug::kBadJson},
      {"TrailingText", "POST", one, "{} x", Slug::kBadJson},
      {"DeepNesting", "POST", one, deep, Slug::kBadJson},
      {"WrongType", "POST", one, R"({"label":5})", Slug::kBadField, "/label"},
      {"OutOfRange", "POST", one, R"({"timeoutMs":0})", Slug::kBadField, "/timeoutMs"},
      {"BadParticipantName", "POST", one, R"({"branches":[{"participant":"No Name"}]})", Slug::kBadField,
       "/branches/0/participant"},
      {"UnknownField", "POST", one, R"({"lable":"x"})", Slug::kUnknownField, "/lable"},
      {"DuplicateField", "POST", one, R"({"label":"x","label":"y"})", Slug::kDuplicateField, "/label"},
      {"BothPayloads", "POST", one, R"({"branches":[{"participant":"bank-a","payload":1,"payloadBase64":"AA=="}]})",
       Slug::kBadField},
      {"TooManyBranches", "POST", one,
       R"({"branches":[{"participant":"bank-a","key":"1"},{"participant":"bank-a","key":"2"},)"
       R"({"participant":"bank-a","key":"3"},{"participant":"bank-a","key":"4"},{"participant":"bank-a","key":"5"}]})",
       Slug::kTooManyBranches, "/branches"},
      {"LargePayload", "POST", one,
       R"({"branches":[{"participant":"bank-a","payload":")" + std::string(2'000, 'x') + R"("}]})", Slug::kTooLarge},
      {"LargeBody", "POST", one, "{\"label\":\"" + std::string(9'000, 'x') + "\"}", Slug::kTooLarge},
      {"CommitOfNothing", "POST", one, R"({"commit":true})", Slug::kNoBranches},
      {"BadKey", "POST", one, "{}", Slug::kBadParameter, "", {{"idempotency-key", std::string(200, 'k')}}},
      {"KeyTwice", "POST", one, "{}", Slug::kBadParameter, "", {{"idempotency-key", "a"}, {"idempotency-key", "b"}}},
      {"UnknownParameter", "POST", one + "?dryRun=1", "{}", Slug::kBadParameter},
      {"BadState", "GET", one + "?state=done", "", Slug::kBadParameter},
      {"BadPageSize", "GET", one + "?pageSize=1001", "", Slug::kBadParameter},
      {"BadPageToken", "GET", one + "?pageToken=zzz", "", Slug::kBadParameter},
      {"BadAge", "GET", one + "?olderThanMs=-1", "", Slug::kBadParameter},
      {"BadLabel", "GET", one + "?label=", "", Slug::kBadParameter},
      {"ParameterTwice", "GET", one + "?label=a&label=b", "", Slug::kBadParameter},
      {"BadPercent", "GET", one + "?label=%zz", "", Slug::kBadParameter},
      {"BadRevision", "GET", one + "/LIVE?waitForRevision=x", "", Slug::kBadParameter},
      {"BadIfMatch", "POST", one + "/LIVE/branches/1/retry", "", Slug::kBadParameter, "", {{"if-match", "7"}}},
      {"MissingAction", "POST", one + "/LIVE/branches/1/resolve", R"({"reason":"x"})", Slug::kBadField, "/action"},
      {"BadOutcome", "POST", one + "/LIVE/resolve", R"({"outcome":"maybe","reason":"x"})", Slug::kBadField, "/outcome"},
      {"BadWait", "POST", one + "/LIVE/commit", R"({"wait":"soon"})", Slug::kBadField, "/wait"},
      {"BadProtobuf",
       "POST",
       one,
       "\xff\xff\xff",
       Slug::kBadProtobuf,
       "",
       {{"content-type", "application/x-protobuf"}}},
  };
}

std::vector<Case> id_cases() {
  const std::string one = "/v1/transactions/";
  return {
      {"BadId", "GET", one + "nonsense", "", Slug::kBadId},
      {"BadIdOfCommit", "POST", one + "nonsense/commit", "{}", Slug::kBadId},
      {"BadBranchNumber", "GET", one + "LIVE/branches/0/decision", "", Slug::kBadId},
      {"BadBranchWord", "POST", one + "LIVE/branches/x/retry", "", Slug::kBadId},
      {"SyntaxComesBeforeId", "POST", one + "nonsense/commit", "{", Slug::kBadJson},
      {"IdComesBeforeFields", "POST", one + "nonsense/commit", R"({"wait":"soon"})", Slug::kBadId},
      {"ForeignLog", "GET", one + kForeign, "", Slug::kForeignLog},
      {"ForeignLogOfCommit", "POST", one + kForeign + "/commit", "{}", Slug::kForeignLog},
      {"FutureSequence", "GET", one + "FUTURE", "", Slug::kUnknownTransaction},
      {"FutureSequenceOfAbort", "POST", one + "FUTURE/abort", "", Slug::kUnknownTransaction},
      {"EpochNobodyStarted", "GET", one + "LOST", "", Slug::kAskOperator},
      {"UnknownBranch", "POST", one + "LIVE/branches/9/retry", "", Slug::kUnknownBranch},
      {"UnknownParticipantOfBegin", "POST", "/v1/transactions", R"({"branches":[{"participant":"nobody"}]})",
       Slug::kUnknownParticipant, "/branches/0/participant"},
      {"UnknownParticipantOfEnlist", "POST", one + "LIVE/branches", R"({"participant":"nobody"})",
       Slug::kUnknownParticipant, "/participant"},
      {"UnknownParticipant", "GET", "/v1/participants/nobody", "", Slug::kUnknownParticipant},
      {"UnknownParticipantOfRemove", "DELETE", "/v1/participants/No%20Name", "", Slug::kUnknownParticipant},
      {"UnknownParticipantOfRetire", "POST", "/v1/participants/nobody/retire", R"({"reason":"x"})",
       Slug::kUnknownParticipant},
      {"SchemeOfCallback", "POST", "/v1/participants",
       R"({"name":"c","kind":"callback","url":"https://c.example","concurrency":1,"timeoutMs":100})",
       Slug::kUnsupportedScheme, "/url"},
      {"AddressOfCallback", "POST", "/v1/participants",
       R"({"name":"c","kind":"callback","url":"http://10.0.0.1/x","concurrency":1,"timeoutMs":100})",
       Slug::kAddressRefused, "/url"},
      {"KindOfCallback", "POST", "/v1/participants", R"({"name":"c","kind":"session","url":"http://c"})",
       Slug::kBadField},
  };
}

std::vector<Case> state_cases() {
  const std::string one = "/v1/transactions/";
  return {
      {"CommitOfEmpty", "POST", one + "EMPTY/commit", "", Slug::kNoBranches},
      {"EnlistAfterCommit", "POST", one + "DONE/branches", R"({"participant":"bank-a"})", Slug::kCommitted},
      {"AbortAfterCommit", "POST", one + "DONE/abort", "", Slug::kCommitted},
      {"CommitAfterAbort", "POST", one + "GONE/commit", "", Slug::kAborted},
      {"EnlistAfterAbort", "POST", one + "GONE/branches", R"({"participant":"bank-a"})", Slug::kAborted},
      {"EnlistWhilePreparing", "POST", one + "PREPARING/branches", R"({"participant":"bank-a","key":"late"})",
       Slug::kPrepareBegan},
      {"OtherPayload", "POST", one + "LIVE/branches", R"({"participant":"bank-a","payload":2})", Slug::kBranchConflict},
      {"ResolveUndecided", "POST", one + "LIVE/branches/1/resolve", R"({"action":"commit","reason":"x"})",
       Slug::kActionRefused},
      {"ResolveNoGap", "POST", one + "LIVE/resolve", R"({"outcome":"aborted","reason":"x"})", Slug::kActionRefused},
      {"OldRevision", "POST", one + "LIVE/branches/1/retry", "", Slug::kRevisionChanged, "", {{"if-match", "\"0\""}}},
      {"ParticipantInUse", "DELETE", "/v1/participants/bank-a", "", Slug::kParticipantInUse},
      {"KeyReused",
       "POST",
       "/v1/transactions",
       R"({"label":"other"})",
       Slug::kIdempotencyKeyReused,
       "",
       {{"idempotency-key", "used"}}},
  };
}

std::vector<Case> http_cases() {
  return {
      {"NoSuchRoute", "GET", "/v2/transactions", "", Slug::kNoSuchRoute},
      {"RouteComesBeforeMethod", "PUT", "/nothing", "{}", Slug::kNoSuchRoute},
      {"MethodNotAllowed", "PUT", "/v1/transactions", "", Slug::kMethodNotAllowed},
      {"MethodComesBeforeType", "PUT", "/v1/transactions", "{", Slug::kMethodNotAllowed, "", {{"content-type", "x/y"}}},
      {"WrongContentType",
       "POST",
       "/v1/transactions",
       "{}",
       Slug::kUnsupportedMediaType,
       "",
       {{"content-type", "text/xml"}}},
      {"BodyWithoutType", "POST", "/v1/transactions", "{}", Slug::kUnsupportedMediaType, "", {{"content-type", ""}}},
      {"TypeComesBeforeAccept",
       "POST",
       "/v1/transactions",
       "{}",
       Slug::kUnsupportedMediaType,
       "",
       {{"content-type", "a/b"}, {"accept", "text/html"}}},
      {"NotAcceptable", "GET", "/v1/limits", "", Slug::kNotAcceptable, "", {{"accept", "text/html"}}},
      {"NotAcceptableText", "GET", "/livez", "", Slug::kNotAcceptable, "", {{"accept", "application/json"}}},
      {"AcceptComesBeforeSize",
       "POST",
       "/v1/transactions",
       std::string(9'000, ' '),
       Slug::kNotAcceptable,
       "",
       {{"accept", "text/html"}}},
      {"SizeComesBeforeSyntax", "POST", "/v1/transactions", std::string(9'000, '{'), Slug::kTooLarge},
      {"BodyOfGet", "GET", "/v1/limits", "{}", Slug::kTooLarge},
      {"UpgradeRequired", "GET", "/v1/session", "", Slug::kUpgradeRequired},
      {"UpgradeRequiredOfClient", "GET", "/v1/client", "", Slug::kUpgradeRequired},
  };
}

/// One server for all cases: a case that spoilt anything would show in the ones that follow.
class Problems : public testing::Test {
 protected:
  Problems() {
    bank_ = ScriptedParticipant::connect(server_.io(), server_.port(), hello("bank-a"),
                                         ScriptedParticipant::votes(VoteKind::kCommit));
    mute_ = ScriptedParticipant::connect(server_.io(), server_.port(), hello("mute"));
    EXPECT_TRUE(bank_->wait_for<session::Welcome>() && mute_->wait_for<session::Welcome>());
    empty_ = server_.begin();
    live_ = server_.begin(R"({"timeoutMs":3600000,"branches":[{"participant":"bank-a","payload":1}]})");
    done_ = server_.begin(R"({"branches":[{"participant":"bank-a"}],"commit":true,"wait":"completed"})");
    gone_ = server_.begin(R"({"branches":[{"participant":"bank-a"}]})");
    server_.post("/v1/transactions/" + gone_ + "/abort");
    preparing_ = server_.begin(R"({"timeoutMs":3600000,"branches":[{"participant":"mute"}]})");
    server_.post("/v1/transactions", R"({"label":"first"})", {{"idempotency-key", "used"}});
    server_.post("/v1/transactions/" + preparing_ + "/commit");  // 202 after max-wait-ms
  }

  std::string expand(std::string target) const {
    const std::string log = to_text(server_.started().identity.log);
    const std::string present = log + "-0-1-" + nonce_to_text(server_.started().identity.epoch.nonce) + "-";
    for (const auto& [word, id] : {std::pair<std::string, std::string>{"LIVE", live_},
                                   {"DONE", done_},
                                   {"GONE", gone_},
                                   {"EMPTY", empty_},
                                   {"PREPARING", preparing_},
                                   {"FUTURE", present + "999999"},
                                   {"LOST", log + "-0-77-0000001-5"}}) {
      if (const auto at = target.find(word); at != target.npos) target.replace(at, word.size(), id);
    }
    return target;
  }

  void expect(const Case& one) {
    SCOPED_TRACE(one.name);
    transport::Headers headers = one.headers;
    bool typed = one.body.empty();
    for (const auto& [name, value] : headers) typed = typed || name == "content-type";
    if (!typed) headers.emplace_back("content-type", "application/json");
    std::erase_if(headers, [](const auto& h) { return h.second.empty(); });
    const std::string target = expand(one.target);
    const auto result = server_.call(one.method, target, headers, one.body);
    const SlugInfo& row = info(one.slug);
    EXPECT_EQ(result.status, row.status) << result.error << result.body;
    const bool protobuf = header(result, "content-type") == "application/x-protobuf";
    if (protobuf) {
      EXPECT_NE(result.body.find(row.text), result.body.npos);
      return;
    }
    EXPECT_EQ(header(result, "content-type"), "application/problem+json");
    EXPECT_EQ(member(result.body, "type"), "urn:troth:problem:" + std::string(row.text)) << result.body;
    EXPECT_EQ(member(result.body, "status"), std::to_string(row.status));
    EXPECT_EQ(member(result.body, "title"), row.title);
    EXPECT_EQ(member(result.body, "instance"), target.substr(0, target.find('?')));
    EXPECT_GT(member(result.body, "detail").size(), 15U) << "the detail says what to do";
    if (!one.pointer.empty()) {
      EXPECT_EQ(member(result.body, "pointer"), one.pointer) << result.body;
    }
  }

  void expect_all(const std::vector<Case>& cases) {
    const std::string before = everything();
    for (const Case& one : cases) expect(one);
    EXPECT_EQ(everything(), before) << "a refused request must touch no transaction";
    EXPECT_EQ(server_.get("/livez").status, 200);
  }

  std::string everything() {
    std::string all = server_.get("/v1/transactions").body;
    for (const auto& id : {empty_, live_, done_, gone_, preparing_}) all += server_.get("/v1/transactions/" + id).body;
    return all;
  }

  LiveServer server_;
  std::shared_ptr<ScriptedParticipant> bank_;
  std::shared_ptr<ScriptedParticipant> mute_;
  std::string empty_, live_, done_, gone_, preparing_;
};

TEST_F(Problems, OfSyntaxAndFieldsTouchNothing) {
  expect_all(syntax_cases());
}

TEST_F(Problems, OfIdsAndExistenceTouchNothing) {
  expect_all(id_cases());
}

TEST_F(Problems, OfStateTouchNothing) {
  expect_all(state_cases());
}

TEST_F(Problems, OfHttpTouchNothing) {
  expect_all(http_cases());
}

}  // namespace
}  // namespace troth::test
