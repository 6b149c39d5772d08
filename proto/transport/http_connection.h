// proto/transport/http_connection.h: one connection of a server, as a state machine: each completion changes a field
// and calls `advance`. No coroutine, so nothing of ecosystem.md §0a applies, and every state can be seen in a debugger.
#pragma once

#include <array>
#include <atomic>
#include <unordered_set>

#include "proto/transport/any_stream.h"
#include "proto/transport/request_gate.h"

namespace troth::transport {

class HttpConnection;

/// What the connections of a server share. It outlives the server while a connection ends. Io thread but for `count`.
struct ServerState {
  std::shared_ptr<IoCore> core;
  HttpLimits limits;
  HttpService* service = nullptr;
  bool draining = false;  // no request after the present one
  std::atomic<std::uint64_t> count = 0;
  std::unordered_set<std::shared_ptr<HttpConnection>> connections;  // owns each until it ends or becomes a WebSocket
};

class HttpConnection : public Closable, public std::enable_shared_from_this<HttpConnection> {
 public:
  /// `slot` is let go when the connection, or the WebSocket it became, has ended.
  HttpConnection(std::shared_ptr<ServerState> server, AnyStream stream, std::string remote, std::shared_ptr<void> slot);

  void start();
  /// Acts on a deadline that has passed. The server calls it every now and then: a timer for each phase of each request
  /// would cost more than the request.
  void check_deadline(Clock::time_point now);
  /// Closes if no request has begun.
  void close_if_idle();
  void shut() override { drop(); }

 private:
  enum class Phase { kHead, kBody, kServing, kWriting, kFlowing, kLingering, kClosed };
  class Ticket;

  void advance();
  bool step();
  bool step_head();
  bool step_body();
  void take_head(std::size_t length);
  void admit();
  void ask_for_body();
  void serve();
  void upgrade();
  void refuse(const Problem& problem);
  void want_bytes();
  void on_read(error_code error, std::size_t count);
  void client_went_away();
  void on_answer(std::uint64_t request, std::optional<HttpResponse> response);
  void write(HttpResponse response, bool close);
  void on_written(error_code error);
  void write_piece();
  void pump();
  void wait_for_next();
  void leave();
  void drop();

  std::shared_ptr<ServerState> server_;
  AnyStream stream_;
  std::string remote_;
  std::shared_ptr<void> slot_;

  Phase phase_ = Phase::kHead;
  Clock::time_point deadline_;
  bool head_began_ = false;
  bool timed_out_ = false;
  bool ended_ = false;    // the peer sends no more
  bool reading_ = false;  // a read is under way; then in_ lacks what the present phase waits for

  std::array<char, 4096> chunk_;
  std::string in_;  // read, not yet used: bounded by what the phase may take plus one chunk
  HeadScanner scanner_;
  GatedHead request_;
  std::uint64_t body_left_ = 0;
  std::uint64_t request_count_ = 0;
  std::function<void()> abandoned_;

  std::string out_head_;
  std::string out_body_;  // a piece, when it comes from source_
  std::shared_ptr<BodySource> source_;
  std::uint64_t source_left_ = 0;
  std::shared_ptr<BodyFlow> flow_;
  bool close_after_ = false;
};

}  // namespace troth::transport
