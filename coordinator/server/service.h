// coordinator/server/service.h: what stands between the HTTP connections and the engine. Io thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "coordinator/server/backup_desk.h"
#include "coordinator/server/connections.h"
#include "coordinator/server/http_counters.h"
#include "coordinator/server/media.h"
#include "coordinator/server/readiness.h"
#include "coordinator/server/routes.h"
#include "proto/transport/http_server.h"

namespace troth::server {

/// What the server can say of itself; called on the io thread, must not block.
struct Desk {
  std::function<Readiness()> readiness;
  std::function<std::string(const HttpCounters&, const SocketCounters&)> metrics;
  std::function<std::function<void()>(BackupDesk::Hear)> backup;
  std::function<std::variant<std::shared_ptr<transport::BodyFlow>, Problem>(std::optional<Lsn> after)> follow;
};

class Service : public transport::HttpService {
 public:
  Service(Connections& connections, Desk desk);

  std::variant<std::uint64_t, transport::HttpResponse> admit(const transport::HttpHead& head) override;
  std::function<void()> serve(transport::HttpRequest request, transport::Respond respond) override;
  std::variant<Upgrade, transport::HttpResponse> upgrade(const transport::HttpHead& head) override;
  transport::HttpResponse refuse(const Problem& problem, std::string_view path) override;

 private:
  struct Spoken {  // what a request's headers say about types
    bool protobuf_body = false;
    Media answer = Media::kJson;
  };
  Spoken spoken(const Route& route, const transport::HttpHead& head) const;
  std::optional<Problem> check_types(const Route& route, const transport::HttpHead& head) const;
  transport::HttpResponse count(std::size_t route, Millis begun_due, transport::HttpResponse response);
  void add_loads(answer::Answer& answer) const;
  std::function<void()> back_up(std::size_t route, Millis begun_due, std::string path, transport::Respond respond);
  transport::HttpResponse stream(const Follow& follow, std::string_view path);
  transport::HttpResponse answer_here(Local local, Media media, std::string_view path);
  std::optional<Problem> refuse_overload();

  Connections& shared_;
  Desk desk_;
  HttpCounters counters_;
};

}  // namespace troth::server
