#include "proto/transport/websocket_session.h"

#include <atomic>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace troth::transport {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using std::chrono::milliseconds;

constexpr auto kCloseWait = std::chrono::seconds(1);
constexpr int kControlFramesPerSecondMax = 100;
constexpr std::size_t kKeptBufferMax = 262'144;
constexpr std::size_t kReasonBytesMax = 123;  // RFC 6455 §5.5: 125 less the code

constexpr int kBadFrame = 4400;
constexpr int kSilent = 4408;
constexpr int kTooLarge = 4413;
constexpr int kLimit = 4429;
constexpr int kInternal = 1011;
constexpr int kProtocol = 1002;
constexpr int kNoStatus = 1005;

class Session;

/// What the user holds: it may outlive the session, the server and the Io, and then does nothing.
class Handle : public WebSocket {
 public:
  Handle(std::shared_ptr<IoCore> core, std::string remote) : core_(std::move(core)), remote_(std::move(remote)) {}
  void bind(std::weak_ptr<Session> session) { session_ = std::move(session); }
  void wake() override;
  void close(int code, std::string reason) override;
  std::string remote() const override { return remote_; }
  /// Before pulling: what is woken from here on needs another pull.
  void rest() { woken_.store(false); }

 private:
  std::shared_ptr<IoCore> core_;
  std::string remote_;
  std::weak_ptr<Session> session_;
  std::atomic<bool> woken_ = false;
};

class Session : public Closable, public std::enable_shared_from_this<Session> {
 public:
  Session(SessionPlace place, AnyStream stream, std::string remote, WebSocketLimits limits,
          std::shared_ptr<WebSocketPeer> peer)
      : place_(std::move(place)),
        ws_(std::move(stream)),
        timer_(ws_.get_executor()),
        handle_(std::make_shared<Handle>(place_.core, std::move(remote))),
        limits_(limits),
        peer_(std::move(peer)) {}

  void accept(const HttpHead& head, const std::string& subprotocol) {
    begin(false);
    request_ = to_request(head);
    if (!subprotocol.empty()) {
      ws_.set_option(websocket::stream_base::decorator([subprotocol](websocket::response_type& response) {
        response.set(http::field::sec_websocket_protocol, subprotocol);
      }));
    }
    ws_.async_accept(request_, [self = shared_from_this()](error_code error) {
      if (error) return self->finish(0, error.message());
      self->opened();
    });
  }

