#include "proto/transport/http_connection.h"

#include <algorithm>
#include <boost/asio/write.hpp>

#include "proto/transport/response_text.h"
#include "proto/transport/websocket_session.h"

namespace troth::transport {
namespace {

using std::chrono::milliseconds;

// A buffer that once held a large body is not kept for the life of an idle connection.
constexpr std::size_t kKeptBufferMax = 65'536;

// Of a body that is streamed: what a client that does not read holds in memory.
constexpr std::size_t kPieceBytes = 65'536;

}  // namespace

/// Behind a Respond: used at most once, from any thread, also after the connection, the server or the Io is gone. When
/// the service drops it unanswered the connection ends, since its client would wait for ever.
class HttpConnection::Ticket {
 public:
  Ticket(std::shared_ptr<IoCore> core, std::weak_ptr<HttpConnection> connection, std::uint64_t request)
      : core_(std::move(core)), connection_(std::move(connection)), request_(request) {}
  ~Ticket() {
    if (!used_) answer(std::nullopt);
  }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  void answer(std::optional<HttpResponse> response) {
    if (used_.exchange(true)) return;
    core_->post([weak = connection_, request = request_, response = std::move(response)]() mutable {
      if (auto connection = weak.lock()) connection->on_answer(request, std::move(response));
    });
  }

 private:
  std::shared_ptr<IoCore> core_;
  std::weak_ptr<HttpConnection> connection_;
  std::uint64_t request_;
  std::atomic<bool> used_ = false;
};

HttpConnection::HttpConnection(std::shared_ptr<ServerState> server, AnyStream stream, std::string remote,
                               std::shared_ptr<void> slot)
    : server_(std::move(server)), stream_(std::move(stream)), remote_(std::move(remote)), slot_(std::move(slot)) {}

void HttpConnection::start() {
  server_->connections.insert(shared_from_this());
  server_->core->registry.add(this, server_.get());
  // Who connects and says nothing has no more time than who is slow to say it.
  deadline_ = Clock::now() + milliseconds(server_->limits.header_timeout_ms);
  advance();
}

void HttpConnection::advance() {
  const auto self = shared_from_this();
  try {
    while (step()) {
    }
  } catch (...) {
    drop();  // whatever it was, it stays in this connection
  }
}

// True when the phase changed and the next may go on at once.
bool HttpConnection::step() {
  if (phase_ == Phase::kHead) return step_head();
  if (phase_ == Phase::kBody) return step_body();
  return false;
}

bool HttpConnection::step_head() {
  if (!in_.empty() && !head_began_) {
    head_began_ = true;
    deadline_ = Clock::now() + milliseconds(server_->limits.header_timeout_ms);
  }
  const auto found = scanner_.scan(in_);
  if (found == HeadScanner::Found::kBad) {
    refuse({Slug::kBadRequest, "The request is not HTTP/1.1: a byte that no head may hold.", ""});
  } else if (scanner_.end() > server_->limits.max_header_bytes) {
    refuse({Slug::kHeadersTooLarge, "The request's head is too large.", ""});
  } else if (found == HeadScanner::Found::kEnd) {
    take_head(scanner_.end());
    return true;
  } else if (ended_ || (timed_out_ && in_.empty())) {
    drop();
  } else if (timed_out_) {
    refuse({Slug::kRequestTimeout, "The request's head did not arrive in time.", ""});
  } else {
    want_bytes();
  }
  return false;
}

void HttpConnection::take_head(std::size_t length) {
  auto gated = pass_gate(std::string_view(in_).substr(0, length));
  in_.erase(0, length);
  scanner_.reset();
  if (const auto* problem = std::get_if<Problem>(&gated)) return refuse(*problem);
  request_ = std::move(std::get<GatedHead>(gated));
  request_.head.remote = remote_;
  if (request_.wants_websocket) return upgrade();
  admit();
}

void HttpConnection::admit() {
  auto verdict = server_->service->admit(request_.head);
  const std::uint64_t length = request_.head.content_length.value_or(0);
  if (auto* response = std::get_if<HttpResponse>(&verdict)) {
    // The body stays unread, so the connection cannot go on.
    const bool close = response->close || length > 0 || !request_.keep_alive;
    return write(std::move(*response), close);
  }
  const std::uint64_t limit = std::get<std::uint64_t>(verdict);
  if (length > limit) {
    return refuse({Slug::kTooLarge, "The body may have at most " + std::to_string(limit) + " bytes.", ""});
  }
  body_left_ = length;
  deadline_ = Clock::now() + milliseconds(server_->limits.body_timeout_ms);
  phase_ = Phase::kBody;
  if (request_.expects_continue && in_.size() < length) ask_for_body();
}

void HttpConnection::ask_for_body() {
  phase_ = Phase::kWriting;
  out_head_ = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(out_head_), [self = shared_from_this()](error_code error, std::size_t) {
    if (self->phase_ != Phase::kWriting) return;
    if (error) return self->drop();
    self->phase_ = Phase::kBody;
    self->advance();
  });
}

