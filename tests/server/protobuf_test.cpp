// Every route that speaks JSON speaks Protobuf too, and says the same: each row is asked twice, once in either form, on
// things made alike, and what was said in Protobuf is written as JSON and compared.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "coordinator/server/routes.h"
#include "proto/codec/api_proto.h"
#include "proto/codec/describe_api.h"
#include "proto/codec/json_writer.h"
#include "proto/codec/wire_reader.h"
#include "proto/codec/wire_writer.h"
#include "tests/server/live_server.h"
#include "tests/server/scripted_participant.h"

namespace troth::codec {

// What the product writes and never reads.
struct PageRead {
  std::vector<TransactionView> transactions;
  std::optional<std::string> next;
};
struct ParticipantsRead {
  std::vector<ParticipantView> participants;
};
struct DryRunRead {
  std::vector<std::string> would_change;
  std::vector<std::string> warnings;
};
template <class A>
void describe(A& a, Ref<A, PageRead> v) {
  a.list(1, "transactions", v.transactions);
  a.field(2, "nextPageToken", v.next);
}
template <class A>
void describe(A& a, Ref<A, ParticipantsRead> v) {
  a.list(1, "participants", v.participants);
}
template <class A>
void describe(A& a, Ref<A, DryRunRead> v) {
  a.list(1, "wouldChange", v.would_change);
  a.list(2, "warnings", v.warnings);
}

}  // namespace troth::codec

