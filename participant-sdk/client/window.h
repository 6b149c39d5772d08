// participant-sdk/client/window.h: the calls of one client session that are not answered yet: which to send, under
// which sequence and epoch, and whose answer arrived. Exactly-once after RIFL (Lee et al., SOSP 2015): a sequence is
// given once, and sent again, unchanged, on every new connection until it is answered. Pure; the caller locks.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "participant-sdk/include/troth/client.h"
#include "proto/values/client_messages.h"

namespace troth::sdk {

using Answer = decltype(client_session::Reply::answer);

/// What waits for the answer to one call.
using Done = Client::Done;
/// Completions to call when no lock is held.
using Completions = std::vector<std::pair<Done, Result>>;

/// How a connection ended, for the calls in flight.
enum class Loss {
  kLink,          // they may have been executed
  kPeerBadFrame,  // the coordinator said that it cannot read a frame: what was in it was not executed
  kPeerTooLarge,  // the same of a frame above its limit
  kOurs           // we could not read what it sent: they may have been executed
};

class Window {
 public:
  /// Why such a call is not taken now; empty: it is.
  std::optional<Result> refusal(const client_session::RequestBody& body) const;
  /// `give_up_due`: then the caller hears kUnknown. Calls have all the same patience, so these grow with the sequence.
  void add(client_session::RequestBody body, Millis give_up_due, Done done);
  /// A new connection: all that is open is to be sent (again). What was sent to another log will never be answered.
  void welcomed(const client_session::ClientWelcome& welcome, Completions& completions);
  /// The connection is gone, `why` is for people: nothing is in flight any more. Unless the link was lost, one call is
  /// to blame: those in flight are then sent one at a time until it is known, and the others must not suffer for it. It
  /// is answered kRefused only if the coordinator has certainly not executed it, and otherwise kUnknown.
  void lost(Loss loss, const std::string& why, Completions& completions);
  /// What may be sent now, in the order of sequence; empty when nothing or when the window is full.
  std::vector<client_session::Request> next();
  void replied(client_session::Reply reply, Completions& completions);
  void give_up(Millis now, Completions& completions);
  void give_up_all(Completions& completions);
  std::size_t open() const { return calls_.size(); }

 private:
  struct Call {
    client_session::RequestBody body;
    std::optional<EpochId> first_epoch;  // set when it first left
    Millis give_up_due = 0;
    Done done;
    bool in_flight = false;
    bool maybe_done = false;  // a connection was lost, or its answer unreadable, after it was sent
  };
  using Calls = std::map<std::uint64_t, Call>;

  std::uint64_t acked_below() const;
  Calls::iterator take(Calls::iterator at, Result result, Completions& completions);

  Calls calls_;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t next_to_send_ = 1;  // sequences below were sent on this connection
  std::uint64_t alone_below_ = 0;   // sequences below are sent one at a time
  std::size_t in_flight_ = 0;       // also those given up, until they are answered: the coordinator counts them
  std::uint32_t allowed_ = 0;       // by the coordinator; 0 while not connected
  std::optional<LogId> log_;
  EpochId epoch_;
};

/// What a caller hears of `answer`.
Result to_result(const Answer& answer);

}  // namespace troth::sdk
