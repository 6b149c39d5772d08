// coordinator/server/routes.h: the one table of routes. What a request must be and how its answer is typed stands here;
// openapi.yaml says the same for clients, and a test holds the two together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "coordinator/server/media.h"
#include "coordinator/server/target.h"
#include "proto/transport/http_server.h"
#include "proto/values/limits.h"
#include "proto/values/problem.h"
#include "proto/values/requests.h"

namespace troth::server {

struct Route;

/// One request, as far as it was understood. Handlers read it; nobody keeps it.
struct Call {
  const Route& route;
  std::vector<std::string_view> captures;  // raw segments of the path that the pattern left open, in order
  const transport::HttpRequest& request;
  const Limits& limits;
  bool protobuf = false;  // of the body
};

/// Answers that need nothing from the engine.
enum class Local : std::uint8_t {
  kBackup,
  kLimits,
  kMetrics,
  kLive,
  kReady,
  kReadyVerbose,
  kOpenapi,
  kUpgradeRequired
};

/// The stream of outcomes, from after this LSN; without one from now on.
struct Follow {
  std::optional<Lsn> after;
};

/// What a handler makes of a call: a question for the engine, an answer of our own, a stream, or a refusal.
using Result = std::variant<request::Request, Local, Follow, Problem>;
using Handler = Result (*)(const Call& call);

struct Route {
  std::string_view method;
  std::string_view pattern;  // `{…}` stands for one segment
  bool has_body = false;     // a request body of at most max-body-bytes, JSON or Protobuf; else none
  Media produces = Media::kJson;
  Handler handler = nullptr;
};

std::span<const Route> routes();

struct Match {
  const Route* route = nullptr;  // nullptr: see `allowed`
  std::size_t index = 0;         // in routes()
  std::vector<std::string_view> captures;
  std::string allowed;  // the methods of the path, as in `Allow`; empty: no such path
};
Match match(std::string_view method, std::string_view path);

}  // namespace troth::server