  void dial(const Url& url, const std::string& subprotocol) {
    begin(true);
    ws_.write_buffer_bytes(65'536);  // a client masks its frames through this buffer
    if (!subprotocol.empty()) {
      ws_.set_option(websocket::stream_base::decorator([subprotocol](websocket::request_type& request) {
        request.set(http::field::sec_websocket_protocol, subprotocol);
      }));
    }
    ws_.async_handshake(
        response_, url.authority, url.target,
        [self = shared_from_this(), subprotocol](error_code error) { self->dialled(error, subprotocol); });
  }

  void pump() {
    handle_->rest();
    if (!open_ || writing_ || closing_) return;
    const bool pulled = guarded([this] { out_ = peer_->next_frame(); });
    if (!pulled || out_.empty() || closing_ || finished_) return;
    writing_ = true;
    ws_.async_write(asio::buffer(out_), [self = shared_from_this()](error_code error, std::size_t) {
      self->writing_ = false;
      if (!error) self->pump();  // an error ends the read too, which tells the peer
    });
  }

  void close(int code, std::string reason) {
    if (closing_ || finished_) return;
    closing_ = true;
    close_code_ = code;
    close_reason_ = std::move(reason);
    if (!open_) return finish(close_code_, close_reason_);
    arm(kCloseWait);
    const websocket::close_reason frame(static_cast<websocket::close_code>(code),
                                        std::string_view(close_reason_).substr(0, kReasonBytesMax));
    ws_.async_close(frame,
                    [self = shared_from_this()](error_code) { self->finish(self->close_code_, self->close_reason_); });
  }

  void shut() override { finish(closing_ ? close_code_ : 0, closing_ ? close_reason_ : "stopped"); }

 private:
  static http::request<http::empty_body> to_request(const HttpHead& head) {
    const std::string target = head.query.empty() ? head.path : head.path + "?" + head.query;
    http::request<http::empty_body> request(http::verb::get, target, 11);
    for (const auto& [name, value] : head.headers) request.insert(name, value);
    return request;
  }

  void begin(bool client) {
    client_ = client;
    handle_->bind(weak_from_this());
    place_.core->registry.add(this, place_.owner);
    ws_.binary(true);
    ws_.auto_fragment(false);  // one message, one frame, one gathered write
    ws_.read_message_max(0);   // we count ourselves, to close with 4413 instead of 1009
    ws_.control_callback([this](websocket::frame_type kind, beast::string_view) { on_control(kind); });
    arm(milliseconds(limits_.handshake_ms));
  }

  void dialled(error_code error, const std::string& subprotocol) {
    if (error == websocket::error::upgrade_declined) {
      return finish(0, "the server answered " + std::to_string(response_.result_int()) + " to the upgrade");
    }
    if (error) return finish(0, error.message());
    if (std::string_view(response_[http::field::sec_websocket_protocol]) != subprotocol) {
      return finish(0, "the server did not confirm the subprotocol " + subprotocol);
    }
    opened();
  }

  void opened() {
    if (finished_) return;
    open_ = true;
    heard_at_ = Clock::now();
    disarm();
    if (limits_.ping_ms > 0) arm(milliseconds(limits_.ping_ms));
    told_open_ = true;
    guarded([this] { peer_->on_open(handle_); });
    read();
    pump();
  }

  void read() {
    if (closing_ || finished_) return;  // then async_close reads, and discards, what still comes
    const std::size_t room = std::size_t{limits_.max_message_bytes} + 1 - in_.size();
    ws_.async_read_some(in_, room,
                        [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
  }

  void on_read(error_code error) {
    if (finished_) return;
    heard();
    if (error) return lost(error);
    if (closing_) return;
    if (in_.size() > limits_.max_message_bytes) return close(kTooLarge, "the message is too large");
    if (ws_.got_text()) return close(kBadFrame, "only binary messages are spoken here");
    if (ws_.is_message_done()) {
      const auto bytes = in_.cdata();
      guarded([&] { peer_->on_message({static_cast<const char*>(bytes.data()), bytes.size()}); });
      in_.clear();
      if (in_.capacity() > kKeptBufferMax) in_.shrink_to_fit();
    }
    read();
  }

  void lost(error_code error) {
    if (closing_) return;  // the close under way, or its deadline, ends it
    if (error == websocket::error::closed) {
      const int code = static_cast<int>(ws_.reason().code);
      const std::string reason(ws_.reason().reason.data(), ws_.reason().reason.size());
      return finish(code == 0 ? kNoStatus : code, reason);
    }
    if (error == websocket::condition::protocol_violation) return finish(kProtocol, error.message());
    finish(0, error.message());
  }

  // Called from within a read: only notes, and posts what must be done.
  void on_control(websocket::frame_type kind) {
    heard();
    if (kind == websocket::frame_type::close) return;
    const auto now = Clock::now();
    if (now - control_since_ >= std::chrono::seconds(1)) {
      control_since_ = now;
      control_count_ = 0;
    }
    if (++control_count_ != kControlFramesPerSecondMax + 1) return;
    asio::post(ws_.get_executor(), [self = shared_from_this()] { self->close(kLimit, "too many control frames"); });
  }

  void heard() {
    heard_at_ = Clock::now();
    pinged_ = false;
  }

  void arm(Clock::duration delay) {
    timer_.expires_after(delay);
    timer_.async_wait([weak = weak_from_this()](error_code error) {
      auto self = weak.lock();
      if (self && !error) self->on_timer();
    });
  }
  void disarm() { timer_.cancel(); }

  void on_timer() {
    if (finished_) return;
    if (!open_) return finish(0, "the handshake took too long");
    if (closing_) return finish(close_code_, close_reason_);
    const auto gap = milliseconds(limits_.ping_ms);
    const auto silence = Clock::now() - heard_at_;
    if (silence < gap) return arm(gap - silence);
    if (pinged_) return close(kSilent, "no answer to a ping");
    pinged_ = true;
    if (!ping_under_way_) send_ping();
    arm(gap);
  }

  void send_ping() {
    ping_under_way_ = true;
    ws_.async_ping({}, [self = shared_from_this()](error_code) { self->ping_under_way_ = false; });
  }

  // Runs a callback of the peer; what it throws closes this connection and no other.
  template <typename Call>
  bool guarded(const Call& call) {
    try {
      call();
      return true;
    } catch (const std::exception&) {
      close(kInternal, "internal error");
      return false;
    }
  }

  void finish(int code, const std::string& reason) {
    if (finished_) return;
    const auto self = shared_from_this();
    finished_ = true;
    open_ = false;
    place_.core->registry.remove(this);
    disarm();
    ws_.next_layer().close();
    const auto peer = std::move(peer_);
    const bool tell = told_open_ || client_;
    place_.slot.reset();
    if (tell) {
      try {
        peer->on_close(code, reason);
      } catch (const std::exception&) {
        // The connection is gone: there is nothing left to close.
      }
    }
  }

  SessionPlace place_;
  websocket::stream<AnyStream, false> ws_;
  Timer timer_;
  std::shared_ptr<Handle> handle_;
  WebSocketLimits limits_;
  std::shared_ptr<WebSocketPeer> peer_;
  http::request<http::empty_body> request_;
  websocket::response_type response_;
  beast::flat_buffer in_;
  std::string out_;
  bool client_ = false;
  bool open_ = false;
  bool told_open_ = false;
  bool writing_ = false;
  bool closing_ = false;
  bool finished_ = false;
  int close_code_ = 0;
  std::string close_reason_;
  Clock::time_point heard_at_;
  bool pinged_ = false;
  bool ping_under_way_ = false;
  Clock::time_point control_since_;
  int control_count_ = 0;
};

void Handle::wake() {
  if (woken_.exchange(true)) return;
  core_->post([weak = session_] {
    if (auto session = weak.lock()) session->pump();
  });
}

void Handle::close(int code, std::string reason) {
  core_->post([weak = session_, code, reason = std::move(reason)]() mutable {
    if (auto session = weak.lock()) session->close(code, std::move(reason));
  });
}

}  // namespace

void accept_websocket(SessionPlace place, AnyStream stream, const HttpHead& head, HttpService::Upgrade upgrade) {
  std::make_shared<Session>(std::move(place), std::move(stream), head.remote, upgrade.limits, std::move(upgrade.peer))
      ->accept(head, upgrade.subprotocol);
}

void begin_websocket(SessionPlace place, AnyStream stream, std::string remote, const Url& url,
                     const std::string& subprotocol, WebSocketLimits limits, std::shared_ptr<WebSocketPeer> peer) {
  std::make_shared<Session>(std::move(place), std::move(stream), std::move(remote), limits, std::move(peer))
      ->dial(url, subprotocol);
}

}  // namespace troth::transport
