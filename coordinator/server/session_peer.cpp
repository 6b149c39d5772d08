// A participant's connection: `/v1/session`, `troth.session.v1`. It checks form and flow; what messages mean is the
// engine's.
#include <utility>

#include "coordinator/server/connections.h"
#include "coordinator/server/log_line.h"
#include "coordinator/server/session_queue.h"
#include "proto/codec/session_codec.h"

namespace troth::server {
namespace {

constexpr std::uint32_t kProtocol = 1;
constexpr const char* kOverfullText = "more than max-queue messages wait for this participant, which reads too slowly";
constexpr std::size_t kMaxNameBytes = 128;  // instance, incarnation

class SessionPeer final : public transport::WebSocketPeer,
                          public SessionEnd,
                          public Closable,
                          public std::enable_shared_from_this<SessionPeer> {
 public:
  explicit SessionPeer(Connections& connections)
      : shared_(connections), queue_(connections.limits.max_frame_bytes, kMaxMessages, connections.limits.max_queue) {}

  void on_open(std::shared_ptr<transport::WebSocket> socket) override;
  void on_message(std::string_view bytes) override;
  std::string next_frame() override;
  void on_close(int code, std::string reason) override;
  void send(session::Message message) override;
  void close(int code, std::string reason) override;
  std::optional<Load> load() const override;

 private:
  void on_hello(session::Frame frame);
  bool take(session::Message& message, std::vector<engine::Command>& batch);
  void grant_enlists();
  void push(session::Message message);

  Connections& shared_;
  std::shared_ptr<transport::WebSocket> socket_;
  SessionQueue queue_;
  engine::ConnectionId connection_ = 0;  // 0 before Hello
  std::string participant_;
  std::string instance_;
  bool closing_ = false;
  bool overfull_ = false;
  bool said_goodbye_ = false;
  std::uint32_t open_enlists_ = 0;  // not yet answered
  std::uint32_t to_grant_ = 0;      // answered, their credit not yet given back
};

void SessionPeer::on_open(std::shared_ptr<transport::WebSocket> socket) {
  socket_ = std::move(socket);
  shared_.open.insert(this);
  shared_.io.after(shared_.limits.header_timeout_ms, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && self->connection_ == 0) {
      self->close(session::kCloseSilent, "no Hello came in time; send it right after the handshake");
    }
  });
}

void SessionPeer::on_message(std::string_view bytes) {
  if (closing_) return;
  ++shared_.counters.frames_in;
  auto decoded = codec::decode_frame(bytes, kMaxMessages, shared_.limits.max_payload_bytes);
  if (const auto* error = std::get_if<codec::FrameError>(&decoded)) {
    close(session::kCloseBadFrame, error->why);
    return;
  }
  auto& frame = std::get<session::Frame>(decoded);
  if (connection_ == 0) {
    on_hello(std::move(frame));
    return;
  }
  if (frame.log != shared_.identity.log || frame.epoch != shared_.identity.epoch.epoch) {
    ++shared_.counters.dropped_frames;
    return;
  }
  shared_.counters.messages_in += frame.messages.size();
  std::vector<engine::Command> batch;
  batch.reserve(frame.messages.size());
  for (auto& message : frame.messages) {
    if (!take(message, batch)) break;
  }
  shared_.inbox.push(batch);
  if (!closing_ && queue_.is_ready()) socket_->wake();
}

void SessionPeer::on_hello(session::Frame frame) {
  auto* hello = frame.messages.size() == 1 ? std::get_if<session::Hello>(&frame.messages.front()) : nullptr;
  if (hello == nullptr) {
    close(session::kCloseBadFrame, "the first frame must hold one Hello and nothing else");
    return;
  }
  if (hello->protocol_min > kProtocol || hello->protocol_max < kProtocol) {
    close(session::kCloseVersion, "this coordinator speaks protocol 1");
    return;
  }
  const auto is_name = [](const std::string& text) { return !text.empty() && text.size() <= kMaxNameBytes; };
  if (!is_participant_name(hello->participant) || !is_name(hello->instance) || !is_name(hello->incarnation)) {
    close(session::kCloseBadFrame, "Hello needs a participant name, an instance and an incarnation");
    return;
  }
  connection_ = shared_.exchange.add(*this);
  participant_ = hello->participant;
  instance_ = hello->instance;
  queue_.credit(hello->window);
  log(Level::kInfo, "session.opened",
      {{"participant", participant_}, {"instance", hello->instance}, {"connection", connection_}});
  shared_.inbox.push(engine::SessionOpened{connection_, std::move(*hello), socket_->remote()});
}

