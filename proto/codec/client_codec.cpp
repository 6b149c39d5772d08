#include "proto/codec/client_codec.h"

#include "proto/codec/describe_client.h"
#include "proto/codec/wire_reader.h"
#include "proto/codec/wire_writer.h"

namespace troth::codec {

std::string encode(const client_session::FromClient& frame) {
  return to_wire(frame);
}

std::string encode(const client_session::ToClient& frame) {
  return to_wire(frame);
}

std::variant<client_session::ToClient, FrameError> decode_to_client(std::string_view bytes) {
  const ReadBounds bounds;
  WireReader reader(bytes, UnknownFields::kSkip, bounds);
  client_session::ToClient frame;
  if (reader.read(frame)) return frame;
  return FrameError{reader.error()->pointer + ": " + reader.error()->why};
}

}  // namespace troth::codec
