#include "coordinator/ctl/client.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "proto/codec/strict_json.h"

namespace troth::ctl {
namespace {

constexpr std::string_view kProblemType = "urn:troth:problem:";

}  // namespace

std::string Answer::slug() const {
  const std::string type = text_at(object(), "type");
  return type.starts_with(kProblemType) ? type.substr(kProblemType.size()) : std::string();
}

std::string Answer::header(std::string_view name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& field) { return field.first == name; });
  return found == headers.end() ? std::string() : found->second;
}

Answer Client::call(const std::string& method, const std::string& target, transport::Headers headers,
                    const std::string& body, Millis deadline_ms) {
  Answer answer;
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    transport::HttpClient client(io_, endpoints_[i], 1);
    auto result = client.call(method, target, headers, body, deadline_ms);
    const std::string before = answer.error.empty() ? "" : answer.error + "; " + endpoints_[i] + ": ";
    answer = {result.status, std::move(result.body), nullptr, std::move(result.headers), {}, result.sent,
              method,        endpoints_[i]};
    if (result.status == 0) answer.error = before.empty() ? endpoints_[i] + ": " + result.error : before + result.error;
    if (result.status == 0 && !result.sent) continue;
    std::rotate(endpoints_.begin(), endpoints_.begin() + static_cast<std::ptrdiff_t>(i), endpoints_.end());
    break;
  }
  auto parsed = codec::parse_strict(answer.body);
  if (auto* value = std::get_if<boost::json::value>(&parsed)) answer.json = std::move(*value);
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
