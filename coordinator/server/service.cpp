#include "coordinator/server/service.h"

#include <utility>

#include "coordinator/server/clock.h"
#include "coordinator/server/metrics.h"
#include "coordinator/server/responses.h"
#include "coordinator/server/version.h"
#include "proto/codec/api_json.h"
#include "proto/codec/api_proto.h"

namespace troth::server {
namespace {

using transport::HttpHead;
using transport::HttpResponse;

/// Commands waiting for the engine above which requests are turned away: a second of its work or so.
constexpr std::size_t kBacklogMax = 200'000;

/// All values of `name`, joined as one list: a header may come in several lines.
std::string joined(const HttpHead& head, std::string_view name) {
  std::string all;
  for (const auto& [key, value] : head.headers) {
    if (key != name) continue;
    if (!all.empty()) all += ", ";
    all += value;
  }
  return all;
}

bool offers(std::string_view list, std::string_view protocol) {
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (item == protocol) return true;
  }
  return false;
}

Problem no_such_route() {
  return {Slug::kNoSuchRoute, "There is no such path; GET /openapi.yaml lists the routes.", {}};
}

HttpResponse not_allowed(const HttpHead& head, const std::string& allowed) {
  HttpResponse response =
      to_response(Problem{Slug::kMethodNotAllowed, "This path has " + allowed + " only.", {}}, Media::kJson, head.path);
  response.headers.emplace_back("allow", allowed);
  return response;
}

}  // namespace

Service::Service(Connections& connections, Desk desk)
    : shared_(connections), desk_(std::move(desk)), counters_(routes().size() + 1) {}

HttpResponse Service::count(std::size_t route, Millis begun_due, HttpResponse response) {
  counters_.count(route, response.status, static_cast<double>(now().due - begun_due));
  return response;
}

Service::Spoken Service::spoken(const Route& route, const HttpHead& head) const {
  Spoken types;
  types.answer = route.produces;
  if (route.produces != Media::kJson) return types;
  types.protobuf_body = is_type(head.header("content-type"), content_type(Media::kProtobuf));
  const std::string accept = joined(head, "accept");
  const int json = accept_weight(accept, content_type(Media::kJson));
  const int protobuf = accept_weight(accept, content_type(Media::kProtobuf));
  if (protobuf > json || (protobuf == json && types.protobuf_body)) types.answer = Media::kProtobuf;
  return types;
}

std::optional<Problem> Service::check_types(const Route& route, const HttpHead& head) const {
  const std::string_view type = head.header("content-type");
  const bool known = is_type(type, content_type(Media::kJson)) || is_type(type, content_type(Media::kProtobuf));
  if (head.content_length.value_or(0) > 0 && !known) {
    return Problem{
        Slug::kUnsupportedMediaType, "Send the body with Content-Type application/json or application/x-protobuf.", {}};
  }
  const std::string accept = joined(head, "accept");
  const bool fits = accept_weight(accept, content_type(route.produces)) > 0 ||
                    (route.produces == Media::kJson && accept_weight(accept, content_type(Media::kProtobuf)) > 0);
  if (fits) return std::nullopt;
  return Problem{Slug::kNotAcceptable, "This route answers in " + std::string(content_type(route.produces)) + ".", {}};
}

std::variant<std::uint64_t, HttpResponse> Service::admit(const HttpHead& head) {
  const Millis begun = now().due;
  const Match found = match(head.method, head.path);
  const std::size_t none = routes().size();
  if (found.allowed.empty()) return count(none, begun, to_response(no_such_route(), Media::kJson, head.path));
  if (found.route == nullptr) return count(none, begun, not_allowed(head, found.allowed));
  if (const auto problem = check_types(*found.route, head)) {
    return count(found.index, begun, to_response(*problem, Media::kJson, head.path));
  }
  return std::uint64_t{found.route->has_body ? shared_.limits.max_body_bytes : 0};
}

std::optional<Problem> Service::refuse_overload() {
  if (shared_.inbox.backlog() < kBacklogMax) return std::nullopt;
  ++shared_.counters.refused_backlog;
  return Problem{Slug::kOverloaded, "More requests wait than can be served; send this again in a moment.", {}};
}

std::function<void()> Service::serve(transport::HttpRequest request, transport::Respond respond) {
  const Millis begun = now().due;
  Match found = match(request.head.method, request.head.path);
  if (found.route == nullptr) {  // `admit` let it pass, so the path is a route
    respond(count(routes().size(), begun, to_response(no_such_route(), Media::kJson, request.head.path)));
    return {};
  }
  const Spoken types = spoken(*found.route, request.head);
  const std::size_t index = found.index;
  Result result =
      found.route->handler(Call{*found.route, std::move(found.captures), request, shared_.limits, types.protobuf_body});
  const bool for_engine = std::holds_alternative<request::Request>(result);
  if (auto overload = for_engine ? refuse_overload() : std::nullopt) result = std::move(*overload);
  if (const auto* problem = std::get_if<Problem>(&result)) {
    const Media media = types.answer == Media::kProtobuf ? Media::kProtobuf : Media::kJson;
    respond(count(index, begun, to_response(*problem, media, request.head.path)));
    return {};
  }
  if (const auto* local = std::get_if<Local>(&result)) {
    if (*local == Local::kBackup) return back_up(index, begun, request.head.path, std::move(respond));
    respond(count(index, begun, answer_here(*local, types.answer, request.head.path)));
    return {};
  }
  if (const auto* follow = std::get_if<Follow>(&result)) {
    respond(count(index, begun, stream(*follow, request.head.path)));
    return {};
  }
  auto hear = [this, index, begun, media = types.answer, path = request.head.path,
               respond = std::move(respond)](answer::Answer answer) {
    add_loads(answer);
    respond(count(index, begun, to_response(answer, media, path)));
  };
  const auto reply = shared_.exchange.ask(std::move(std::get<request::Request>(result)), std::nullopt, std::move(hear));
  return [this, reply] { shared_.exchange.abandon(reply); };
}

