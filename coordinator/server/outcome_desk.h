// coordinator/server/outcome_desk.h: `GET /v1/outcomes`: Server-Sent Events for who follows what became of
// transactions.
#pragma once

#include <memory>
#include <optional>
#include <unordered_set>
#include <variant>
#include <vector>

#include "coordinator/engine/engine.h"
#include "coordinator/server/outcome_ring.h"
#include "proto/transport/http_server.h"
#include "proto/transport/io.h"

namespace troth::server {

/// A follower is a place in the ring and nothing more: one that reads slowly costs no memory, and when it has fallen
/// out of the ring its connection is closed; it resumes at its cursor. Io thread.
class OutcomeDesk {
 public:
  static constexpr std::size_t kMaxFollowers = 100;
  static constexpr Millis kHeartbeatMs = 15'000;

  OutcomeDesk(transport::Io& io, OutcomeRing ring, Millis heartbeat_ms = kHeartbeatMs)
      : io_(io), ring_(std::move(ring)), heartbeat_ms_(heartbeat_ms) {}
  OutcomeDesk(const OutcomeDesk&) = delete;
  OutcomeDesk& operator=(const OutcomeDesk&) = delete;

  /// From the engine, in order.
  void hear(engine::OutcomesTold told);
  /// All outcomes after this cursor, then what comes; without one from now on.
  std::variant<std::shared_ptr<transport::BodyFlow>, Problem> follow(std::optional<Lsn> after);
  /// Every stream ends after what is known now, and no new one begins.
  void close();

 private:
  class Stream;
  void wake_all();
  void beat();

  transport::Io& io_;
  OutcomeRing ring_;
  const Millis heartbeat_ms_;
  // Also held by each stream: an answer that was never sent may outlive the desk.
  std::shared_ptr<std::unordered_set<Stream*>> streams_ = std::make_shared<std::unordered_set<Stream*>>();
  bool beating_ = false;
  bool closed_ = false;
};

}  // namespace troth::server
