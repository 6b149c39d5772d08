// coordinator/server/exchange.h: where the engine's messages find their receiver. Lives on the io thread; only
// `release` comes from the engine's, and costs one post a turn.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "coordinator/engine/engine.h"
#include "coordinator/server/inbox.h"
#include "proto/transport/io.h"

namespace troth::server {

/// A participant's connection as the exchange knows it. Io thread.
class SessionEnd {
 public:
  virtual ~SessionEnd() = default;
  virtual void send(session::Message message) = 0;
  virtual void close(int code, std::string reason) = 0;
};

class Exchange : public engine::Outbox {
 public:
  using Hear = std::function<void(answer::Answer)>;

  Exchange(transport::Io& io, Inbox& inbox) : io_(io), inbox_(inbox) {}

  /// Asks the engine; `hear` is called once on the io thread, unless `abandon` came first.
  engine::ReplyTo ask(request::Request request, std::optional<engine::InSession> in_session, Hear hear);
  /// The same without handing it over: the caller pushes `command` with others in one batch.
  engine::ReplyTo enqueue(request::Request request, std::optional<engine::InSession> in_session, Hear hear,
                          std::vector<engine::Command>& batch);
  /// Nobody listens any more; the request goes on, its answer is dropped.
  void abandon(engine::ReplyTo reply);

  /// Numbers a participant's connection. The exchange does not own it; `remove` before it dies.
  engine::ConnectionId add(SessionEnd& session);
  void remove(engine::ConnectionId connection);

  /// Who hears of outcomes, on the io thread. Before anything is released.
  void on_outcomes(std::function<void(engine::OutcomesTold)> hear) { hear_outcomes_ = std::move(hear); }

  /// Engine thread.
  void release(std::vector<engine::Outgoing>& batch) override;

 private:
  void deliver(std::vector<engine::Outgoing>& batch);

  transport::Io& io_;
  Inbox& inbox_;
  engine::ReplyTo next_reply_ = 1;
  engine::ConnectionId next_connection_ = 1;
  std::function<void(engine::OutcomesTold)> hear_outcomes_;
  std::unordered_map<engine::ReplyTo, Hear> waiting_;
  std::unordered_map<engine::ConnectionId, SessionEnd*> sessions_;
};

/// The branch of a message that carries work (Prepare, CommitOnePhase): if it never left, its attempt does not count.
std::optional<BranchId> carried_branch(const session::Message& message);

}  // namespace troth::server
