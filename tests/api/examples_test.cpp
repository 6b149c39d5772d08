// Every example of openapi.yaml, sent to a live coordinator: the request gets the answer that the text shows, and the
// answer fits its schema.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <set>

#include "coordinator/server/opened_log.h"
#include "coordinator/server/version.h"
#include "proto/values/problem.h"
#include "recovery/rebuild.h"
#include "tests/api/spec.h"
#include "tests/server/event_stream.h"
#include "tests/server/live_server.h"
#include "tests/server/scripted_participant.h"

namespace troth::api {
namespace {

using namespace test;  // NOLINT: the live server and its clients

const Spec& spec() {
  static const Spec kSpec{std::string(server::openapi_text())};
  return kSpec;
}

std::string text_of(const Json& value) {
  return value.is_string() ? std::string(value.as_string().c_str()) : boost::json::serialize(value);
}

/// What an example shows must be in the answer: its members, and the words of closed sets. Times, counts and sentences
/// may differ.
std::string unlike(const Json& example, const Json& answer, const std::string& at) {
  static const std::set<std::string> kExact = {"phase", "outcome", "heuristic", "abortReason", "state",
                                               "type",  "title",   "decision",  "retryable",   "participant",
                                               "kind",  "routing", "n"};
  if (example.is_object() && answer.is_object()) {
    for (const auto& [key, shown] : example.as_object()) {
      const auto* given = answer.as_object().if_contains(key);
      const std::string where = at + "/" + std::string(key);
      if (given == nullptr) return where + ": not in the answer";
      if (kExact.count(std::string(key)) != 0 && shown != *given)
        return where + ": " + text_of(*given) + " is not shown";
      if (const std::string why = unlike(shown, *given, where); !why.empty()) return why;
    }
  }
  if (example.is_array() && answer.is_array() && !example.as_array().empty() && !answer.as_array().empty()) {
    return unlike(example.as_array()[0], answer.as_array()[0], at + "/0");
  }
  return {};
}

class Examples : public testing::Test {
 protected:
  Examples() {
    for (const std::string name : {"bank-a", "bank-b"}) join(name, ScriptedParticipant::votes(VoteKind::kCommit));
    join("broke", ScriptedParticipant::votes(VoteKind::kAbort));
    join("mute", ScriptedParticipant::silent());
    join("late", [](const session::Message& message) -> std::optional<session::Message> {
      const auto* prepare = std::get_if<session::Prepare>(&message);
      if (prepare == nullptr) return std::nullopt;
      return session::Vote{prepare->branch, VoteKind::kCommit, ""};
    });
    for (const std::string name : {"old", "idle"}) {
      join(name, ScriptedParticipant::silent());
      all_.back()->send(session::Goodbye{"test"});
      all_.back()->close_code();
    }
    const auto at = [](const std::string& participant, const std::string& more = {}) {
      return R"({"label":"rent","branches":[{"participant":")" + participant + "\"}]" + more + "}";
    };
    ids_["COMMITTED"] = live_.begin(at("bank-a", R"(,"commit":true,"wait":"completed")"));
    live_.begin(at("bank-a", R"(,"commit":true,"wait":"completed")"));  // a second page
    ids_["ABORTED"] = member(live_.post("/v1/transactions", at("broke", R"(,"commit":true)")).body, "transaction");
    ids_["ABORTED"] = member(ids_["ABORTED"], "id");
    ids_["UNDELIVERED"] = live_.begin(at("late", R"(,"commit":true)"));
    ids_["UNSENT"] = live_.begin(at("late", R"(,"commit":true)"));
    ids_["EMPTY"] = live_.begin();
    ids_["ABORTABLE"] = live_.begin();
    ids_["ACTIVE"] = live_.begin(R"({"label":"order-4711"})");
    ids_["PREPARING"] = live_.begin(R"({"branches":[{"participant":"mute"}],"commit":true})");
    const auto& identity = live_.started().identity;
    const std::string log = to_text(identity.log);
    ids_["FOREIGN"] = "fzzzzzzzzzzzz-0-1-0000000-1";
    ids_["FUTURE"] = log + "-0-1-" + nonce_to_text(identity.epoch.nonce) + "-999999";
    ids_["LOST"] = log + "-0-77-0000001-5";
  }