bool HttpConnection::step_body() {
  if (in_.size() >= body_left_) {
    serve();
  } else if (ended_) {
    drop();
  } else if (timed_out_) {
    refuse({Slug::kRequestTimeout, "The request's body did not arrive in time.", ""});
  } else {
    want_bytes();
  }
  return false;
}

void HttpConnection::serve() {
  HttpRequest request{std::move(request_.head), in_.substr(0, body_left_)};
  request_.head = HttpHead{request.head.method, "", "", {}, "", {}};  // HEAD is answered without a body
  in_.erase(0, body_left_);
  if (in_.capacity() > kKeptBufferMax) in_.shrink_to_fit();
  phase_ = Phase::kServing;
  auto ticket = std::make_shared<Ticket>(server_->core, weak_from_this(), ++request_count_);
  Respond respond = [ticket](HttpResponse response) { ticket->answer(std::move(response)); };
  ticket.reset();
  abandoned_ = server_->service->serve(std::move(request), std::move(respond));
  // One read ahead, to see the client go away; what it sends meanwhile waits, and no more is read.
  if (in_.empty() && !ended_) want_bytes();
}

void HttpConnection::upgrade() {
  if (auto problem = check_handshake(request_.head)) return refuse(*problem);
  auto verdict = server_->service->upgrade(request_.head);
  if (auto* response = std::get_if<HttpResponse>(&verdict)) {
    const bool close = response->close || !request_.keep_alive;
    return write(std::move(*response), close);
  }
  stream_.unread(std::move(in_));
  leave();
  accept_websocket({server_->core, server_.get(), std::move(slot_)}, std::move(stream_), request_.head,
                   std::get<HttpService::Upgrade>(verdict));
}

void HttpConnection::refuse(const Problem& problem) {
  HttpResponse response = server_->service->refuse(problem, request_.head.path);
  if (problem.slug == Slug::kBadUpgrade) response.headers.emplace_back("Sec-WebSocket-Version", "13");
  write(std::move(response), true);
}

void HttpConnection::want_bytes() {
  if (reading_ || ended_) return;
  reading_ = true;
  stream_.async_read_some(asio::buffer(chunk_), [self = shared_from_this()](error_code error, std::size_t count) {
    self->on_read(error, count);
  });
}

void HttpConnection::on_read(error_code error, std::size_t count) {
  reading_ = false;
  if (phase_ == Phase::kClosed || phase_ == Phase::kLingering) return;
  in_.append(chunk_.data(), count);
  if (error && error != asio::error::operation_aborted) {
    ended_ = true;
    // After a reset nobody reads an answer either; and who waits for news without end would never be found gone.
    if (error != asio::error::eof || flow_) return drop();
    // The end of what the client sends may mean that it is gone, or that it waits for the answer: the service hears of
    // it, and is still listened to.
    if (phase_ == Phase::kServing) client_went_away();
  }
  advance();
}

void HttpConnection::client_went_away() {
  const auto abandoned = std::move(abandoned_);
  abandoned_ = nullptr;
  if (abandoned) abandoned();
}

void HttpConnection::on_answer(std::uint64_t request, std::optional<HttpResponse> response) {
  if (phase_ != Phase::kServing || request != request_count_) return;
  abandoned_ = nullptr;
  if (!response || (response->flow && ended_)) return drop();
  const bool close = response->close || !request_.keep_alive || server_->draining || ended_;
  write(std::move(*response), close);
}

