#include <gtest/gtest.h>

#include "proto/codec/api_json.h"

namespace troth::codec {
namespace {

Limits small_limits() {
  Limits limits;
  limits.max_branches = 2;
  limits.max_payload_bytes = 16;
  return limits;
}

/// "<slug> <pointer>", or "ok".
template <class T>
std::string verdict(const Parsed<T>& parsed) {
  const auto* problem = std::get_if<Problem>(&parsed);
  if (problem == nullptr) return "ok";
  EXPECT_FALSE(problem->detail.empty());
  return std::string(info(problem->slug).text) + " " + problem->pointer;
}
std::string begin(const std::string& body) {
  return verdict(read_begin(body, small_limits()));
}
request::Begin begun(const std::string& body) {
  auto parsed = read_begin(body, Limits{});
  EXPECT_EQ(verdict(parsed), "ok") << body;
  return std::get<request::Begin>(parsed);
}

TEST(ReadBegin, TheExampleOfTheSpecification) {
  const auto b = begun(R"({"label":"order-4711","timeoutMs":30000,"wait":"decided","onePhase":false,
 "branches":[{"participant":"bank-a","key":"","payload":{"account":"7","amount":-50}}],"commit":true})");
  EXPECT_EQ(b.label, "order-4711");
  EXPECT_EQ(b.timeout_ms, 30000);
  EXPECT_TRUE(b.commit);
  ASSERT_EQ(b.branches.size(), 1u);
  EXPECT_EQ(b.branches[0].payload_type, PayloadType::kJson);
  EXPECT_EQ(b.branches[0].payload, R"({"account":"7","amount":-50})");
}

TEST(ReadBegin, AnEmptyBodyIsAnEmptyObject) {
  for (const char* body : {"", "{}", " {\n} ", R"({"label":null,"timeoutMs":null,"wait":null,"branches":null})"}) {
    const auto b = begun(body);
    EXPECT_FALSE(b.timeout_ms);
    EXPECT_FALSE(b.commit);
    EXPECT_EQ(b.origin.request_hash, begun("{}").origin.request_hash);
  }
}

struct Case {
  const char* body;
  const char* verdict;
};
constexpr Case kBegin[] = {
    {"{", "bad-json "},
    {"{} x", "bad-json "},
    {"{\"label\":\"a\",}", "bad-json "},
    {"{'label':\"a\"}", "bad-json "},
    {"{/* c */}", "bad-json "},
    {"{\"label\":\"\xff\"}", "bad-json "},
    {"{\"label\":\"\\ud800\"}", "bad-json "},
    {"\xef\xbb\xbf{}", "bad-json "},
    {"[]", "bad-field "},
    {"null", "bad-field "},
    {"3", "bad-field "},
    {R"({"lable":"a"})", "unknown-field /lable"},
    {R"({"Label":"a"})", "unknown-field /Label"},
    {R"({"traceparent":"a"})", "unknown-field /traceparent"},
    {R"({"a/b~c":1})", "unknown-field /a~1b~0c"},
    {R"({"label":"a","label":"a"})", "duplicate-field /label"},
    {R"({"label":"a","la\u0062el":"b"})", "duplicate-field /label"},
    {R"({"branches":[{"participant":"a","payload":{"x":[1,{"y":1,"y":2}]}}]})",
     "duplicate-field /branches/0/payload/x/1/y"},
    {R"({"label":1})", "bad-field /label"},
    {R"({"label":""})", "bad-field /label"},
    {R"({"label":"a\nb"})", "bad-field /label"},
    {R"({"label":"0123456789012345678901234567890123456789012345678901234567890123x"})", "bad-field /label"},
    {R"({"timeoutMs":"1"})", "bad-field /timeoutMs"},
    {R"({"timeoutMs":1.0})", "bad-field /timeoutMs"},
    {R"({"timeoutMs":0})", "bad-field /timeoutMs"},
    {R"({"timeoutMs":-1})", "bad-field /timeoutMs"},
    {R"({"timeoutMs":1})", "ok"},
    {R"({"timeoutMs":3600000})", "ok"},
    {R"({"timeoutMs":3600001})", "bad-field /timeoutMs"},
    {R"({"timeoutMs":18446744073709551615})", "bad-field /timeoutMs"},
    {R"({"timeoutMs":18446744073709551616})", "bad-field /timeoutMs"},
    {R"({"timeoutMs":1e400})", "bad-field /timeoutMs"},
    {R"({"wait":"Decided"})", "bad-field /wait"},
    {R"({"wait":true})", "bad-field /wait"},
    {R"({"onePhase":1})", "bad-field /onePhase"},
    {R"({"commit":"true"})", "bad-field /commit"},
    {R"({"branches":{}})", "bad-field /branches"},
    {R"({"branches":[1]})", "bad-field /branches/0"},
    {R"({"branches":[null]})", "bad-field /branches/0"},
    {R"({"branches":[{}]})", "bad-field /branches/0/participant"},
    {R"({"branches":[{"participant":"a"},{"participant":"A"}]})", "bad-field /branches/1/participant"},
    {R"({"branches":[{"participant":"a","key":"a\u0001"}]})", "bad-field /branches/0/key"},
    {R"({"branches":[{"participant":"a","x":1}]})", "unknown-field /branches/0/x"},
    {R"({"branches":[{"participant":"a"},{"participant":"b"},{"participant":"c"}]})", "too-many-branches /branches"},
    {R"({"branches":[{"participant":"a","payload":"12345678901234"}]})", "ok"},
    {R"({"branches":[{"participant":"a","payload":"123456789012345"}]})", "too-large /branches/0/payload"},
    {R"({"branches":[{"participant":"a","payloadBase64":"AAAAAAAAAAAAAAAAAAAAAA=="}]})", "ok"},
    {R"({"branches":[{"participant":"a","payloadBase64":"AAAAAAAAAAAAAAAAAAAAAAA="}]})",
     "too-large /branches/0/payloadBase64"},
    {R"({"branches":[{"participant":"a","payloadBase64":"A==="}]})", "bad-field /branches/0/payloadBase64"},
    {R"({"branches":[{"participant":"a","payloadBase64":"AB=="}]})", "bad-field /branches/0/payloadBase64"},
    {R"({"branches":[{"participant":"a","payloadBase64":"AA"}]})", "bad-field /branches/0/payloadBase64"},
    {R"({"branches":[{"participant":"a","payloadBase64":"A-_="}]})", "bad-field /branches/0/payloadBase64"},
    {R"({"branches":[{"participant":"a","payloadBase64":1}]})", "bad-field /branches/0/payloadBase64"},
    {R"({"branches":[{"participant":"a","payload":null,"payloadBase64":"AA=="}]})",
     "bad-field /branches/0/payloadBase64"},
    {R"({"branches":[{"participant":"a","payload":-18446744073709551616}]})", "bad-field /branches/0/payload"},
    {R"({"branches":[{"participant":"a","payload":[1,-1e999]}]})", "bad-field /branches/0/payload/1"},
};

TEST(ReadBegin, RefusesWhatIsNotExact) {
  for (const auto& c : kBegin) EXPECT_EQ(begin(c.body), c.verdict) << c.body;
}

TEST(ReadBegin, DepthIsLimited) {
  auto nested = [](int depth) {
    const auto open = std::string(static_cast<std::size_t>(depth), '[');
    const auto close = std::string(static_cast<std::size_t>(depth), ']');
    return R"({"branches":[{"participant":"a","payload":)" + open + close + "}]}";
  };
  EXPECT_EQ(verdict(read_begin(nested(29), Limits{})), "ok");
  EXPECT_EQ(verdict(read_begin(nested(30), Limits{})), "bad-json ");
  EXPECT_EQ(verdict(read_begin(nested(100000), Limits{})), "bad-json ");
}

TEST(ReadBegin, SyntaxErrorsSayWhere) {
  const auto parsed = read_begin("{\n \"label\": x}", Limits{});
  const auto& detail = std::get<Problem>(parsed).detail;
  EXPECT_NE(detail.find("line 2, column 11 (offset 12)"), std::string::npos) << detail;
}

TEST(ReadBegin, TheHashIsOfTheContentNotOfTheSpelling) {
  const auto hash = [](const char* body) { return begun(body).origin.request_hash; };
  const auto one = hash(R"({"label":"a","branches":[{"participant":"p","payload":{"x":1,"y":[1.5,"é"]}}]})");
  EXPECT_EQ(one.size(), 16u);
  EXPECT_EQ(one, hash(R"( {"branches":[{"payload":{"y":[15e-1,"\u00e9"],"x":1},"key":"","participant":"p"}],
                           "wait":"decided","label":"\u0061"} )"));
  for (const char* other : {R"({"label":"b","branches":[{"participant":"p","payload":{"x":1,"y":[1.5,"é"]}}]})",
                            R"({"label":"a","branches":[{"participant":"p","payload":{"x":1,"y":["é",1.5]}}]})",
                            R"({"label":"a","branches":[{"participant":"p","payload":{"x":2,"y":[1.5,"é"]}}]})",
                            R"({"label":"a","branches":[{"participant":"p"}]})",
                            R"({"label":"a","branches":[{"participant":"p","payload":null}]})"}) {
    EXPECT_NE(one, hash(other)) << other;
  }
}

TEST(ReadBranch, PayloadsKeepTheirContent) {
  const auto payload = [](const std::string& json) {
    return std::get<request::NewBranch>(read_branch(R"({"participant":"p","payload":)" + json + "}", Limits{})).payload;
  };
  EXPECT_EQ(payload("null"), "null");
  EXPECT_EQ(payload(R"({"b":1,"a":{"d":[],"c":{}}})"), R"({"a":{"c":{},"d":[]},"b":1})");
  EXPECT_EQ(payload("[18446744073709551615,-9223372036854775808,0.1,1e21,-2.5e-7,true]"),
            "[18446744073709551615,-9223372036854775808,0.1,1e+21,-2.5e-07,true]");
  EXPECT_EQ(payload(R"("\u0000\u001f\"\\\/\t\n")"), R"("\u0000\u001f\"\\/\t\n")");
  EXPECT_EQ(payload(R"("\ud83d\ude00")"), "\"\xf0\x9f\x98\x80\"");
}

TEST(ReadBranch, BytesComeFromBase64) {
  const auto parsed = read_branch(R"({"participant":"p","payloadBase64":"AP8="})", Limits{});
  EXPECT_EQ(std::get<request::NewBranch>(parsed).payload, std::string("\0\xff", 2));
  EXPECT_EQ(std::get<request::NewBranch>(parsed).payload_type, PayloadType::kBytes);
  EXPECT_EQ(verdict(read_branch("", Limits{})), "bad-field /participant");
}

TEST(ReadCommit, Cases) {
  auto commit = [](const char* body) { return verdict(read_commit(body, Limits{})); };
  EXPECT_EQ(commit(""), "ok");
  EXPECT_EQ(commit(R"({"wait":"completed","branchCount":2})"), "ok");
  EXPECT_EQ(commit(R"({"branchCount":4294967296})"), "bad-field /branchCount");
  EXPECT_EQ(commit(R"({"branchCount":-1})"), "bad-field /branchCount");
  EXPECT_EQ(commit(R"({"branches":2})"), "unknown-field /branches");
  EXPECT_EQ(std::get<CommitBody>(read_commit(R"({"branchCount":2})", Limits{})).branch_count, 2u);
}

TEST(ReadAbort, Cases) {
  EXPECT_EQ(verdict(read_abort("")), "ok");
  EXPECT_EQ(std::get<AbortBody>(read_abort(R"({"reason":"gone"})")).reason, "gone");
  EXPECT_EQ(verdict(read_abort(R"({"reason":"a\u0000"})")), "bad-field /reason");
  EXPECT_EQ(verdict(read_abort("{\"reason\":\"" + std::string(1001, 'x') + "\"}")), "bad-field /reason");
}

TEST(ReadResolve, ActionAndReasonAreRequired) {
  EXPECT_EQ(verdict(read_resolve("")), "bad-field /action");
  EXPECT_EQ(verdict(read_resolve(R"({"action":"commit"})")), "bad-field /reason");
  EXPECT_EQ(verdict(read_resolve(R"({"action":"commit","reason":""})")), "bad-field /reason");
  EXPECT_EQ(verdict(read_resolve(R"({"action":"undo","reason":"x"})")), "bad-field /action");
  EXPECT_EQ(verdict(read_resolve(R"({"action":"abort","reason":"x","actor":"a\u0007"})")), "bad-field /actor");
  const auto parsed = read_resolve(R"({"action":"abort","reason":"x","actor":"ann","heuristic":true,"dryRun":true})");
  const auto& body = std::get<ResolveBody>(parsed);
  EXPECT_EQ(body.action, ResolveAction::kAbort);
  EXPECT_TRUE(body.heuristic && body.dry_run);
  EXPECT_EQ(body.actor, "ann");
}

TEST(ReadResolveGap, OutcomeAndReasonAreRequired) {
  EXPECT_EQ(verdict(read_resolve_gap(R"({"reason":"x"})")), "bad-field /outcome");
  EXPECT_EQ(verdict(read_resolve_gap(R"({"outcome":"committed"})")), "bad-field /reason");
  const auto parsed = read_resolve_gap(R"({"outcome":"committed","reason":"x"})");
  EXPECT_EQ(std::get<ResolveGapBody>(parsed).outcome, Outcome::kCommitted);
}

TEST(ReadRegister, OnlyCallbacks) {
  const auto parsed = read_register(R"({"name":"b","kind":"callback","url":"http://127.0.0.1:9/"})");
  EXPECT_EQ(std::get<RegisterBody>(parsed).concurrency, 16u);
  EXPECT_EQ(verdict(read_register(R"({"name":"b","url":"http://x"})")), "bad-field /kind");
  EXPECT_EQ(verdict(read_register(R"({"name":"b","kind":"session","url":"http://x"})")), "bad-field /kind");
  EXPECT_EQ(verdict(read_register(R"({"name":"B","kind":"callback","url":"http://x"})")), "bad-field /name");
  EXPECT_EQ(verdict(read_register(R"({"name":"b","kind":"callback","url":"http://x y"})")), "bad-field /url");
  EXPECT_EQ(verdict(read_register(R"({"name":"b","kind":"callback","url":"http://x","concurrency":0})")),
            "bad-field /concurrency");
  EXPECT_EQ(verdict(read_register(R"({"name":"b","kind":"callback","url":"http://x","timeoutMs":60001})")),
            "bad-field /timeoutMs");
}

TEST(ReadRetire, AReasonIsRequired) {
  EXPECT_EQ(verdict(read_retire("")), "bad-field /reason");
  EXPECT_EQ(verdict(read_retire(R"({"reason":"gone","dryRun":true})")), "ok");
}

}  // namespace
}  // namespace troth::codec
