// A client's connection: `/v1/client`, `troth.client.v1`. Many requests in flight; each is answered once, in any order.
#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "coordinator/server/connections.h"
#include "coordinator/server/log_line.h"
#include "proto/codec/client_codec.h"
#include "proto/values/messages.h"

namespace troth::server {
namespace {

constexpr std::uint32_t kProtocol = 1;
constexpr std::size_t kSessionBytes = 16;
constexpr std::size_t kMaxUnreadBytes = 64 << 20;  // replies that wait because the client does not read

class ClientPeer final : public transport::WebSocketPeer,
                         public Closable,
                         public std::enable_shared_from_this<ClientPeer> {
 public:
  explicit ClientPeer(Connections& connections) : shared_(connections) {}

  void on_open(std::shared_ptr<transport::WebSocket> socket) override;
  void on_message(std::string_view bytes) override;
  std::string next_frame() override;
  void on_close(int code, std::string reason) override;
  void close(int code, std::string reason) override;

 private:
  bool on_hello(const client_session::ClientHello& hello);
  void on_request(client_session::Request& request, std::vector<engine::Command>& batch);
  void on_answer(std::uint64_t number, std::uint64_t sequence, answer::Answer answer);

  Connections& shared_;
  std::shared_ptr<transport::WebSocket> socket_;
  std::string session_;                                           // empty before ClientHello
  std::unordered_map<std::uint64_t, engine::ReplyTo> in_flight_;  // by our own number
  std::uint64_t next_number_ = 1;
  std::deque<std::string> out_;  // each a whole ToClient
  std::size_t out_bytes_ = 0;    // of replies in it
  bool closing_ = false;
};

void ClientPeer::on_open(std::shared_ptr<transport::WebSocket> socket) {
  socket_ = std::move(socket);
  shared_.open.insert(this);
  shared_.io.after(shared_.limits.header_timeout_ms, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && self->session_.empty()) {
      self->close(session::kCloseSilent, "no ClientHello came in time; send it right after the handshake");
    }
  });
}

void ClientPeer::on_message(std::string_view bytes) {
  if (closing_) return;
  ++shared_.counters.frames_in;
  auto decoded = codec::decode_from_client(bytes, shared_.limits);
  if (const auto* error = std::get_if<codec::FrameError>(&decoded)) {
    close(session::kCloseBadFrame, error->why);
    return;
  }
  auto& frame = std::get<client_session::FromClient>(decoded);
  if (frame.hello.has_value() != session_.empty()) {
    close(session::kCloseBadFrame, "the first frame holds ClientHello, and no later one does");
    return;
  }
  if (frame.hello && !on_hello(*frame.hello)) return;
  if (in_flight_.size() + out_.size() + frame.requests.size() > kClientWindow) {
    ++shared_.counters.closed_for_window;
    close(session::kCloseLimit, "more requests in flight than ClientWelcome.window allows");
    return;
  }
  shared_.counters.messages_in += frame.requests.size();
  std::vector<engine::Command> batch;
  batch.reserve(frame.requests.size());
  for (auto& request : frame.requests) on_request(request, batch);
  shared_.inbox.push(batch);
}

bool ClientPeer::on_hello(const client_session::ClientHello& hello) {
  if (hello.protocol != kProtocol) {
    close(session::kCloseVersion, "this coordinator speaks protocol 1");
    return false;
  }
  if (hello.session.size() != kSessionBytes) {
    close(session::kCloseBadFrame, "ClientHello.session must be 16 random bytes");
    return false;
  }
  session_ = hello.session;
  client_session::ToClient frame;
  frame.welcome = client_session::ClientWelcome{shared_.identity.log, shared_.identity.epoch, shared_.identity.horizon,
                                                kClientWindow};
  out_.push_back(codec::encode(frame));
  socket_->wake();
  return true;
}

void ClientPeer::on_request(client_session::Request& request, std::vector<engine::Command>& batch) {
  engine::InSession from{session_, request.sequence, request.acked_below, request.first_epoch,
                         std::move(request.problem)};
  auto asked = std::visit([](auto& body) { return request::Request(std::move(body)); }, request.body);
  const std::uint64_t number = next_number_++;
  auto hear = [weak = weak_from_this(), number, sequence = request.sequence](answer::Answer answer) {
    if (const auto self = weak.lock()) self->on_answer(number, sequence, std::move(answer));
  };
  in_flight_[number] = shared_.exchange.enqueue(std::move(asked), std::move(from), std::move(hear), batch);
}

void ClientPeer::on_answer(std::uint64_t number, std::uint64_t sequence, answer::Answer answer) {
  in_flight_.erase(number);
  if (closing_) return;
  client_session::ToClient frame;
  client_session::Reply& reply = frame.replies.emplace_back();
  reply.sequence = sequence;
  if (auto* transaction = std::get_if<answer::Transaction>(&answer)) {
    reply.answer = std::move(*transaction);
  } else if (auto* branch = std::get_if<answer::Branch>(&answer)) {
    reply.answer = std::move(*branch);
  } else {
    reply.answer = std::move(std::get<answer::Refused>(answer));
  }
  out_.push_back(codec::encode(frame));
  out_bytes_ += out_.back().size();
  if (out_bytes_ > kMaxUnreadBytes) {
    ++shared_.counters.closed_unread;
    close(session::kCloseLimit, "the client does not read its replies");
  } else {
    socket_->wake();
  }
}

/// Encoded Protobuf messages, one after the other, are their merge: replies are encoded when they come, so that their
/// exact sizes decide what shares a frame.
std::string ClientPeer::next_frame() {
  if (closing_ || out_.empty()) return {};
  std::string frame;
  while (!out_.empty() && (frame.empty() || frame.size() + out_.front().size() <= shared_.limits.max_frame_bytes)) {
    frame += out_.front();
    out_bytes_ -= std::min(out_bytes_, out_.front().size());
    out_.pop_front();
    ++shared_.counters.messages_out;
  }
  ++shared_.counters.frames_out;
  return frame;
}

void ClientPeer::close(int code, std::string reason) {
  if (closing_) return;
  closing_ = true;
  ++shared_.counters.closed_by_code[code];
  log(code == session::kCloseDraining ? Level::kInfo : Level::kWarn, "client.closing",
      {{"code", std::int64_t{code}}, {"reason", reason}});
  socket_->close(code, std::move(reason));
}

void ClientPeer::on_close(int, std::string) {
  closing_ = true;
  shared_.open.erase(this);
  for (const auto& [number, reply] : in_flight_) shared_.exchange.abandon(reply);
  in_flight_.clear();
}

}  // namespace

std::shared_ptr<transport::WebSocketPeer> make_client_peer(Connections& connections) {
  return std::make_shared<ClientPeer>(connections);
}

}  // namespace troth::server
