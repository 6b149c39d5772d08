// proto/values/messages.h: what a session carries (api.md "Sessions"), as plain values. One struct a message, one
// closed variant for all; the codec turns them into frames, nobody else knows Protobuf.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "proto/values/ids.h"
#include "proto/values/words.h"

namespace troth::session {

/// The highest (epoch, nonce, LSN) of one log that a participant has durably seen.
struct Seen {
  LogId log;
  EpochId epoch;
  Lsn lsn = 0;
};

struct Hello {
  std::uint32_t protocol_min = 1;
  std::uint32_t protocol_max = 1;
  std::string participant;
  std::string instance;
  std::string incarnation;
  Routing routing = Routing::kAny;
  std::vector<std::string> capabilities;
  std::string credentials;
  std::vector<Seen> seen;
  std::uint32_t window = 0;  // prepares the coordinator may have outstanding before Credit
};

struct Welcome {
  std::uint32_t protocol = 1;
  LogId log;
  std::uint16_t shard = 0;
  EpochId epoch;
  TransactionId horizon;
  std::uint32_t window = 0;  // enlists the participant may have outstanding before Credit
  std::uint32_t max_frame_bytes = 0;
  std::uint32_t max_messages = 0;
  std::uint32_t max_payload_bytes = 0;
  std::uint32_t ping_ms = 0;
  std::string version;
};

struct Recover {
  std::vector<BranchId> branches;
  bool last = true;
};

struct Prepare {
  BranchId branch;
  std::string payload;
  PayloadType payload_type = PayloadType::kNone;
  bool joined = false;
  std::uint32_t deadline_in_ms = 0;
  std::uint32_t attempt = 1;
  std::string traceparent;
};

struct CommitOnePhase {  // as Prepare
  BranchId branch;
  std::string payload;
  PayloadType payload_type = PayloadType::kNone;
  bool joined = false;
  std::uint32_t deadline_in_ms = 0;
  std::uint32_t attempt = 1;
  std::string traceparent;
};

struct Vote {
  BranchId branch;
  VoteKind vote = VoteKind::kAbort;
  std::string reason;
};

struct Commit {
  BranchId branch;
  Lsn lsn = 0;
  std::uint32_t attempt = 1;
};

struct Abort {
  BranchId branch;
  std::uint32_t attempt = 1;
};

struct Ack {
  BranchId branch;
  AckResult result = AckResult::kCommitted;
};

struct Inquire {
  BranchId branch;
};

struct Decision {
  BranchId branch;
  DecisionKind decision = DecisionKind::kUnknown;
};

struct Enlist {
  TransactionId transaction;
  std::string key;
};

struct Enlisted {
  TransactionId transaction;  // which Enlist this answers, with `key`
  std::string key;
  BranchId branch;  // n = 0 when refused
  std::uint32_t deadline_in_ms = 0;
  std::string problem;  // slug of api.md, empty when accepted
};

struct Forget {
  std::vector<BranchId> branches;
  TransactionId horizon;
};

struct Credit {
  std::uint32_t messages = 0;
};

struct Goodbye {
  std::string reason;
};

using Message = std::variant<Hello, Welcome, Recover, Prepare, CommitOnePhase, Vote, Commit, Abort, Ack, Inquire,
                             Decision, Enlist, Enlisted, Forget, Credit, Goodbye>;

/// One WebSocket message: the sender's log id and epoch once, then many messages. A participant's first frame, sent
/// before it knows a log, carries zeros.
struct Frame {
  LogId log;
  std::uint32_t epoch = 0;
  std::vector<Message> messages;
};

/// Close codes of api.md.
inline constexpr int kCloseBadFrame = 4400;
inline constexpr int kCloseCredentials = 4401;
inline constexpr int kCloseVersion = 4406;
inline constexpr int kCloseSilent = 4408;
inline constexpr int kCloseReplaced = 4409;
inline constexpr int kCloseTooLarge = 4413;
inline constexpr int kCloseOldCopy = 4421;
inline constexpr int kCloseLimit = 4429;
inline constexpr int kCloseDraining = 4503;

}  // namespace troth::session
