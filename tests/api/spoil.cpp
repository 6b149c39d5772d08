// What makes a request nearly valid, or hostile.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/api/generator.h"

namespace troth::api {
namespace {

/// A member that is null counts as left out.
void drop_nulls(Json& value, bool is_payload = false) {
  if (is_payload) return;
  if (auto* items = value.if_array()) {
    for (Json& item : *items) drop_nulls(item);
  }
  auto* members = value.if_object();
  if (members == nullptr) return;
  boost::json::object kept;
  for (auto& member : *members) {
    const bool payload = member.key() == "payload";
    if (member.value().is_null() && !payload) continue;
    drop_nulls(member.value(), payload);
    kept[member.key()] = member.value();
  }
  *members = std::move(kept);
}

}  // namespace

void Generator::spoil(Request& request) {
  request.valid = false;
  const Json* body = spec_.find(*request.operation->node, "requestBody");
  boost::json::error_code error;
  switch (dice_.below(body && !request.body.empty() ? 8 : 3)) {
    case 0: return spoil_headers(request);
    case 1: {
      const std::vector<std::pair<std::string, std::string>> bad = {{"nope", "1"},
                                                                    {"pageSize", "0"},
                                                                    {"pageSize", "99999999999999999999"},
                                                                    {"olderThanMs", "-1"},
                                                                    {"label", ""},
                                                                    {"state", "gone"},
                                                                    {"after", "x"},
                                                                    {"waitForRevision", "1e3"},
                                                                    {"pageToken", "!"},
                                                                    {"participant", "NO NAME"}};
      query_.push_back(dice_.pick(bad));
      if (dice_.chance(30)) query_.push_back(query_.back());
      return;
    }
    case 2: return dice_.chance(20) ? spoil_framing(request) : spoil_headers(request);
    case 3: return spoil_text(request.body);
    default: break;
  }
  Json value = boost::json::parse(request.body, error);
  if (error) return;
  for (auto left = 1 + dice_.below(2); left > 0; --left) spoil_value(value);
  request.body = boost::json::serialize(value);
  judge_body(request);
}

void Generator::judge_body(Request& request) {
  boost::json::error_code error;
  Json value = boost::json::parse(request.body, error);
  if (error) return;
  drop_nulls(value);
  const Json* body = spec_.find(*request.operation->node, "requestBody");
  request.forbidden = spec_.misfit(spec_.content(*body, "application/json")->at("schema"), value);
}

/// Somewhere in it: another kind of value, one member less, one that is not known.
void Generator::spoil_value(Json& value) {
  if (auto* members = value.if_object(); members && !members->empty() && dice_.chance(80)) {
    auto at = members->begin() + static_cast<std::ptrdiff_t>(dice_.below(members->size()));
    switch (dice_.below(5)) {
      case 0: members->erase(at->key()); return;
      case 1: (*members)[dice_.chance(50) ? "lable" : dice_.text(30)] = 1; return;
      default: return spoil_value(at->value());
    }
  }
  if (auto* items = value.if_array(); items && !items->empty() && dice_.chance(70)) {
    return spoil_value((*items)[dice_.below(items->size())]);
  }
  const boost::json::array others = {nullptr,
                                     true,
                                     -1,
                                     0,
                                     1.5,
                                     9'223'372'036'854'775'807,
                                     18'446'744'073'709'551'615U,
                                     1e300,
                                     "",
                                     "\xe2\x82\xac",
                                     "a\nb",
                                     std::string(300, 'a'),
                                     std::string(5'000, 'z'),
                                     boost::json::array{},
                                     boost::json::array(100, 1),
                                     boost::json::object{},
                                     boost::json::object{{"a", nullptr}}};
  value = others[dice_.below(others.size())];
}

void Generator::spoil_text(std::string& body) {
  const auto somewhere = [&] { return dice_.below(body.size() + 1); };
  switch (dice_.below(10)) {
    case 0: body.resize(somewhere()); return;
    case 1: body += dice_.pick(std::vector<std::string>{"x", "{}", "\n\n", ",", "]"}); return;
    case 2: body.insert(somewhere(), dice_.bytes(4)); return;
    case 3: body.insert(0, "\xef\xbb\xbf"); return;
    case 4: body = "{\"label\":\"a\",\"label\":\"b\"}"; return;
    case 5: body = std::string(1 + dice_.below(6'000), dice_.chance(50) ? '[' : '{'); return;
    case 6:
      body = dice_.pick(std::vector<std::string>{"null", "[]", "1", "\"\"", "NaN", "{'a':1}", "{\"timeoutMs\":1e999}"});
      return;
    case 7:
      body.insert(somewhere(), dice_.pick(std::vector<std::string>{"\xff", "\xc0\x80", "\xed\xa0\x80", "\\ud800"}));
      return;
    case 8: body = std::string(20'000, ' ') + body; return;
    default:
      body = R"({"branches":[{"participant":"bank-a","payload":)" + std::string(40, '[') + std::string(40, ']') + "}]}";
      return;
  }
}

void Generator::spoil_target(Request& request) {
  request.valid = false;
  const auto at = dice_.below(request.target.size());
  switch (dice_.below(6)) {
    case 0: request.target += "/"; break;
    case 1: request.target.insert(at, "%00"); break;
    case 2: request.target.insert(at, "%zz"); break;
    case 3: request.target[at] = static_cast<char>('!' + dice_.below(2)); break;
    case 4: request.target.insert(at, std::string(dice_.below(3'000), 'a')); break;
    default:
      request.method = dice_.pick(std::vector<std::string>{"PUT", "PATCH", "HEAD", "OPTIONS", "BREW", "get"});
      break;
  }
  request.operation = nullptr;
}

void Generator::spoil_headers(Request& request) {
  const std::vector<std::pair<std::string, std::string>> bad = {{"Accept", "text/html"},
                                                                {"Accept", "application/x-protobuf"},
                                                                {"Accept", "*/*;q=0"},
                                                                {"Accept", "application/json;q=2, ;;,"},
                                                                {"Content-Type", "text/xml"},
                                                                {"Content-Type", ""},
                                                                {"If-Match", "7"},
                                                                {"If-Match", "*"},
                                                                {"Idempotency-Key", ""},
                                                                {"Idempotency-Key", std::string(129, 'k')},
                                                                {"Idempotency-Key", "\xff\xfe"},
                                                                {"Last-Event-ID", "-5"},
                                                                {"traceparent", "00-zz"},
                                                                {"Origin", "http://evil.example"},
                                                                {"Expect", "100-continue"},
                                                                {"Connection", "close"},
                                                                {"Cookie", std::string(2'000, 'c')},
                                                                {"X-Long", std::string(5'000, 'l')}};
  if (dice_.chance(20))
    std::erase_if(request.headers, [](const auto& header) { return header.first == "Content-Type"; });
  request.headers.push_back(dice_.pick(bad));
  if (dice_.chance(10)) request.headers.push_back(request.headers.back());
  if (request.headers.back() == bad[14]) request.body.clear();  // else an interim answer comes first
}

/// Not HTTP as we read it.
void Generator::spoil_framing(Request& request) {
  request.framed = false;
  const std::vector<std::pair<std::string, std::string>> bad = {{"Transfer-Encoding", "chunked"},
                                                                {"Content-Length", "5, 5"},
                                                                {"Content-Length", "-1"},
                                                                {"Content-Length", "99999999999999999999"},
                                                                {"Host", "a b"},
                                                                {"Bad Name", "1"},
                                                                {"", "1"},
                                                                {"Expect", "tea"},
                                                                {"X", "a\rb"},
                                                                {"X", std::string(1, '\0')}};
  request.headers.push_back(dice_.pick(bad));
  request.body.clear();
}

}  // namespace troth::api
