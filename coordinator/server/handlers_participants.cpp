// Participants, and the routes that the server answers by itself.
#include "coordinator/server/handlers.h"
#include "coordinator/server/parse_call.h"
#include "proto/codec/api_proto.h"

namespace troth::server::handlers {
namespace {

/// For routes without body, id and parameters.
Result plain(const Call& call, Result result) {
  const auto parameters = parameters_of(call, {});
  if (const auto* problem = std::get_if<Problem>(&parameters)) return *problem;
  return result;
}

/// A name that cannot exist is simply not known: the engine answers so.
std::string name_of(const Call& call) {
  return percent_decode(call.captures.at(0)).value_or(std::string(call.captures.at(0)));
}

}  // namespace

Result list_participants(const Call& call) {
  return plain(call, request::Request(request::ListParticipants{}));
}

/// Callback participants have no transport in this build, so no address is on the list of allowed ones.
Result register_participant(const Call& call) {
  const std::string& body = call.request.body;
  const auto parsed = call.protobuf ? codec::read_register_proto(body) : codec::read_register(body);
  if (auto problem = first_problem(parsed, true, call)) return std::move(*problem);
  const std::string& url = std::get<codec::RegisterBody>(parsed).url;
  if (!url.starts_with("http://")) {
    return Problem{Slug::kUnsupportedScheme, "The url must begin with http://; other schemes are not supported.",
                   "/url"};
  }
  return Problem{Slug::kAddressRefused,
                 "This coordinator calls no addresses; let the participant dial in over a session instead.", "/url"};
}

Result get_participant(const Call& call) {
  return plain(call, request::Request(request::GetParticipant{name_of(call)}));
}

Result remove_participant(const Call& call) {
  return plain(call, request::Request(request::RemoveParticipant{name_of(call)}));
}

Result retire_participant(const Call& call) {
  const std::string& body = call.request.body;
  auto parsed = call.protobuf ? codec::read_retire_proto(body) : codec::read_retire(body);
  if (auto problem = first_problem(parsed, true, call)) return std::move(*problem);
  auto& asked = std::get<codec::RetireBody>(parsed);
  return request::Request(request::RetireParticipant{name_of(call), std::move(asked.reason), asked.dry_run});
}

Result limits(const Call& call) {
  return plain(call, Local::kLimits);
}

Result metrics(const Call&) {
  return Local::kMetrics;  // scrapers add parameters of their own
}

Result live(const Call& call) {
  return plain(call, Local::kLive);
}

Result ready(const Call& call) {
  const auto parsed = parameters_of(call, {"verbose"});
  if (const auto* problem = std::get_if<Problem>(&parsed)) return *problem;
  return find(std::get<Parameters>(parsed), "verbose") ? Local::kReadyVerbose : Local::kReady;
}

Result openapi(const Call& call) {
  return plain(call, Local::kOpenapi);
}

Result upgrade_required(const Call& call) {
  return plain(call, Local::kUpgradeRequired);
}

}  // namespace troth::server::handlers