void HttpConnection::write(HttpResponse response, bool close) {
  phase_ = Phase::kWriting;
  close_after_ = close;
  deadline_ = Clock::now() + milliseconds(server_->limits.body_timeout_ms);
  out_head_ = response_head(response, close);
  const bool with_body = has_body(response.status) && request_.head.method != "HEAD";
  out_body_ = with_body ? std::move(response.body) : std::string();
  if (with_body) source_ = std::move(response.source);
  if (with_body) flow_ = std::move(response.flow);
  source_left_ = source_ ? source_->size() : 0;
  if (flow_) {
    flow_->begin([weak = weak_from_this(), request = request_count_] {
      const auto connection = weak.lock();
      if (connection && connection->phase_ == Phase::kFlowing && connection->request_count_ == request) {
        connection->pump();
      }
    });
  }
  const std::array<asio::const_buffer, 2> buffers = {asio::buffer(out_head_), asio::buffer(out_body_)};
  asio::async_write(stream_, buffers,
                    [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
}

void HttpConnection::write_piece() {
  out_body_.clear();
  try {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(source_left_, kPieceBytes));
    if (!source_->read(out_body_, most) || out_body_.empty()) return drop();
  } catch (...) {
    return drop();
  }
  source_left_ -= std::min<std::uint64_t>(out_body_.size(), source_left_);
  deadline_ = Clock::now() + milliseconds(server_->limits.body_timeout_ms);  // for each piece: who reads goes on
  asio::async_write(stream_, asio::buffer(out_body_),
                    [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
}

/// Writes what the flow has now as one chunk, or waits for its wake: who waits has no deadline, who is written to has.
void HttpConnection::pump() {
  std::string bytes;
  auto state = BodyFlow::State::kEnded;
  try {
    state = flow_->read(bytes, kPieceBytes);
  } catch (...) {
    return drop();
  }
  if (bytes.empty() && state == BodyFlow::State::kOpen) {
    phase_ = Phase::kFlowing;
    return;
  }
  if (state == BodyFlow::State::kEnded) flow_.reset();
  phase_ = Phase::kWriting;
  deadline_ = Clock::now() + milliseconds(server_->limits.body_timeout_ms);
  out_body_ = chunk_text(bytes, state == BodyFlow::State::kEnded);
  asio::async_write(stream_, asio::buffer(out_body_),
                    [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
}

void HttpConnection::on_written(error_code error) {
  if (phase_ != Phase::kWriting) return;
  if (error) return drop();
  if (flow_) return pump();
  if (source_left_ > 0) return write_piece();
  source_.reset();
  if (!close_after_ && !ended_ && !server_->draining) return wait_for_next();
  phase_ = Phase::kLingering;
  stream_.stream().cancel();  // the read ahead
  stream_.linger([self = shared_from_this()](error_code) { self->drop(); });
}

void HttpConnection::wait_for_next() {
  phase_ = Phase::kHead;
  request_ = {};
  out_head_.clear();
  out_body_ = {};
  head_began_ = false;
  timed_out_ = false;
  deadline_ = Clock::now() + milliseconds(server_->limits.idle_timeout_ms);
  advance();
}

void HttpConnection::check_deadline(Clock::time_point now) {
  if (now < deadline_ || timed_out_) return;
  if (phase_ == Phase::kWriting) return drop();  // a client that does not read its answer
  if (phase_ != Phase::kHead && phase_ != Phase::kBody) return;
  timed_out_ = true;
  // The read ends with operation_aborted and `advance` sees the flag.
  if (reading_) return stream_.stream().cancel();
  advance();
}

void HttpConnection::close_if_idle() {
  if (phase_ == Phase::kHead && in_.empty()) drop();
}

// Out of the server's books, with the stream left open.
void HttpConnection::leave() {
  phase_ = Phase::kClosed;
  server_->connections.erase(shared_from_this());
  server_->core->registry.remove(this);
}

void HttpConnection::drop() {
  if (phase_ == Phase::kClosed) return;
  const auto self = shared_from_this();
  leave();
  stream_.close();
  source_.reset();
  flow_.reset();
  slot_.reset();
  client_went_away();
}

}  // namespace troth::transport
