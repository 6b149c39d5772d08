#include "tests/e2e/demo/answer.h"

#include <boost/json.hpp>

namespace troth::demo {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Answer broken(const transport::HttpResult& result) {
  Answer answer;
  answer.kind = Answer::kBroken;
  answer.why = "status " + std::to_string(result.status) + ": " + result.body.substr(0, 300);
  return answer;
}

/// 200 is committed and nothing else; an abort is a problem that carries the transaction.
Answer definite(const transport::HttpResult& result) {
  json::error_code error;
  const json::value parsed = json::parse(result.body, error);
  if (error || !parsed.is_object()) return broken(result);
  const bool committed = result.status == 200;
  const json::value* transaction = committed ? &parsed : parsed.get_object().if_contains("transaction");
  if (!committed && text_of(parsed.get_object(), "type") != "urn:troth:problem:aborted") return broken(result);
  if (transaction == nullptr || !transaction->is_object()) return broken(result);
  const json::object& fields = transaction->get_object();
  if (text_of(fields, "outcome") != (committed ? "committed" : "aborted")) return broken(result);
  Answer answer;
  answer.kind = committed ? Answer::kCommitted : Answer::kAborted;
  answer.transaction = text_of(fields, "id");
  answer.abort_reason = text_of(fields, "abortReason");
  return answer.transaction.empty() ? broken(result) : answer;
}

}  // namespace

Answer read_answer(const transport::HttpResult& result) {
  switch (result.status) {
    case 200:
    case 409: return definite(result);
    case 0:    // no answer: the connection died, perhaps with the coordinator
    case 202:  // undecided
    case 408:
    case 429:
    case 503: return {};
    default: return broken(result);
  }
}

}  // namespace troth::demo
