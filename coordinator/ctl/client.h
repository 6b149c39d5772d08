// coordinator/ctl/client.h: the coordinator as trothctl sees it: its HTTP API.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "coordinator/ctl/json_at.h"
#include "proto/transport/http_client.h"

namespace troth::ctl {

/// Longer than a server holds an answer by default (max-wait-ms), so that it is the server who says "not yet".
inline constexpr Millis kAnswerMs = 45'000;

struct Answer {
  int status = 0;    // 0: there was none, `error` says why
  std::string body;  // as it came
  boost::json::value json;
  transport::Headers headers;
  std::string error;
  bool sent = false;        // what was asked may have been done
  bool changes = false;     // what was asked changes something
  std::string endpoint;     // who answered, or was tried last
  bool is_foreign = false;  // a success that no trothd can have answered: a proxy, or another program at this address

  bool is_ok() const { return status >= 200 && status < 300 && !is_foreign; }
  /// Who answers about something else than was asked for is no trothd.
  void expect(bool is_so) { is_foreign = is_foreign || (is_ok() && !is_so); }
  void expect_text(std::string_view name, std::string_view text) { expect(text_at(object(), name) == text); }
  void expect_list(std::string_view name);
  const Object& object() const { return as_object(json); }
  /// The slug of a problem; empty when it is none.
  std::string slug() const;
  std::string header(std::string_view name) const;
};

/// Asks the endpoints in the order given: the next one only when nothing can have reached the one before. Stays with
/// the one that answered.
class Client {
 public:
  explicit Client(std::vector<std::string> endpoints) : endpoints_(std::move(endpoints)) {}

  Answer get(const std::string& target, Millis deadline_ms = kAnswerMs);
  Answer post(const std::string& target, const boost::json::value& body, transport::Headers headers = {});
  /// Without a body.
  Answer post(const std::string& target, transport::Headers headers = {});
  Answer remove(const std::string& target);

  const std::string& endpoint() const { return endpoints_.front(); }

 private:
  Answer call(const std::string& method, const std::string& target, transport::Headers headers, const std::string& body,
              Millis deadline_ms);

  std::vector<std::string> endpoints_;
  transport::Io io_;
};

/// What came over HTTP, with its JSON if it is any.
Answer answer_of(transport::HttpResult&& result, const std::string& endpoint, bool changes);

transport::Headers if_match(std::optional<std::uint64_t> revision);
std::string percent_encoded(std::string_view text);
/// "/v1/transactions/<id>", with what follows.
std::string transaction_path(const TransactionId& id, const std::string& rest = {});

}  // namespace troth::ctl