namespace troth::test {
namespace {

template <class T, bool kDetails = true>
std::string as_json(const std::string& bytes) {
  T message;
  const codec::ReadBounds bounds;
  codec::WireReader reader(bytes, codec::UnknownFields::kSkip, bounds);
  if (!reader.read(message)) return "not such a message";
  std::string out;
  codec::JsonWriter(out, kDetails).object(message);
  return out;
}

/// Without what differs between two of a kind: ids, times, counters, ports.
std::string masked(std::string json) {
  const std::vector<std::pair<const char*, const char*>> masks = {
      {R"x([0-9a-z]{13}-0-\d+-[0-9a-z]{7}-\d+)x", "ID"},
      {R"x(\d{4}-\d\d-\d\dT[0-9:.]+Z)x", "TIME"},
      {R"x(127\.0\.0\.1:\d+)x", "PEER"},
      {R"x("(lsn|revision|attempts|oldestInDoubtMs|liveBranches|inDoubtBranches|queued|inFlight)":\d+)x", "$1"},
      {R"x("nextPageToken":"[^"]*")x", "TOKEN"},
      {R"x("instance":("[^"]*"|null),"pointer")x", "pointer"},  // the path, which only HTTP has
      {R"x(,"abortReason":null,"transaction":null\})x", "}"},
      {R"x((gone|idle)-\d)x", "$1"},
      {R"x((revision|LSN) \d+)x", "$1"}};
  for (const auto& [what, by] : masks) json = std::regex_replace(json, std::regex(what), by);
  return json;
}

struct Row {
  std::string method;
  std::string pattern;
  std::string target;  // NEW, LATE, … stand for ids that are made for each call
  std::string json;
  std::string protobuf;
  std::string (*read)(const std::string&) = nullptr;
  int status = 200;
};

request::Begin begin_of(const std::string& participant, bool commit) {
  request::Begin begin;
  begin.label = "both";
  begin.commit = commit;
  begin.branches.push_back({participant, "k", PayloadType::kJson, R"({"a":1})"});
  return begin;
}

class Protobuf : public testing::Test {
 protected:
  Protobuf() {
    join("bank-a", ScriptedParticipant::votes(VoteKind::kCommit));
    join("broke", ScriptedParticipant::votes(VoteKind::kAbort));
    join("late", [](const session::Message& message) -> std::optional<session::Message> {
      const auto* prepare = std::get_if<session::Prepare>(&message);
      if (prepare == nullptr) return std::nullopt;
      return session::Vote{prepare->branch, VoteKind::kCommit, "yes"};
    });
    for (const std::string name : {"gone-1", "gone-2", "idle-1", "idle-2"}) {
      join(name, ScriptedParticipant::silent());
      all_.back()->send(session::Goodbye{"test"});
      all_.back()->close_code();
      EXPECT_TRUE(live_.eventually(
          [&] { return member(live_.get("/v1/participants/" + name).body, "state") == "disconnected"; }));
    }
    live_.begin(R"({"label":"page","branches":[{"participant":"bank-a"}],"commit":true,"wait":"completed"})");
    live_.begin(R"({"label":"page"})");
  }

  void join(const std::string& name, ScriptedParticipant::Script script) {
    all_.push_back(ScriptedParticipant::connect(live_.io(), live_.port(), hello(name), std::move(script)));
    EXPECT_TRUE(all_.back()->wait_for<session::Welcome>());
  }

  /// The n-th time that it is asked.
  std::string expand(std::string target, int n) {
    const auto put = [&](const std::string& word, const auto& make) {
      if (const auto at = target.find(word); at != target.npos) target.replace(at, word.size(), make());
    };
    put("NEW", [&] {
      return live_.begin(R"({"label":"both","branches":[{"participant":"bank-a","key":"k","payload":{"a":1}}]})");
    });
    put("LATE", [&] { return live_.begin(R"({"label":"both","commit":true,"branches":[{"participant":"late"}]})"); });
    put("GONE", [&] { return "gone-" + std::to_string(n); });
    put("IDLE", [&] { return "idle-" + std::to_string(n); });
    return target;
  }

  void check(const Row& row) {
    SCOPED_TRACE(row.method + " " + row.target);
    const auto in_json = live_.call(
        row.method, expand(row.target, 1),
        row.json.empty() ? transport::Headers{} : transport::Headers{{"content-type", "application/json"}}, row.json);
    transport::Headers headers{{"accept", "application/x-protobuf"}};
    if (!row.protobuf.empty()) headers.emplace_back("content-type", "application/x-protobuf");
    const auto in_protobuf = live_.call(row.method, expand(row.target, 2), headers, row.protobuf);
    EXPECT_EQ(in_json.status, row.status) << in_json.body;
    EXPECT_EQ(in_protobuf.status, row.status) << in_protobuf.body;
    if (row.status == 204) return;
    EXPECT_EQ(header(in_protobuf, "content-type"), "application/x-protobuf");
    EXPECT_EQ(masked(row.read(in_protobuf.body)), masked(in_json.body));
    EXPECT_EQ(header(in_protobuf, "etag").empty(), header(in_json, "etag").empty());
  }

  LiveServer live_;
  std::vector<std::shared_ptr<ScriptedParticipant>> all_;
};

constexpr const char* kTx = "/v1/transactions";
constexpr const char* kOne = "/v1/transactions/{id}";
constexpr const char* kBranch = "/v1/transactions/{id}/branches/{n}";

std::vector<Row> rows_of_transactions() {
  using codec::to_wire;
  const auto tx = as_json<TransactionView>;
  const auto branch = as_json<BranchView>;
  const auto problem = as_json<answer::Refused>;
  const std::string one(kOne);
  const auto begin = [](const std::string& participant, bool commit) {
    return to_wire(codec::HttpBegin{begin_of(participant, commit)});
  };
  const std::string open = R"({"label":"both","branches":[{"participant":"bank-a","key":"k","payload":{"a":1}}]})";
  return {
      {"POST", kTx, kTx, open, begin("bank-a", false), tx, 201},
      {"POST", kTx, kTx,
       R"({"label":"both","commit":true,"branches":[{"participant":"broke","key":"k","payload":{"a":1}}]})",
       begin("broke", true), problem, 409},
      {"POST", kTx, kTx, R"({"branches":[{"participant":"No Name","key":"k","payload":{"a":1}}],"label":"both"})",
       begin("No Name", false), problem, 400},
      {"GET", kTx, "/v1/transactions?label=page&pageSize=1", "", "", as_json<codec::PageRead, false>},
      {"GET", kOne, "/v1/transactions/NEW", "", "", tx},
      {"POST", one + "/branches", "/v1/transactions/NEW/branches", R"({"participant":"broke","payload":[1]})",
       to_wire(request::NewBranch{"broke", "", PayloadType::kJson, "[1]"}), branch, 201},
      {"POST", std::string(kOne) + "/commit", "/v1/transactions/NEW/commit", R"({"wait":"completed","branchCount":2})",
       to_wire(codec::CommitBody{Wait::kCompleted, 2}), problem, 409},
      {"POST", std::string(kOne) + "/abort", "/v1/transactions/NEW/abort", R"({"reason":"no"})",
       to_wire(codec::AbortBody{"no"}), tx},
      {"POST", std::string(kOne) + "/resolve", "/v1/transactions/NEW/resolve",
       R"({"outcome":"aborted","reason":"x","actor":"ada"})",
       to_wire(codec::ResolveGapBody{Outcome::kAborted, "x", "ada"}), problem, 409},
      {"GET", std::string(kBranch) + "/decision", "/v1/transactions/LATE/branches/1/decision", "", "",
       as_json<DecisionView>},
      {"POST", std::string(kBranch) + "/resolve", "/v1/transactions/LATE/branches/1/resolve",
       R"({"action":"abort","reason":"x","heuristic":true,"dryRun":true})",
       to_wire(codec::ResolveBody{ResolveAction::kAbort, "x", "", true, true}), as_json<codec::DryRunRead>},
      {"POST", std::string(kBranch) + "/resolve", "/v1/transactions/LATE/branches/1/resolve",
       R"({"action":"commit","reason":"x","actor":"ada"})",
       to_wire(codec::ResolveBody{ResolveAction::kCommit, "x", "ada", false, false}), branch},
      {"POST", std::string(kBranch) + "/retry", "/v1/transactions/LATE/branches/1/retry", "", "", branch, 202},
  };
}

std::vector<Row> rows_of_the_rest() {
  using codec::to_wire;
  const auto problem = as_json<answer::Refused>;
  const std::string all = "/v1/participants";
  return {
      {"GET", all, all, "", "", as_json<codec::ParticipantsRead>},
      {"POST", all, all, R"({"name":"c","kind":"callback","url":"http://10.0.0.1/x","concurrency":1,"timeoutMs":9})",
       to_wire(codec::RegisterBody{"c", "http://10.0.0.1/x", 1, 9}), problem, 400},
      {"GET", all + "/{name}", all + "/bank-a", "", "", as_json<ParticipantView>},
      {"GET", all + "/{name}", all + "/nobody", "", "", problem, 404},
      {"DELETE", all + "/{name}", all + "/IDLE", "", "", nullptr, 204},
      {"POST", all + "/{name}/retire", all + "/GONE/retire", R"({"reason":"x","dryRun":true})",
       to_wire(codec::RetireBody{"x", true}), as_json<codec::DryRunRead>},
      {"POST", all + "/{name}/retire", all + "/GONE/retire", R"({"reason":"x"})",
       to_wire(codec::RetireBody{"x", false}), as_json<ParticipantView>},
      {"GET", "/v1/session", "/v1/session", "", "", problem, 426},
      {"GET", "/v1/client", "/v1/client", "", "", problem, 426},
  };
}

TEST_F(Protobuf, SaysOnEveryRouteWhatJsonSays) {
  std::set<std::string> covered;
  for (const auto& rows : {rows_of_transactions(), rows_of_the_rest()}) {
    for (const Row& row : rows) {
      check(row);
      covered.insert(row.method + " " + row.pattern);
    }
  }
  const auto limits = live_.call("GET", "/v1/limits", {{"accept", "application/x-protobuf"}}, "");
  EXPECT_EQ(limits.body, codec::write_proto(live_.config().limits));
  EXPECT_EQ(live_.get("/v1/limits").body, codec::write_json(live_.config().limits));
  covered.insert("GET /v1/limits");
  for (const auto& route : server::routes()) {
    if (route.produces != server::Media::kJson) continue;
    EXPECT_EQ(covered.count(std::string(route.method) + " " + std::string(route.pattern)), 1U)
        << route.method << " " << route.pattern;
  }
}

}  // namespace
}  // namespace troth::test
