// coordinator/engine/directory.h: the registered participants, their connected instances, and who may carry what.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "coordinator/core/transaction.h"
#include "coordinator/engine/ages.h"
#include "proto/values/messages.h"
#include "proto/values/views.h"
#include "recovery/known.h"

namespace troth::engine {

using ConnectionId = std::uint64_t;

struct Participant;

/// One connected instance.
struct Session {
  ConnectionId connection = 0;
  Participant* participant = nullptr;
  std::string instance;
  std::string incarnation;
  std::string remote;
  std::uint32_t protocol = 1;
  Millis connected_at = 0;
  Lsn rests_on = 0;  // its registration: nothing is said to it before that is durable
};

struct Participant {
  std::string name;
  ParticipantKind kind = ParticipantKind::kSession;
  Routing routing = Routing::kAny;
  std::string url;
  bool retired = false;
  bool one_phase = false;  // the latest Hello offered it
  Lsn registered_lsn = 0;
  Millis registered_at = 0;
  Millis last_seen_at = 0;
  std::optional<ErrorView> last_error;      // until a connection or a callback of it succeeds
  std::map<std::string, Session> sessions;  // by instance
  std::size_t next_pick = 0;
  std::uint64_t reported_against_aborts = 0;
  std::uint64_t unsettled = 0;
  std::uint64_t in_doubt = 0;
  std::uint64_t undelivered = 0;  // decided, not acknowledged
  std::uint64_t heuristics = 0;   // branches whose heuristic nobody has forgotten
  Ages in_doubt_since;
  std::uint64_t refused = 0;  // enlists, because it has max-unsettled branches
};

class Directory {
 public:
  explicit Directory(const std::map<std::string, recovery::KnownParticipant>& known);

  Participant* find(const std::string& name);
  Participant& add(const fact::ParticipantRegistered& registered, Lsn lsn);
  void remove(const std::string& name);
  std::size_t size() const { return participants_.size(); }
  std::map<std::string, Participant>& all() { return participants_; }

  Session* session(ConnectionId connection);
  Session& open(Participant& participant, Session session);
  void close(ConnectionId connection);
  std::size_t sessions() const { return by_connection_.size(); }

  /// The instance that should carry the next message of `branch`, or nullptr: a branch belongs to one instance until it
  /// is prepared, then to whoever `routing` allows (design.md §3.2, §6).
  /// `one_phase`: CommitOnePhase has been recorded, so whoever shares the branch's state may answer for it.
  Session* pick(Participant& participant, const core::Branch& branch, bool one_phase);
  static bool may_carry(const Session& session, const core::Branch& branch, bool one_phase);

 private:
  std::map<std::string, Participant> participants_;
  std::unordered_map<ConnectionId, Session*> by_connection_;
};

ParticipantView view_of(const Participant& participant);

}  // namespace troth::engine
