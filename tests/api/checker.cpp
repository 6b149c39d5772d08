#include "tests/api/checker.h"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "proto/values/problem.h"

namespace troth::api {
namespace {

using test::RawResponse;

std::string header(const RawResponse& response, const std::string& name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? std::string() : found->second;
}

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// What may answer anything, whatever the operation: it was refused before it was known what is asked.
bool is_of_the_gate(Slug slug) {
  return slug == Slug::kBadRequest || slug == Slug::kNoSuchRoute || slug == Slug::kMethodNotAllowed ||
         slug == Slug::kHeadersTooLarge || slug == Slug::kRequestTimeout || slug == Slug::kBadUpgrade;
}

/// A request that is as the text says is not told that it is malformed.
bool says_malformed(Slug slug) {
  switch (slug) {
    case Slug::kBadRequest:
    case Slug::kBadUpgrade:
    case Slug::kBadJson:
    case Slug::kBadProtobuf:
    case Slug::kBadField:
    case Slug::kUnknownField:
    case Slug::kDuplicateField:
    case Slug::kBadId:
    case Slug::kBadParameter:
    case Slug::kNoSuchRoute:
    case Slug::kMethodNotAllowed:
    case Slug::kNotAcceptable:
    case Slug::kRequestTimeout:
    case Slug::kUnsupportedMediaType:
    case Slug::kHeadersTooLarge: return true;
    default: return false;
  }
}

}  // namespace

std::optional<Slug> slug_in(std::string_view text) {
  constexpr std::string_view kType = "urn:troth:problem:";
  const auto at = text.find(kType);
  if (at == text.npos) return std::nullopt;
  text.remove_prefix(at + kType.size());
  return parse_slug(text.substr(0, text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-")));
}

std::string Checker::check(const Request& request, const RawResponse& response) const {
  if (response.status == 0) return "the connection ended without an answer";
  if (!request.framed && (response.status != 400 || !response.close)) return "what is no HTTP was served";
  if (request.method == "HEAD") return response.status / 100 == 4 ? "" : "HEAD was served";
  if (response.status >= 400) return check_problem(request, response);
  if (request.operation == nullptr) return {};
  return check_success(*request.operation, response);
}

std::string Checker::check_problem(const Request& request, const RawResponse& response) const {
  const std::string type = header(response, "content-type");
  const auto slug = slug_in(response.body);
  if (!slug) return "a refusal that names no problem: " + response.body.substr(0, 200);
  const SlugInfo& row = info(*slug);
  if (row.status != response.status) return "the status is not that of " + std::string(row.text);
  const bool later = response.status == 503 || response.status == 429;
  if (later && !is_number(header(response, "retry-after"))) return "503 and 429 carry Retry-After";
  if (response.status >= 500 && !later) return "a server error";
  if (type == "application/problem+json") {
    boost::json::error_code error;
    const Json problem = boost::json::parse(response.body, error);
    if (error) return "a problem that is not JSON";
    if (std::string why = spec_.misfit(spec_.component("schemas", "Problem"), problem); !why.empty())
      return "problem" + why;
    if (problem.at("status").as_int64() != response.status) return "the problem has another status";
    if (std::string_view(problem.at("title").as_string()) != row.title) return "the problem has another title";
    if (problem.at("retryable").as_bool() != row.retryable) return "the problem is retryable otherwise";
  } else if (type != "application/x-protobuf") {
    return "a refusal of type " + type;
  }
  if (request.valid && says_malformed(*slug)) return "a request as the text has it is called malformed";
  if (request.operation == nullptr || is_of_the_gate(*slug)) return {};
  const bool documented = spec_.response(*request.operation, response.status) != nullptr;
  return documented ? "" : "the text does not say that it may answer " + std::to_string(response.status);
}

std::string Checker::check_success(const Operation& operation, const RawResponse& response) const {
  const Json* documented = spec_.response(operation, response.status);
  if (documented == nullptr) return "the text does not say that it may answer " + std::to_string(response.status);
  std::string media = header(response, "content-type");
  media = media.substr(0, media.find(';'));
  if (media.empty()) return spec_.find(*documented, "content") == nullptr ? "" : "an answer without a type";
  const Json* content = spec_.content(*documented, media);
  if (content == nullptr) return "the text does not say that it may answer in " + media;
  if (media != "application/json") return {};
  boost::json::error_code error;
  const Json value = boost::json::parse(response.body, error);
  if (error) return "an answer that is not JSON";
  const std::string why = spec_.misfit(content->at("schema"), value);
  return why.empty() ? "" : "the answer does not fit its schema: " + why;
}

}  // namespace troth::api