  void join(const std::string& name, ScriptedParticipant::Script script) {
    all_.push_back(ScriptedParticipant::connect(live_.io(), live_.port(), hello(name), std::move(script)));
    EXPECT_TRUE(all_.back()->wait_for<session::Welcome>());
  }

  std::string target_of(const Operation& operation, const Json& replay) {
    std::string target = operation.path;
    if (const Json* path = spec().find(replay, "path")) {
      for (const auto& [name, value] : path->as_object()) {
        const std::string text = text_of(value);
        const std::string open = "{" + std::string(name) + "}";
        target.replace(target.find(open), open.size(), ids_.count(text) != 0 ? ids_[text] : text);
      }
    }
    char mark = '?';
    if (const Json* query = spec().find(replay, "query")) {
      for (const auto& [name, value] : query->as_object()) {
        target += std::exchange(mark, '&') + std::string(name) + "=" + text_of(value);
      }
    }
    return target;
  }

  transport::HttpResult send(const Operation& operation, const Json& replay) {
    const std::string target = target_of(operation, replay);
    if (operation.id == "outcomes" && replay.at("status") == 200) {
      EventStream stream(live_.port(), target.substr(target.find('?')));
      const auto event = stream.next();
      return {stream.status(),
              event ? "event: " + event->name + "\n" : "",
              {{"content-type", "text/event-stream"}},
              {},
              true};
    }
    transport::Headers headers;
    if (const Json* more = spec().find(replay, "headers")) {
      for (const auto& [name, value] : more->as_object()) headers.emplace_back(name, text_of(value));
    }
    std::string body;
    if (const Json* name = spec().find(replay, "request")) {
      const Json& content = *spec().content(*spec().find(*operation.node, "requestBody"), "application/json");
      const auto& example = content.at("examples").at(name->as_string());
      body = boost::json::serialize(spec().follow(example).at("value"));
      const std::string why = spec().misfit(content.at("schema"), spec().follow(example).at("value"));
      if (replay.at("status") != 400) {
        EXPECT_EQ(why, "");
      }
      headers.emplace_back("content-type", "application/json");
    }
    return live_.call(operation.method, target, headers, body);
  }

  void check(const Operation& operation, const Json& replay, const transport::HttpResult& result) {
    ASSERT_EQ(std::to_string(result.status), text_of(replay.at("status"))) << result.error << result.body;
    const Json* response = spec().response(operation, result.status);
    ASSERT_NE(response, nullptr) << "the text does not say " << result.status;
    std::string media = header(result, "content-type");
    media = media.substr(0, media.find(';'));
    if (media.empty()) return;
    const Json* content = spec().content(*response, media);
    ASSERT_NE(content, nullptr) << media;
    const bool is_json = media.ends_with("json");
    const Json answer = is_json ? boost::json::parse(result.body) : Json(nullptr);
    if (is_json) {
      EXPECT_EQ(spec().misfit(content->at("schema"), answer), "");
    }
    const Json* name = spec().find(replay, "response");
    if (name == nullptr) return;
    const Json& example = spec().follow(content->at("examples").at(name->as_string())).at("value");
    if (!is_json) {
      EXPECT_NE(result.body.find(example.as_string().c_str()), std::string::npos) << result.body.substr(0, 300);
      return;
    }
    EXPECT_EQ(spec().misfit(content->at("schema"), example), "") << "the example itself";
    EXPECT_EQ(unlike(example, answer, ""), "") << result.body;
  }

  /// Sends the examples about ids in a gap, or all others; how many.
  std::size_t replay(bool in_a_gap) {
    std::size_t replayed = 0;
    for (const Operation& operation : spec().operations()) {
      const Json* replays = spec().find(*operation.node, "x-replay");
      if (replays == nullptr) {
        ADD_FAILURE() << operation.id << " has no examples";
        continue;
      }
      for (const Json& one : replays->as_array()) {
        if ((boost::json::serialize(one).find("\"GAP\"") != std::string::npos) != in_a_gap) continue;
        SCOPED_TRACE(operation.id + " " + boost::json::serialize(one));
        check(operation, one, send(operation, one));
        ++replayed;
      }
    }
    return replayed;
  }

