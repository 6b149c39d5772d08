#include "tests/server/scripted_participant.h"

#include "proto/codec/session_codec.h"

namespace troth::test {

session::Hello hello(const std::string& participant, const std::string& instance) {
  session::Hello message;
  message.participant = participant;
  message.instance = instance;
  message.incarnation = "n1";
  message.window = 10'000;
  return message;
}

ScriptedParticipant::Script ScriptedParticipant::votes(VoteKind vote) {
  return [vote](const session::Message& message) -> std::optional<session::Message> {
    if (const auto* m = std::get_if<session::Prepare>(&message)) return session::Vote{m->branch, vote, "as told"};
    if (const auto* m = std::get_if<session::Commit>(&message)) return session::Ack{m->branch, AckResult::kCommitted};
    if (const auto* m = std::get_if<session::Abort>(&message)) return session::Ack{m->branch, AckResult::kAborted};
    return std::nullopt;
  };
}

ScriptedParticipant::Script ScriptedParticipant::silent() {
  return [](const session::Message&) { return std::nullopt; };
}

std::shared_ptr<ScriptedParticipant> ScriptedParticipant::connect(transport::Io& io, std::uint16_t port,
                                                                  std::optional<session::Hello> hello, Script script) {
  auto peer = std::make_shared<ScriptedParticipant>();
  peer->script_ = std::move(script);
  if (hello) peer->outgoing_.push_back(codec::encode(session::Frame{{}, 0, {*hello}}));
  transport::connect_websocket(io, "ws://127.0.0.1:" + std::to_string(port) + "/v1/session", "troth.session.v1", {},
                               peer);
  return peer;
}

bool ScriptedParticipant::wait(const std::function<bool()>& holds) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(30), holds);
}

void ScriptedParticipant::send(session::Message message) {
  session::Frame frame;
  {
    const std::lock_guard lock(mutex_);
    frame = {log_, epoch_, {std::move(message)}};
  }
  send_frame(std::move(frame));
}

void ScriptedParticipant::send_frame(session::Frame frame) {
  send_bytes(codec::encode(frame));
}

void ScriptedParticipant::send_bytes(std::string bytes) {
  wait([&] { return socket_ != nullptr || close_code_; });
  const std::lock_guard lock(mutex_);
  outgoing_.push_back(std::move(bytes));
  if (socket_) socket_->wake();
}

int ScriptedParticipant::close_code() {
  wait([&] { return close_code_.has_value(); });
  const std::lock_guard lock(mutex_);
  return close_code_.value_or(-1);
}

std::string ScriptedParticipant::close_reason() {
  close_code();
  const std::lock_guard lock(mutex_);
  return close_reason_;
}

std::size_t ScriptedParticipant::heard() {
  const std::lock_guard lock(mutex_);
  return heard_.size();
}

void ScriptedParticipant::on_open(std::shared_ptr<transport::WebSocket> socket) {
  const std::lock_guard lock(mutex_);
  socket_ = std::move(socket);
  socket_->wake();
  changed_.notify_all();
}

void ScriptedParticipant::on_message(std::string_view bytes) {
  const auto decoded = codec::decode_frame(bytes, 16'384, 1'048'576);
  const auto* frame = std::get_if<session::Frame>(&decoded);
  if (frame == nullptr) return;
  const std::lock_guard lock(mutex_);
  log_ = frame->log;
  epoch_ = frame->epoch;
  session::Frame answers{log_, epoch_, {}};
  for (const auto& message : frame->messages) {
    heard_.push_back(message);
    if (auto answer = script_(message)) answers.messages.push_back(std::move(*answer));
  }
  if (!answers.messages.empty()) outgoing_.push_back(codec::encode(answers));
  socket_->wake();
  changed_.notify_all();
}

std::string ScriptedParticipant::next_frame() {
  const std::lock_guard lock(mutex_);
  if (outgoing_.empty()) return {};
  std::string frame = std::move(outgoing_.front());
  outgoing_.pop_front();
  if (!outgoing_.empty()) socket_->wake();
  return frame;
}

void ScriptedParticipant::on_close(int code, std::string reason) {
  const std::lock_guard lock(mutex_);
  socket_.reset();
  close_code_ = code;
  close_reason_ = std::move(reason);
  changed_.notify_all();
}

}  // namespace troth::test
