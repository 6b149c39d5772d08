// What only the coordinator needs of client_codec.h: apart, so that the SDK does not link the JSON reader.
#include "proto/codec/checks.h"
#include "proto/codec/client_codec.h"
#include "proto/codec/describe_client.h"
#include "proto/codec/wire_reader.h"

namespace troth::codec {
namespace {

constexpr std::size_t kSessionBytes = 16;

/// The checks of the HTTP API, on what came over a client session.
class Checker {
 public:
  explicit Checker(const Limits& limits) : limits_(limits) {}

  std::optional<Problem> operator()(request::Begin& begin) const {
    if (auto problem = settle_payloads(begin)) return problem;
    return check(begin, limits_);
  }
  std::optional<Problem> operator()(request::Enlist& enlist) const {
    if (auto problem = settle_payload(enlist.branch, "/branch")) return problem;
    return check(enlist.branch, "/branch");
  }
  std::optional<Problem> operator()(request::Commit&) const { return std::nullopt; }
  std::optional<Problem> operator()(request::Abort& abort) const { return check(AbortBody{abort.reason}); }
  std::optional<Problem> operator()(request::Get&) const { return std::nullopt; }

 private:
  const Limits& limits_;
};

std::optional<FrameError> check_frame(client_session::FromClient& frame, const Limits& limits) {
  if (frame.hello && frame.hello->session.size() != kSessionBytes) {
    return FrameError{"ClientHello.session must be 16 random bytes"};
  }
  for (auto& request : frame.requests) {
    if (request.sequence == 0) return FrameError{"Request.sequence counts from 1"};
    if (request.acked_below > request.sequence) return FrameError{"Request.acked_below is above its sequence"};
    request.problem = std::visit(Checker(limits), request.body);
  }
  return std::nullopt;
}

}  // namespace

std::variant<client_session::FromClient, FrameError> decode_from_client(std::string_view bytes, const Limits& limits) {
  const auto count = count_fields(bytes, kClientMessages);
  if (!count) return FrameError{"The frame is malformed."};
  if (*count > kMaxRequestsInFrame) return FrameError{"The frame has too many requests: send at most 16384."};
  const ReadBounds bounds{limits.max_payload_bytes, limits.max_branches};
  WireReader reader(bytes, UnknownFields::kRefuse, bounds);
  client_session::FromClient frame;
  frame.requests.reserve(*count);
  if (!reader.read(frame)) return FrameError{reader.error()->pointer + ": " + reader.error()->why};
  if (auto error = check_frame(frame, limits)) return *error;
  return frame;
}

}  // namespace troth::codec
