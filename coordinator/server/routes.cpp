#include "coordinator/server/routes.h"

#include <algorithm>
#include <array>

#include "coordinator/server/handlers.h"

namespace troth::server {
namespace {

constexpr bool kBody = true;
constexpr bool kNoBody = false;

constexpr auto kRoutes = std::to_array<Route>({
    {"POST", "/v1/transactions", kBody, Media::kJson, handlers::begin},
    {"GET", "/v1/transactions", kNoBody, Media::kJson, handlers::list},
    {"GET", "/v1/transactions/{id}", kNoBody, Media::kJson, handlers::get},
    {"POST", "/v1/transactions/{id}/branches", kBody, Media::kJson, handlers::enlist},
    {"POST", "/v1/transactions/{id}/commit", kBody, Media::kJson, handlers::commit},
    {"POST", "/v1/transactions/{id}/abort", kBody, Media::kJson, handlers::abort},
    {"POST", "/v1/transactions/{id}/resolve", kBody, Media::kJson, handlers::resolve_gap},
    {"GET", "/v1/transactions/{id}/branches/{n}/decision", kNoBody, Media::kJson, handlers::decision},
    {"POST", "/v1/transactions/{id}/branches/{n}/resolve", kBody, Media::kJson, handlers::resolve},
    {"POST", "/v1/transactions/{id}/branches/{n}/retry", kNoBody, Media::kJson, handlers::retry},
    {"GET", "/v1/participants", kNoBody, Media::kJson, handlers::list_participants},
    {"POST", "/v1/participants", kBody, Media::kJson, handlers::register_participant},
    {"GET", "/v1/participants/{name}", kNoBody, Media::kJson, handlers::get_participant},
    {"DELETE", "/v1/participants/{name}", kNoBody, Media::kJson, handlers::remove_participant},
    {"POST", "/v1/participants/{name}/retire", kBody, Media::kJson, handlers::retire_participant},
    {"GET", "/v1/outcomes", kNoBody, Media::kEvents, handlers::outcomes},
    {"POST", "/v1/log/backup", kNoBody, Media::kBytes, handlers::backup},
    {"GET", "/v1/limits", kNoBody, Media::kJson, handlers::limits},
    {"GET", "/v1/session", kNoBody, Media::kJson, handlers::upgrade_required},
    {"GET", "/v1/client", kNoBody, Media::kJson, handlers::upgrade_required},
    {"GET", "/metrics", kNoBody, Media::kText, handlers::metrics},
    {"GET", "/livez", kNoBody, Media::kText, handlers::live},
    {"GET", "/readyz", kNoBody, Media::kText, handlers::ready},
    {"GET", "/openapi.yaml", kNoBody, Media::kYaml, handlers::openapi},
});

std::string_view take_segment(std::string_view& rest) {
  const auto end = std::min(rest.find('/', 1), rest.size());
  const std::string_view segment = rest.substr(1, end - 1);
  rest.remove_prefix(end);
  return segment;
}

/// Both begin with `/`. Empty captures match nothing: `/v1/transactions//commit` is no route.
bool fits(std::string_view pattern, std::string_view path, std::vector<std::string_view>& captures) {
  captures.clear();
  while (!pattern.empty() && !path.empty()) {
    if (path.front() != '/') return false;
    const std::string_view wanted = take_segment(pattern);
    const std::string_view given = take_segment(path);
    if (wanted.starts_with('{')) {
      if (given.empty()) return false;
      captures.push_back(given);
    } else if (wanted != given) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

Match match(std::string_view method, std::string_view path) {
  Match found;
  for (std::size_t i = 0; i < kRoutes.size(); ++i) {
    std::vector<std::string_view> captures;
    if (!fits(kRoutes[i].pattern, path, captures)) continue;
    found.allowed += (found.allowed.empty() ? "" : ", ") + std::string(kRoutes[i].method);
    if (kRoutes[i].method == method) {
      found.route = &kRoutes[i];
      found.index = i;
      found.captures = std::move(captures);
    }
  }
  return found;
}

}  // namespace troth::server
