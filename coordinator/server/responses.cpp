#include "coordinator/server/responses.h"

#include "proto/codec/api_json.h"
#include "proto/codec/api_proto.h"

namespace troth::server {
namespace {

using transport::HttpResponse;

/// JSON or Protobuf of what both codecs can write.
template <class T>
HttpResponse written(int status, const T& value, Media media) {
  HttpResponse response;
  response.status = status;
  response.content_type = content_type(media);
  response.body = media == Media::kProtobuf ? codec::write_proto(value) : codec::write_json(value);
  return response;
}

void add_etag(HttpResponse& response, const TransactionView& view) {
  response.headers.emplace_back("etag", '"' + std::to_string(view.revision) + '"');
}

/// Seconds after which a repeat may succeed; 0: no header.
int retry_after(Slug slug) {
  switch (slug) {
    case Slug::kDiskFull: return 10;
    case Slug::kStarting:
    case Slug::kDraining: return 5;
    default: return info(slug).status == 503 || info(slug).status == 429 ? 1 : 0;
  }
}

HttpResponse refusal(const answer::Refused& refused, Media media, std::string_view path) {
  const SlugInfo& row = info(refused.problem.slug);
  HttpResponse response;
  response.status = row.status;
  if (media == Media::kProtobuf) {
    response.content_type = content_type(media);
    response.body = codec::write_proto(refused, path);
  } else {
    response.content_type = "application/problem+json";
    response.body = codec::write_json(refused, path);
  }
  if (const int seconds = retry_after(refused.problem.slug)) {
    response.headers.emplace_back("retry-after", std::to_string(seconds));
  }
  if (refused.transaction) add_etag(response, *refused.transaction);
  return response;
}

struct Writer {
  Media media;
  std::string_view path;

  HttpResponse operator()(const answer::Transaction& answer) const {
    HttpResponse response = written(answer.status, answer.view, media);
    add_etag(response, answer.view);
    if (answer.status == 201) response.headers.emplace_back("location", "/v1/transactions/" + to_text(answer.view.id));
    return response;
  }
  HttpResponse operator()(const answer::Branch& answer) const {
    HttpResponse response = written(answer.status, answer.view, media);
    if (answer.status == 201)
      response.headers.emplace_back("location", "/v1/transactions/" + to_text(answer.transaction));
    return response;
  }
  HttpResponse operator()(const answer::Refused& answer) const { return refusal(answer, media, path); }
  HttpResponse operator()(const answer::Transactions& answer) const { return written(200, answer, media); }
  HttpResponse operator()(const answer::Decision& answer) const { return written(200, answer.view, media); }
  HttpResponse operator()(const answer::Participant& answer) const { return written(200, answer.view, media); }
  HttpResponse operator()(const answer::Participants& answer) const { return written(200, answer, media); }
  HttpResponse operator()(const answer::DryRun& answer) const { return written(200, answer, media); }
  HttpResponse operator()(const answer::Gone&) const {
    HttpResponse response;
    response.status = 204;
    return response;
  }
};

}  // namespace

HttpResponse to_response(const answer::Answer& answer, Media media, std::string_view path) {
  return std::visit(Writer{media, path}, answer);
}

HttpResponse to_response(const Problem& problem, Media media, std::string_view path) {
  return refusal({problem, std::nullopt}, media, path);
}

HttpResponse text_response(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

}  // namespace troth::server
