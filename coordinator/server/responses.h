// coordinator/server/responses.h: from the engine's answers to HTTP. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "coordinator/server/media.h"
#include "proto/transport/http_server.h"
#include "proto/values/answers.h"

namespace troth::server {

/// Media is kJson or kProtobuf; `path` is the request's, for `instance`.
transport::HttpResponse to_response(const answer::Answer& answer, Media media, std::string_view path);
transport::HttpResponse to_response(const Problem& problem, Media media, std::string_view path);

transport::HttpResponse text_response(int status, std::string body);

}  // namespace troth::server
