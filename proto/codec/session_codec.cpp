#include "proto/codec/session_codec.h"

#include "proto/codec/describe_session.h"
#include "proto/codec/wire_reader.h"
#include "proto/codec/wire_writer.h"

namespace troth::codec {
namespace {

constexpr std::size_t kMaxSeen = 256;
constexpr std::size_t kMaxCapabilities = 64;
constexpr std::size_t kMaxCredentialBytes = 4096;
constexpr std::size_t kMaxKeyBytes = 256;
constexpr std::size_t kTypicalMessageBytes = 96;

bool is_key(std::string_view text) {
  return text.size() <= kMaxKeyBytes;
}

/// What is wrong with a message whose fields are each well formed; null: nothing.
template <class Message>
const char* wrong_in(const Message&) {
  return nullptr;
}
const char* wrong_in(const session::Hello& hello) {
  if (!is_participant_name(hello.participant)) return "Hello.participant is not a participant name";
  if (!is_label(hello.instance)) return "Hello.instance must be 1 to 64 printable characters";
  if (hello.incarnation.empty() || hello.incarnation.size() > 64) return "Hello.incarnation must be 1 to 64 bytes";
  if (hello.protocol_min > hello.protocol_max) return "Hello.protocol_min is above protocol_max";
  if (hello.capabilities.size() > kMaxCapabilities) return "Hello.capabilities has too many entries";
  for (const auto& name : hello.capabilities) {
    if (!is_label(name)) return "Hello.capabilities must be 1 to 64 printable characters each";
  }
  if (hello.credentials.size() > kMaxCredentialBytes) return "Hello.credentials is too long";
  if (hello.seen.size() > kMaxSeen) return "Hello.seen has too many entries";
  return nullptr;
}
const char* wrong_in(const session::Enlist& enlist) {
  return is_key(enlist.key) ? nullptr : "Enlist.key has more than 256 bytes";
}
const char* wrong_in(const session::Enlisted& enlisted) {
  if ((enlisted.branch.n == 0) == enlisted.problem.empty()) return "Enlisted has either a branch or a problem";
  return is_key(enlisted.key) ? nullptr : "Enlisted.key has more than 256 bytes";
}
const char* wrong_in(const session::Prepare& prepare) {
  return prepare.attempt == 0 ? "Prepare.attempt counts from 1" : nullptr;
}
const char* wrong_in(const session::Commit& commit) {
  return commit.attempt == 0 ? "Commit.attempt counts from 1" : nullptr;
}
const char* wrong_in(const session::Abort& abort) {
  return abort.attempt == 0 ? "Abort.attempt counts from 1" : nullptr;
}
const char* wrong_in(const session::CommitOnePhase& prepare) {
  return prepare.attempt == 0 ? "CommitOnePhase.attempt counts from 1" : nullptr;
}

std::optional<FrameError> check(const session::Frame& frame) {
  for (const auto& message : frame.messages) {
    const char* wrong = std::visit([](const auto& chosen) { return wrong_in(chosen); }, message);
    if (wrong != nullptr) return FrameError{wrong};
  }
  return std::nullopt;
}

}  // namespace

std::string encode(const session::Frame& frame) {
  std::string out;
  out.reserve(16 + frame.messages.size() * kTypicalMessageBytes);
  WireWriter writer(out);
  describe(writer, frame);
  return out;
}

std::variant<session::Frame, FrameError> decode_frame(std::string_view bytes, std::uint32_t max_messages,
                                                      std::uint32_t max_payload_bytes) {
  const auto count = count_fields(bytes, kFrameMessages);
  if (!count) return FrameError{"The frame is malformed."};
  if (*count > max_messages) return FrameError{"The frame has more messages than Welcome allows."};
  const ReadBounds bounds{max_payload_bytes};
  WireReader reader(bytes, UnknownFields::kSkip, bounds);
  session::Frame frame;
  frame.messages.reserve(*count);
  if (!reader.read(frame)) return FrameError{reader.error()->pointer + ": " + reader.error()->why};
  if (auto error = check(frame)) return *error;
  return frame;
}

}  // namespace troth::codec
