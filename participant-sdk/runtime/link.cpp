#include "participant-sdk/runtime/link.h"

#include <algorithm>
#include <utility>

#include "participant-sdk/runtime/thrown.h"
#include "proto/codec/session_codec.h"

namespace troth::sdk {
namespace {

// What a coordinator may send us at most: its own limits are configured, so these only bound memory.
constexpr std::uint32_t kMaxFrameBytes = 16u << 20;
constexpr std::uint32_t kMaxMessages = 65'536;
constexpr std::size_t kMaxHeldBytes = 160u << 20;  // all the prepares we allow, with their largest payloads, and more
constexpr std::size_t kMaxSeen = 256;              // of one Hello
constexpr std::chrono::seconds kGoodLife{5};       // a connection that held this long was a good one
constexpr int kCloseNormal = 1000;
constexpr std::string_view kSubprotocol = "troth.session.v1";

Seen seen_of(const session::Welcome& welcome, Lsn lsn) {
  return {welcome.log, welcome.epoch.epoch, welcome.epoch.nonce, lsn};
}

}  // namespace

/// One connection. Holds nothing but the way back: what an old one still says goes nowhere.
class Link::Session final : public transport::WebSocketPeer {
 public:
  explicit Session(Link& link) : link_(link) {}
  void on_open(std::shared_ptr<transport::WebSocket> socket) override { link_.opened(*this, std::move(socket)); }
  void on_message(std::string_view bytes) override {
    if (present()) link_.received(bytes);
  }
  std::string next_frame() override { return present() ? link_.next_frame() : std::string(); }
  void on_close(int code, std::string reason) override {
    if (present()) link_.closed(code, reason);
  }
  bool present() const { return link_.session_.get() == this; }

