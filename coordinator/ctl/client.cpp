#include "coordinator/ctl/client.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "proto/codec/strict_json.h"

namespace troth::ctl {
namespace {

constexpr std::string_view kProblemType = "urn:troth:problem:";

/// All others are answered with JSON, or with 204 and nothing.
bool is_text(const std::string& target) {
  return target == "/metrics" || target.starts_with("/readyz");
}

}  // namespace

std::string Answer::slug() const {
  const std::string type = text_at(object(), "type");
  return type.starts_with(kProblemType) ? type.substr(kProblemType.size()) : std::string();
}

void Answer::expect_list(std::string_view name) {
  const auto* list = object().if_contains(name);
  expect(list != nullptr && list->is_array());
}

std::string Answer::header(std::string_view name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& field) { return field.first == name; });
  return found == headers.end() ? std::string() : found->second;
}

Answer answer_of(transport::HttpResult&& result, const std::string& endpoint, bool changes) {
  Answer answer;
  answer.status = result.status;
  answer.body = std::move(result.body);
  answer.headers = std::move(result.headers);
  answer.sent = result.sent;
  answer.changes = changes;
  answer.endpoint = endpoint;
  if (answer.status == 0) answer.error = endpoint + ": " + result.error;
  auto parsed = codec::parse_strict(answer.body);
  if (auto* value = std::get_if<boost::json::value>(&parsed)) answer.json = std::move(*value);
  return answer;
}

Answer Client::call(const std::string& method, const std::string& target, transport::Headers headers,
                    const std::string& body, Millis deadline_ms) {
  Answer answer;
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    transport::HttpClient client(io_, endpoints_[i], 1);
    const std::string before = answer.error.empty() ? "" : answer.error + "; ";
    answer = answer_of(client.call(method, target, headers, body, deadline_ms), endpoints_[i], method != "GET");
    if (answer.status == 0) answer.error = before + answer.error;
    if (answer.status == 0 && !answer.sent) continue;
    std::rotate(endpoints_.begin(), endpoints_.begin() + static_cast<std::ptrdiff_t>(i), endpoints_.end());
    break;
  }
  answer.expect(is_text(target) || answer.status == 204 || answer.json.is_object());
  return answer;
}

Answer Client::get(const std::string& target, Millis deadline_ms) {
  return call("GET", target, {}, {}, deadline_ms);
}

Answer Client::post(const std::string& target, const boost::json::value& body, transport::Headers headers) {
  headers.emplace_back("content-type", "application/json");
  return call("POST", target, std::move(headers), boost::json::serialize(body), kAnswerMs);
}

Answer Client::post(const std::string& target, transport::Headers headers) {
  return call("POST", target, std::move(headers), {}, kAnswerMs);
}

Answer Client::remove(const std::string& target) {
  return call("DELETE", target, {}, {}, kAnswerMs);
}

transport::Headers if_match(std::optional<std::uint64_t> revision) {
  if (!revision) return {};
  return {{"if-match", '"' + std::to_string(*revision) + '"'}};
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const unsigned letter = (byte | 0x20u) - 'a';
    const unsigned digit = byte - unsigned{'0'};
    const bool is_plain = letter < 26 || digit < 10 || std::string_view("-._~").find(c) != std::string_view::npos;
    if (is_plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::string transaction_path(const TransactionId& id, const std::string& rest) {
  return "/v1/transactions/" + to_text(id) + rest;
}

}  // namespace troth::ctl
