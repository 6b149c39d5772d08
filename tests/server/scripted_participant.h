// tests/server/scripted_participant.h: a participant that does as a test says, over a real session.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "proto/transport/websocket.h"
#include "proto/values/messages.h"

namespace troth::test {

session::Hello hello(const std::string& participant, const std::string& instance = "i1");

class ScriptedParticipant : public transport::WebSocketPeer, public std::enable_shared_from_this<ScriptedParticipant> {
 public:
  /// What it answers to a message, if anything.
  using Script = std::function<std::optional<session::Message>(const session::Message&)>;

  /// Votes as told and acknowledges what it hears.
  static Script votes(VoteKind vote);
  /// Hears and says nothing.
  static Script silent();

  /// Connects; says Hello if there is one.
  static std::shared_ptr<ScriptedParticipant> connect(transport::Io& io, std::uint16_t port,
                                                      std::optional<session::Hello> hello, Script script = silent());

  void send(session::Message message);
  void send_frame(session::Frame frame);
  void send_bytes(std::string bytes);
  /// Waits for a message of this kind; nullopt: none came in 10 s.
  template <class M>
  std::optional<M> wait_for() {
    std::optional<M> found;
    wait([&] {
      for (const auto& message : heard_) {
        if (const auto* m = std::get_if<M>(&message)) found = *m;
      }
      return found.has_value();
    });
    return found;
  }
  /// The close code, waited for; -1: it stayed open.
  int close_code();
  std::string close_reason();
  std::size_t heard();

  void on_open(std::shared_ptr<transport::WebSocket> socket) override;
  void on_message(std::string_view bytes) override;
  std::string next_frame() override;
  void on_close(int code, std::string reason) override;

 private:
  bool wait(const std::function<bool()>& holds);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<transport::WebSocket> socket_;
  std::deque<std::string> outgoing_;
  std::vector<session::Message> heard_;
  Script script_;
  LogId log_;
  std::uint32_t epoch_ = 0;
  std::optional<int> close_code_;
  std::string close_reason_;
};

}  // namespace troth::test