 private:
  Link& link_;
};

Link::Link(transport::Io& io, Pool& pool, SeenStore& store, LinkOptions options, LinkUser& user)
    : io_(io), pool_(pool), store_(store), options_(std::move(options)), user_(user) {}

void Link::connect() {
  if (state_ != State::kIdle) return;
  state_ = State::kConnecting;
  pool_.run(Lane::kSettle, [this] {
    std::vector<Seen> seen;
    const std::string problem = thrown_by([&] { seen = store_.load(); });
    io_.post([this, seen = std::move(seen), problem] {
      if (problem.empty()) return dial(seen);
      if (state_ == State::kConnecting) closed(0, "cannot read what was seen: " + problem);
    });
  });
}

void Link::dial(std::vector<Seen> seen) {
  if (state_ != State::kConnecting) return;
  options_.hello.seen.clear();
  if (seen.size() > kMaxSeen) seen.resize(kMaxSeen);  // only a help: whom we obey, we decide with all of it
  for (const Seen& one : seen) {
    options_.hello.seen.push_back(session::Seen{one.log, EpochId{one.epoch, one.nonce}, one.lsn});
  }
  refused_ = false;
  held_.clear();
  held_bytes_ = 0;
  session_ = std::make_shared<Session>(*this);
  transport::WebSocketLimits limits;
  limits.max_message_bytes = kMaxFrameBytes;
  transport::connect_websocket(io_, options_.url, std::string(kSubprotocol), limits, session_);
}

void Link::opened(Session& session, std::shared_ptr<transport::WebSocket> socket) {
  if (!session.present() || state_ != State::kConnecting) {
    socket->close(kCloseNormal, "not wanted any more");
    return;
  }
  socket_ = std::move(socket);
  state_ = State::kGreeting;
  hello_due_ = true;
  socket_->wake();
}

void Link::wake() {
  if (socket_) socket_->wake();
}

std::string Link::next_frame() {
  session::Frame frame;
  if (std::exchange(hello_due_, false)) {
    frame.messages.emplace_back(options_.hello);
    return codec::encode(frame);
  }
  frame.log = welcome_.log;
  frame.epoch = welcome_.epoch.epoch;
  if (state_ == State::kSteady) frame.messages = outgoing_.next();
  if (frame.messages.empty() && std::exchange(goodbye_due_, false)) {
    frame.messages.emplace_back(session::Goodbye{goodbye_});
    // Closing sends what was pulled first, so this Goodbye is the last frame.
    io_.post([this] {
      if (socket_) socket_->close(kCloseNormal, goodbye_);
    });
  }
  return frame.messages.empty() ? std::string() : codec::encode(frame);
}

void Link::received(std::string_view bytes) {
  auto decoded = codec::decode_frame(bytes, kMaxMessages, kMaxFrameBytes);
  if (auto* error = std::get_if<codec::FrameError>(&decoded)) {
    return refuse(session::kCloseBadFrame, "bad frame: " + error->why);
  }
  auto& whole = std::get<session::Frame>(decoded);
  if (state_ == State::kGreeting) return greeted(whole);
  if (state_ == State::kAdopting) return hold(std::move(whole), bytes.size());
  if (state_ == State::kSteady) frame(std::move(whole));
}

void Link::greeted(const session::Frame& frame) {
  const auto* welcome = frame.messages.empty() ? nullptr : std::get_if<session::Welcome>(&frame.messages.front());
  if (!welcome) return refuse(session::kCloseBadFrame, "the first message was no Welcome");
  if (welcome->protocol < options_.hello.protocol_min || welcome->protocol > options_.hello.protocol_max) {
    return refuse(session::kCloseVersion, "protocol version " + std::to_string(welcome->protocol) + " was not offered");
  }
  session::Frame rest = frame;
  rest.messages.erase(rest.messages.begin());
  if (!rest.messages.empty()) held_.push_back(std::move(rest));
  adopt(*welcome);
}

void Link::hold(session::Frame frame, std::size_t bytes) {
  held_bytes_ += bytes;
  if (held_bytes_ <= kMaxHeldBytes) return held_.push_back(std::move(frame));
  state_ = State::kLeaving;  // some frames are lost: this connection must not be adopted any more
  held_.clear();
  socket_->close(session::kCloseLimit, "too much before what was seen could be made durable");
}

void Link::adopt(session::Welcome welcome) {
  state_ = State::kAdopting;
  const Seen ours = seen_of(welcome, welcome.log == welcome_.log ? highest_lsn_ : 0);
  pool_.run(Lane::kSettle, [this, ours, welcome = std::move(welcome), from = std::weak_ptr(session_)] {
    std::string problem;
    const std::string thrown = thrown_by([&] {
      // Read again: another instance on the same store may have met a newer coordinator meanwhile.
      problem = refusal(store_.load(), welcome);
      if (!problem.empty()) return;
      store_.remember(ours);
      problem = refusal(store_.load(), welcome);
    });
    if (!thrown.empty()) problem = "cannot remember the coordinator's epoch: " + thrown;
    io_.post([this, welcome, problem, from] {
      const auto session = from.lock();
      if (session && session == session_ && state_ == State::kAdopting) adopted_durably(welcome, problem);
    });
  });
}

void Link::adopted_durably(const session::Welcome& welcome, const std::string& problem) {
  if (!problem.empty()) return refuse(session::kCloseOldCopy, problem);
  state_ = State::kSteady;
  steady_since_ = std::chrono::steady_clock::now();
  if (welcome.log != welcome_.log) highest_lsn_ = 0;
  welcome_ = welcome;
  outgoing_.reset(welcome_);
  report("connected");
  user_.on_adopted(welcome_);
  auto frames = std::exchange(held_, {});
  for (auto& one : frames) frame(std::move(one));
}

void Link::frame(session::Frame frame) {
  // Another start of the coordinator must say Welcome first; a frame of another log is not for us.
  if (frame.log != welcome_.log || frame.epoch != welcome_.epoch.epoch) return;
  // Not at its Welcome: one that closes again right after it must not be dialled at full speed.
  attempts_ = 0;
  for (auto& message : frame.messages) user_.on_message(std::move(message));
  user_.on_frame_done();
}

void Link::refuse(int code, const std::string& why) {
  refused_ = true;
  if (socket_) socket_->close(code, why.substr(0, 100));
  report("refused: " + why);
}

void Link::closed(int code, const std::string& reason) {
  const bool was_steady = state_ == State::kSteady;
  session_.reset();
  socket_.reset();
  if (was_steady && std::chrono::steady_clock::now() - steady_since_ >= kGoodLife) attempts_ = 0;
  if (was_steady) user_.on_lost();
  if (state_ == State::kStopped || stopped_) {
    state_ = State::kStopped;
    if (auto done = std::exchange(stopped_, nullptr)) done();
    return;
  }
  state_ = State::kIdle;
  end(code, reason);
}

/// What follows the end of a connection. The next one is scheduled before anybody is told of this one's end.
void Link::end(int code, const std::string& reason) {
  if (refused_) return reconnect_in(options_.reconnect_max * kRefusedFactor);
  switch (code) {
    case session::kCloseReplaced: return finish("replaced", "replaced");
    case session::kCloseCredentials:
    case session::kCloseVersion: return finish("refused: " + reason, "refused");
    case session::kCloseOldCopy:
      reconnect_in(options_.reconnect_max * kRefusedFactor);
      return report("refused: the coordinator runs on an old copy of its log: " + reason);
    default: break;
  }
  reconnect_in(backoff());
  report("disconnected: " + (reason.empty() ? "code " + std::to_string(code) : reason));
}

void Link::finish(const std::string& state, const std::string& why) {
  state_ = State::kStopped;
  user_.on_final(why);
  report(state);
}

Millis Link::backoff() {
  const std::uint32_t doublings = std::min(attempts_++, 16u);
  const Millis most = std::min(options_.reconnect_min << doublings, options_.reconnect_max);
  // Half of it by chance, so that many participants of a restarted coordinator do not come back at once.
  return most / 2 + static_cast<Millis>(random_() % static_cast<std::uint64_t>(most / 2 + 1));
}

void Link::reconnect_in(Millis delay) {
  io_.after(delay, [this] { connect(); });
}

void Link::stop(std::string reason, std::function<void()> done) {
  if (!socket_) {
    state_ = State::kStopped;
    session_.reset();
    return done();
  }
  goodbye_ = std::move(reason);
  stopped_ = std::move(done);
  goodbye_due_ = true;
  socket_->wake();
}

void Link::report(const std::string& state) {
  if (state == last_report_ || !options_.on_state) return;  // a connect that fails again and again is said once
  last_report_ = state;
  thrown_by([&] { options_.on_state(state); });  // nobody is left to tell
}

}  // namespace troth::sdk