  LiveServer live_;
  std::vector<std::shared_ptr<ScriptedParticipant>> all_;
  std::map<std::string, std::string> ids_;
};

TEST_F(Examples, AreWhatALiveCoordinatorAnswers) {
  EXPECT_GT(replay(false), 50U);
}

/// A log that lost the end of its first epoch: what it does not know of it only an operator can settle.
TEST_F(Examples, OfALogWithAGapAreWhatItAnswers) {
  const EpochId lost = live_.started().identity.epoch;
  ids_["GAP"] = to_text(TransactionId{live_.started().identity.log, 0, lost, 4711});
  all_.clear();
  live_.stop();
  {
    auto opened = server::open_log(live_.config(), {});
    auto& log = *std::get<server::OpenedLog>(opened).log;
    const auto record = recovery::to_record(fact::GapOpened{lost, {lost.epoch + 5, 0}, 0});
    log.append({&record, 1});
    log.stop();
  }
  live_.restart();
  EXPECT_EQ(replay(true), 1U);
}

/// Names of examples that stand in the text at `node`.
void collect(const Json* node, std::set<std::string>& names) {
  const Json* examples = node ? spec().find(*node, "examples") : nullptr;
  if (examples == nullptr) return;
  for (const auto& member : examples->as_object()) names.emplace(member.key());
}

TEST(OpenApi, EveryExampleIsReplayed) {
  std::set<std::string> shown;
  std::set<std::string> replayed;
  for (const Operation& operation : spec().operations()) {
    std::set<std::string> requests;
    if (const Json* body = spec().find(*operation.node, "requestBody")) {
      collect(spec().content(*body, "application/json"), requests);
      EXPECT_FALSE(requests.empty()) << operation.id << " shows no request";
    }
    for (const auto& response : operation.node->at("responses").as_object()) {
      const Json* content = spec().find(response.value(), "content");
      if (content == nullptr) continue;
      for (const auto& media : content->as_object()) collect(&spec().follow(media.value()), shown);
    }
    for (const Json& replay : operation.node->at("x-replay").as_array()) {
      if (const Json* name = spec().find(replay, "request")) requests.erase(name->as_string().c_str());
      if (const Json* name = spec().find(replay, "response")) replayed.insert(name->as_string().c_str());
    }
    EXPECT_TRUE(requests.empty()) << operation.id << " never sends " << *requests.begin();
  }
  EXPECT_EQ(shown, replayed);
  for (const auto& example : spec().component("schemas", "Slug").at("enum").as_array()) {
    EXPECT_TRUE(parse_slug(std::string_view(example.as_string())));
  }
}

TEST(OpenApi, MisfitSeesWhatDoesNotFit) {
  const Json schema = boost::json::parse(
      R"({"type":"object","additionalProperties":false,"required":["a"],"properties":{
          "a":{"type":["string","null"],"minLength":2,"pattern":"^x"},"b":{"type":"array","items":{"enum":[1,2]}},
          "c":{"type":"integer","minimum":1,"maximum":3}}})");
  const auto fits = [&](const char* text) { return spec().misfit(schema, boost::json::parse(text)).empty(); };
  EXPECT_TRUE(fits(R"({"a":"xy","b":[1,2,1],"c":3})"));
  EXPECT_TRUE(fits(R"({"a":null})"));
  for (const char* bad :
       {R"([])", R"({})", R"({"a":1})", R"({"a":"x"})", R"({"a":"yx"})", R"({"a":null,"b":[3]})", R"({"a":null,"c":0})",
        R"({"a":null,"c":4})", R"({"a":null,"c":1.5})", R"({"a":null,"d":1})"}) {
    EXPECT_FALSE(fits(bad)) << bad;
  }
  EXPECT_THROW(spec().misfit(boost::json::parse(R"({"multipleOf":2})"), 3), std::runtime_error);
}

}  // namespace
}  // namespace troth::api
