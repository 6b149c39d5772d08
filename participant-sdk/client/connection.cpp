#include "participant-sdk/client/connection.h"

#include <time.h>

#include <algorithm>
#include <utility>

#include "participant-sdk/runtime/thrown.h"
#include "proto/codec/client_codec.h"
#include "proto/values/messages.h"

namespace troth::sdk {
namespace {

constexpr Millis kSweepEvery = 100;  // how late a call may give up
constexpr std::uint32_t kMaxFrameBytes = 16u << 20;
constexpr std::uint32_t kProtocol = 1;
// Of the transport, when it closes by itself over a text message; no coordinator says it to us, who never send any.
constexpr std::string_view kTextCame = "only binary messages are spoken here";

std::string random_session() {
  std::random_device random;
  std::string bytes;
  while (bytes.size() < 16) bytes.push_back(static_cast<char>(random() & 0xff));
  return bytes;
}

}  // namespace

/// One WebSocket; what an old one still says goes nowhere.
class Connection::Peer final : public transport::WebSocketPeer {
 public:
  explicit Peer(Connection& owner) : owner_(owner) {}
  void on_open(std::shared_ptr<transport::WebSocket> socket) override { owner_.opened(*this, std::move(socket)); }
  void on_message(std::string_view bytes) override {
    if (present()) owner_.received(bytes);
  }
  std::string next_frame() override { return present() ? owner_.next_frame() : std::string(); }
  void on_close(int code, std::string reason) override {
    if (present()) owner_.closed(code, reason);
  }
  bool present() const { return owner_.peer_.get() == this; }

 private:
  Connection& owner_;
};

Connection::Connection(transport::Io& io, ConnectionOptions options)
    : io_(io), options_(std::move(options)), session_(random_session()) {}

Millis Connection::now() {
  timespec t{};
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return static_cast<Millis>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
}

void Connection::start() {
  io_.post([this] {
    io_thread_ = std::this_thread::get_id();
    connect();
  });
  io_.after(kSweepEvery, [this] { sweep(); });
}

void Connection::call(client_session::RequestBody body, Done done) {
  std::shared_ptr<transport::WebSocket> socket;
  std::optional<Result> refusal;
  bool ended = false;
  {
    const std::lock_guard lock(mutex_);
    ended = ended_;
    if (!ended) refusal = window_.refusal(body);
    if (refusal) {
      refused_.emplace_back(std::move(done), std::move(*refusal));
    } else if (!ended) {
      window_.add(std::move(body), now() + options_.patience, std::move(done));
      socket = socket_;
    }
  }
  if (ended) return refuse_ended(std::move(done));
  if (refusal) io_.post([this] { deliver_refused(); });
  if (socket) socket->wake();
}

void Connection::refuse_ended(Done done) {
  Result result;
  result.kind = Result::kRefused;
  result.detail = "the client is being destroyed";
  Completions completions;
  completions.emplace_back(std::move(done), std::move(result));
  complete(std::move(completions));
}

void Connection::deliver_refused() {
  Completions completions;
  {
    const std::lock_guard lock(mutex_);
    completions.swap(refused_);
  }
  complete(std::move(completions));
}

void Connection::connect() {
  peer_ = std::make_shared<Peer>(*this);
  transport::WebSocketLimits limits;
  limits.max_message_bytes = kMaxFrameBytes;
  transport::connect_websocket(io_, options_.url, "troth.client.v1", limits, peer_);
}

void Connection::opened(Peer& peer, std::shared_ptr<transport::WebSocket> socket) {
  if (!peer.present()) return socket->close(1000, "not wanted any more");
  {
    const std::lock_guard lock(mutex_);
    socket_ = socket;
  }
  hello_due_ = true;
  welcome_seen_ = false;
  socket->wake();
}

std::string Connection::next_frame() {
  client_session::FromClient frame;
  if (std::exchange(hello_due_, false)) {
    frame.hello = client_session::ClientHello{session_, kProtocol};
    return codec::encode(frame);
  }
  const std::lock_guard lock(mutex_);
  frame.requests = window_.next();
  return frame.requests.empty() ? std::string() : codec::encode(frame);
}

void Connection::welcomed(const client_session::ClientWelcome& welcome) {
  welcome_seen_ = true;
  Completions completions;
  {
    const std::lock_guard lock(mutex_);
    window_.welcomed(welcome, completions);
  }
  report("connected");
  complete(std::move(completions));
}

void Connection::received(std::string_view bytes) {
  auto decoded = codec::decode_to_client(bytes);
  auto* frame = std::get_if<client_session::ToClient>(&decoded);
  const bool in_order = frame && (frame->welcome || welcome_seen_);
  std::shared_ptr<transport::WebSocket> socket;
  Completions completions;
  if (in_order) {
    if (frame->welcome && !welcome_seen_) welcomed(*frame->welcome);
    // Only now: one that closes again right after each Welcome must not be dialled at full speed.
    if (!frame->replies.empty()) attempts_ = 0;
    const std::lock_guard lock(mutex_);
    for (auto& reply : frame->replies) window_.replied(std::move(reply), completions);
    socket = socket_;
  } else {
    unreadable_ = true;
    const std::lock_guard lock(mutex_);
    if (socket_) socket_->close(session::kCloseBadFrame, "bad frame");
    return;
  }
  complete(std::move(completions));
  if (socket) socket->wake();  // answered calls make room for others
}

void Connection::closed(int code, const std::string& reason) {
  peer_.reset();
  const Loss loss = loss_of(code, reason);
  Completions completions;
  {
    const std::lock_guard lock(mutex_);
    socket_.reset();
    window_.lost(loss, reason, completions);
  }
  const std::uint32_t doublings = std::min(attempts_++, 16u);
  const Millis most = std::min(options_.reconnect_min << doublings, options_.reconnect_max);
  const auto jitter = static_cast<Millis>(random_() % static_cast<std::uint64_t>(most / 2 + 1));
  io_.after(most / 2 + jitter, [this] { connect(); });
  complete(std::move(completions));
  report("disconnected: " + (reason.empty() ? "code " + std::to_string(code) : reason));
}

Loss Connection::loss_of(int code, const std::string& reason) {
  if (std::exchange(unreadable_, false)) return Loss::kOurs;
  if (code == session::kCloseTooLarge) return Loss::kPeerTooLarge;
  if (code != session::kCloseBadFrame) return Loss::kLink;
  return reason == kTextCame ? Loss::kOurs : Loss::kPeerBadFrame;
}

void Connection::sweep() {
  Completions completions;
  {
    const std::lock_guard lock(mutex_);
    window_.give_up(now(), completions);
  }
  io_.after(kSweepEvery, [this] { sweep(); });
  complete(std::move(completions));
}

void Connection::give_up_all() {
  Completions completions;
  {
    const std::lock_guard lock(mutex_);
    socket_.reset();
    ended_ = true;
    completions.swap(refused_);
    window_.give_up_all(completions);
  }
  complete(std::move(completions));
}

/// What a callback throws must neither keep another from its answer nor end the process.
void Connection::complete(Completions completions) {
  for (auto& [done, result] : completions) {
    const std::string problem = thrown_by([&] {
      if (done) done(std::move(result));
    });
    if (!problem.empty()) report("a callback threw: " + problem);
  }
}

void Connection::report(const std::string& state) {
  if (state == last_report_ || !options_.on_state) return;
  last_report_ = state;
  thrown_by([&] { options_.on_state(state); });  // nobody is left to tell
}

}  // namespace troth::sdk
