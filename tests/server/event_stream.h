// tests/server/event_stream.h: a follower of `GET /v1/outcomes`: reads Server-Sent Events as a browser would.
#pragma once

#include <optional>
#include <string>

#include "tests/transport/raw_socket.h"

namespace troth::test {

struct Event {
  std::string name;
  std::string id;  // empty: it has none
  std::string data;
};

class EventStream {
 public:
  /// Asks for `/v1/outcomes<query>`, with Last-Event-ID when `last_id` is not empty, and reads the head.
  explicit EventStream(std::uint16_t port, const std::string& query = {}, const std::string& last_id = {});

  int status() const { return status_; }
  const std::string& head() const { return head_; }
  /// The body of a refusal.
  std::string refusal();
  /// The next event; nullopt: the stream ended, or nothing came in half a minute.
  std::optional<Event> next();
  /// Reads until an id without an event comes, as a heartbeat has it and every stream begins with unless events come
  /// first; empty: none.
  std::string next_heartbeat();
  /// Something comes, or the stream ends, within that time.
  bool has_more_within(int timeout_ms) { return !text_.empty() || socket_.readable_within(timeout_ms); }
  /// Where a client resumes: the last id that came, also without an event.
  const std::string& cursor() const { return cursor_; }
  /// The stream ended as it should; false: it was cut, or goes on.
  bool ended() const { return ended_; }

 private:
  std::string line();
  bool read_chunk();
  std::optional<Event> next_block();

  RawSocket socket_;
  int status_ = 0;
  std::string head_;
  std::string text_;  // read, not yet used
  std::string cursor_;
  bool ended_ = false;
};

}  // namespace troth::test