/// What the engine does not know of instances: what waits in their connections.
void Service::add_loads(answer::Answer& answer) const {
  const auto add = [this](ParticipantView& view) {
    for (const Closable* peer : shared_.open) {
      const auto load = peer->load();
      if (!load || load->participant != view.name) continue;
      for (InstanceView& instance : view.instances) {
        if (instance.id != load->instance) continue;
        instance.queued = load->queued;
        instance.in_flight = load->in_flight;
      }
    }
  };
  if (auto* one = std::get_if<answer::Participant>(&answer)) add(one->view);
  if (auto* all = std::get_if<answer::Participants>(&answer)) {
    for (ParticipantView& view : all->views) add(view);
  }
}

std::function<void()> Service::back_up(std::size_t route, Millis begun_due, std::string path,
                                       transport::Respond respond) {
  if (const auto problem = unready(desk_.readiness())) {
    respond(count(route, begun_due, to_response(*problem, Media::kJson, path)));
    return {};
  }
  return desk_.backup(
      [this, route, begun_due, path = std::move(path), respond = std::move(respond)](BackupDesk::Copied copied) {
        if (const auto* problem = std::get_if<Problem>(&copied)) {
          return respond(count(route, begun_due, to_response(*problem, Media::kJson, path)));
        }
        HttpResponse response;
        response.content_type = content_type(Media::kBytes);
        response.source = std::get<std::shared_ptr<transport::BodySource>>(std::move(copied));
        respond(count(route, begun_due, std::move(response)));
      });
}

HttpResponse Service::stream(const Follow& follow, std::string_view path) {
  auto begun = desk_.follow(follow.after);
  if (const auto* problem = std::get_if<Problem>(&begun)) return to_response(*problem, Media::kJson, path);
  HttpResponse response;
  response.content_type = content_type(Media::kEvents);
  response.headers.emplace_back("cache-control", "no-store");
  response.flow = std::get<std::shared_ptr<transport::BodyFlow>>(std::move(begun));
  return response;
}

HttpResponse Service::answer_here(Local local, Media media, std::string_view path) {
  HttpResponse response;
  switch (local) {
    case Local::kLimits:
      response.content_type = content_type(media);
      response.body =
          media == Media::kProtobuf ? codec::write_proto(shared_.limits) : codec::write_json(shared_.limits);
      return response;
    case Local::kMetrics:
      response.content_type = kMetricsType;
      response.body = desk_.metrics(counters_, shared_.counters);
      return response;
    case Local::kLive: return text_response(200, "ok\n");
    case Local::kReady:
      if (const auto problem = unready(desk_.readiness())) return to_response(*problem, Media::kJson, path);
      return text_response(200, "ready\n");
    case Local::kReadyVerbose: {
      const Readiness readiness = desk_.readiness();
      response = text_response(unready(readiness) ? 503 : 200, verbose(readiness));
      if (response.status == 503) response.headers.emplace_back("retry-after", "5");
      return response;
    }
    case Local::kOpenapi:
      response.content_type = content_type(Media::kYaml);
      response.body = openapi_text();
      return response;
    case Local::kBackup:  // is not answered at once
    case Local::kUpgradeRequired: break;
  }
  response =
      to_response(Problem{Slug::kUpgradeRequired, "This path is a WebSocket; connect with `Upgrade: websocket`.", {}},
                  media == Media::kProtobuf ? media : Media::kJson, path);
  response.headers.emplace_back("upgrade", "websocket");
  return response;
}

std::variant<Service::Upgrade, HttpResponse> Service::upgrade(const HttpHead& head) {
  const Millis begun = now().due;
  const Match found = match(head.method, head.path);
  if (found.allowed.empty()) {
    return count(routes().size(), begun, to_response(no_such_route(), Media::kJson, head.path));
  }
  const auto refusal = [&](std::string detail) {
    return count(found.route ? found.index : routes().size(), begun,
                 to_response(Problem{Slug::kBadUpgrade, std::move(detail), {}}, Media::kJson, head.path));
  };
  const bool session = head.path == "/v1/session";
  if (!session && head.path != "/v1/client") return refusal("This path is no WebSocket; send a plain request.");
  const std::string protocol = session ? "troth.session.v1" : "troth.client.v1";
  if (!offers(joined(head, "sec-websocket-protocol"), protocol)) {
    return refusal("Ask for the subprotocol " + protocol + " (Sec-WebSocket-Protocol).");
  }
  // A page in a browser may open sockets to any host and needs no permission for it; programs send no Origin.
  if (!head.header("origin").empty()) return refusal("Browsers are not served here (the request has an Origin).");
  if (!head.query.empty()) return refusal("This path takes no query parameters.");
  Upgrade accepted{session ? make_session_peer(shared_) : make_client_peer(shared_),
                   protocol,
                   {shared_.limits.max_frame_bytes, shared_.limits.header_timeout_ms, kPingMs}};
  ++counters_.routes[found.index].by_status_class[1];
  return accepted;
}

HttpResponse Service::refuse(const Problem& problem, std::string_view path) {
  if (problem.slug == Slug::kOverloaded) ++shared_.counters.refused_connections;
  return count(routes().size(), now().due, to_response(problem, Media::kJson, path));
}

}  // namespace troth::server