/// One message of a frame; false when it ended the connection.
bool SessionPeer::take(session::Message& message, std::vector<engine::Command>& batch) {
  if (const auto* credit = std::get_if<session::Credit>(&message)) {
    queue_.credit(credit->messages);
    return true;
  }
  if (const auto* goodbye = std::get_if<session::Goodbye>(&message)) {
    log(Level::kInfo, "session.goodbye", {{"participant", participant_}, {"reason", goodbye->reason}});
    said_goodbye_ = true;
    close(1000, "goodbye");
    return false;
  }
  if (std::holds_alternative<session::Enlist>(message) && ++open_enlists_ > kSessionWindow) {
    ++shared_.counters.closed_for_window;
    close(session::kCloseLimit, "more enlists in flight than Welcome.window allows");
    return false;
  }
  const bool is_ours =
      std::holds_alternative<session::Recover>(message) || std::holds_alternative<session::Vote>(message) ||
      std::holds_alternative<session::Ack>(message) || std::holds_alternative<session::Inquire>(message) ||
      std::holds_alternative<session::Enlist>(message);
  if (!is_ours) {
    close(session::kCloseBadFrame, "a participant sends Recover, Vote, Ack, Inquire, Enlist, Credit or Goodbye");
    return false;
  }
  batch.push_back(engine::SessionSaid{connection_, std::move(message)});
  return true;
}

void SessionPeer::send(session::Message message) {
  const bool answers_enlist = std::holds_alternative<session::Enlisted>(message);
  push(std::move(message));
  if (answers_enlist) grant_enlists();
  if (!closing_ && queue_.is_ready()) socket_->wake();
}

/// Gives credit back in portions: a message per enlist would double the traffic.
void SessionPeer::grant_enlists() {
  if (open_enlists_ > 0) --open_enlists_;
  if (++to_grant_ < kSessionWindow / 4) return;
  push(session::Credit{to_grant_});
  to_grant_ = 0;
}

void SessionPeer::push(session::Message message) {
  if (queue_.push(std::move(message)) || closing_) return;
  ++shared_.counters.closed_for_queue;
  ++shared_.counters.overfull[participant_];
  overfull_ = true;
  close(session::kCloseLimit, kOverfullText);
}

std::string SessionPeer::next_frame() {
  if (closing_) return {};
  session::Frame frame{shared_.identity.log, shared_.identity.epoch.epoch, queue_.next()};
  if (frame.messages.empty()) return {};
  ++shared_.counters.frames_out;
  shared_.counters.messages_out += frame.messages.size();
  return codec::encode(frame);
}

void SessionPeer::close(int code, std::string reason) {
  if (closing_) return;
  closing_ = true;
  ++shared_.counters.closed_by_code[code];
  log(code == 1000 || code == session::kCloseDraining ? Level::kInfo : Level::kWarn, "session.closing",
      {{"participant", participant_}, {"code", std::int64_t{code}}, {"reason", reason}});
  socket_->close(code, std::move(reason));
}

void SessionPeer::on_close(int code, std::string reason) {
  closing_ = true;
  shared_.open.erase(this);
  if (connection_ == 0) return;
  shared_.exchange.remove(connection_);
  log(Level::kInfo, "session.closed",
      {{"participant", participant_}, {"code", std::int64_t{code}}, {"reason", reason}});
  engine::SessionClosed closed{connection_, queue_.take_unsent()};
  closed.orderly = said_goodbye_ || code == 1000;
  if (overfull_) {
    closed.error = "queue_full";
    closed.detail = kOverfullText;
  }
  shared_.inbox.push(std::move(closed));
}

std::optional<Load> SessionPeer::load() const {
  if (connection_ == 0) return std::nullopt;
  return Load{participant_, instance_, queue_.size(), open_enlists_};
}

}  // namespace

std::shared_ptr<transport::WebSocketPeer> make_session_peer(Connections& connections) {
  return std::make_shared<SessionPeer>(connections);
}

}  // namespace troth::server
