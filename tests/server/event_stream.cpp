#include "tests/server/event_stream.h"

#include <cstdlib>

namespace troth::test {
namespace {

/// Takes the first line off `text`, without its end.
std::string take_line(std::string& text) {
  const auto end = text.find('\n');
  std::string line = text.substr(0, end);
  text.erase(0, end + 1);
  return line;
}

std::string length_in(const std::string& head) {
  const auto at = head.find("Content-Length: ");
  return at == head.npos ? "0" : head.substr(at + 16, head.find('\r', at) - at - 16);
}

}  // namespace

EventStream::EventStream(std::uint16_t port, const std::string& query, const std::string& last_id) : socket_(port) {
  socket_.send("GET /v1/outcomes" + query + " HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n" +
               (last_id.empty() ? "" : "Last-Event-ID: " + last_id + "\r\n") + "\r\n");
  std::string last = "-";
  while (!last.empty()) {
    last = line();
    head_ += last + "\r\n";
  }
  status_ = head_.size() > 12 ? std::atoi(head_.c_str() + 9) : 0;
}

/// Up to `\r\n`, without it; empty also at the end.
std::string EventStream::line() {
  std::string line;
  while (!line.ends_with("\r\n")) {
    const std::string next = socket_.read(1);
    if (next.empty()) return {};
    line += next;
  }
  return line.substr(0, line.size() - 2);
}

std::string EventStream::refusal() {
  return socket_.read(std::strtoul(length_in(head_).c_str(), nullptr, 10));
}

bool EventStream::read_chunk() {
  const std::string size_text = line();
  if (size_text.empty()) return false;
  const auto size = std::strtoul(size_text.c_str(), nullptr, 16);
  const std::string chunk = socket_.read(size + 2);
  if (chunk.size() != size + 2) return false;
  text_.append(chunk, 0, size);
  ended_ = size == 0;
  return !ended_;
}

std::optional<Event> EventStream::next_block() {
  while (text_.find("\n\n") == text_.npos) {
    if (!read_chunk()) return std::nullopt;
  }
  Event event;
  for (std::string field = take_line(text_); !field.empty(); field = take_line(text_)) {
    if (field.starts_with("event: ")) event.name = field.substr(7);
    if (field.starts_with("data: ")) event.data = field.substr(6);
    if (field.starts_with("id: ")) event.id = field.substr(4);
  }
  if (!event.id.empty()) cursor_ = event.id;
  return event;
}

std::optional<Event> EventStream::next() {
  auto event = next_block();
  while (event && event->data.empty()) event = next_block();
  return event;
}

std::string EventStream::next_heartbeat() {
  auto event = next_block();
  while (event && !event->data.empty()) event = next_block();
  return event ? event->id : std::string();
}

}  // namespace troth::test
