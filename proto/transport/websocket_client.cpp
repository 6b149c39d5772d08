#include "proto/transport/dial.h"
#include "proto/transport/websocket_session.h"

namespace troth::transport {
namespace {

/// From the call to a connected stream; then the session takes over. The peer hears of a failure once.
class Dialling : public Closable, public std::enable_shared_from_this<Dialling> {
 public:
  Dialling(std::shared_ptr<IoCore> core, Url url, std::string subprotocol, WebSocketLimits limits,
           std::shared_ptr<WebSocketPeer> peer)
      : core_(std::move(core)),
        url_(std::move(url)),
        subprotocol_(std::move(subprotocol)),
        limits_(limits),
        peer_(std::move(peer)),
        timer_(core_->executor()) {}

  void start() {
    core_->registry.add(this);
    timer_.expires_after(std::chrono::milliseconds(limits_.handshake_ms));
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->fail("cannot connect to " + self->url_.authority + ": no answer in time");
    });
    dial_ = std::make_shared<Dial>(
        core_->executor(), url_, [self = shared_from_this()](std::string error, AnyStream stream, std::string remote) {
          if (!error.empty()) return self->fail(error);
          self->connected(std::move(stream), std::move(remote));
        });
    dial_->start();
  }

  void shut() override { fail("stopped"); }

 private:
  void connected(AnyStream stream, std::string remote) {
    auto peer = end();
    if (!peer) return;
    begin_websocket({core_, nullptr, nullptr}, std::move(stream), std::move(remote), url_, subprotocol_, limits_,
                    std::move(peer));
  }

  void fail(const std::string& why) {
    const auto self = shared_from_this();
    if (auto peer = end()) peer->on_close(0, why);
  }

  // The peer, the first time.
  std::shared_ptr<WebSocketPeer> end() {
    core_->registry.remove(this);
    timer_.cancel();
    if (dial_) dial_->cancel();
    return std::move(peer_);
  }

  std::shared_ptr<IoCore> core_;
  Url url_;
  std::string subprotocol_;
  WebSocketLimits limits_;
  std::shared_ptr<WebSocketPeer> peer_;
  Timer timer_;
  std::shared_ptr<Dial> dial_;
};

}  // namespace

void connect_websocket(Io& io, const std::string& url, const std::string& subprotocol, WebSocketLimits limits,
                       std::shared_ptr<WebSocketPeer> peer) {
  auto core = core_of(io);
  const bool posted = core->post([core, url, subprotocol, limits, peer] {
    const auto parsed = parse_url(url, "ws");
    if (!parsed) return peer->on_close(0, "not a ws:// address: " + url);
    std::make_shared<Dialling>(core, *parsed, subprotocol, limits, peer)->start();
  });
  if (!posted) peer->on_close(0, "stopped");  // no io thread will ever tell it
}

}  // namespace troth::transport
