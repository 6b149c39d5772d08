// What is asked of the log as a whole, and what it tells on.
#include "coordinator/server/handlers.h"
#include "coordinator/server/parse_call.h"

namespace troth::server::handlers {

/// A client that reconnects sends the header, and still the address it began with: the header is the newer.
Result outcomes(const Call& call) {
  const auto parsed = parameters_of(call, {"after"});
  if (const auto* problem = std::get_if<Problem>(&parsed)) return *problem;
  Follow follow;
  if (const auto* after = find(std::get<Parameters>(parsed), "after")) {
    follow.after = parse_count(*after, ~std::uint64_t{0});
    if (!follow.after) return bad_parameter("after", "must be the id of an event, a whole number");
  }
  const std::string_view last = call.request.head.header("last-event-id");
  if (last.empty()) return follow;
  follow.after = parse_count(last, ~std::uint64_t{0});
  if (!follow.after) return bad_parameter("Last-Event-ID", "must be the id of an event, a whole number");
  return follow;
}

Result backup(const Call& call) {
  const auto parameters = parameters_of(call, {});
  if (const auto* problem = std::get_if<Problem>(&parameters)) return *problem;
  return Local::kBackup;
}

}  // namespace troth::server::handlers
