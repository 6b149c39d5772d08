// tests/explore/config.h: what one exploration may do: who takes part, how often what may go wrong, and which rules of
// the world are broken by hand.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace troth::explore {

inline constexpr int kMaxParticipants = 3;

/// Rules of what surrounds the two machines (engine, resource), broken to see that it is noticed.
struct Broken {
  bool sends_early = false;        // messages do not wait for the forced records they rest on
  bool answers_early = false;      // nor do answers to whoever asks
  bool forgets_early = false;      // Forget does not wait for Ended
  bool prepares_nothing = false;   // the resource votes commit and keeps nothing
  bool ignores_tombstone = false;  // a resource that aborted the branch prepares it all the same
  bool repeats_payload = false;    // a callback does the work again whatever it did before
};

/// How a resource may answer prepare.
enum Votes : std::uint8_t { kCommits = 1, kAborts = 2, kReadsOnly = 4, kThrows = 8 };

struct Config {
  std::string_view name;
  std::string_view what{};  // for the reader: bounds, and what is left out
  int sessions = 0;
  int callbacks = 0;
  bool joined = false;     // sessions enlist by themselves, their work is done before prepare
  bool one_phase = false;  // the client allows it, the only participant offers it
  bool keyed = false;      // begun under an Idempotency-Key: an abort is recorded
  bool symmetric = true;   // participants of one kind are interchangeable
  std::uint8_t votes = kCommits | kAborts;
  int crashes = 2;            // of coordinator and participants together
  int epochs = 2;             // starts of the coordinator
  int cuts = 0;               // connections that break without a crash
  int throws = 0;             // calls of a resource that throw
  int unsent = 0;             // 1: a broken connection may hand prepares back
  bool deadline = false;      // the deadline may pass at any time
  bool aborts = false;        // somebody may ask for abort at any time
  bool repeats = false;       // clients repeat themselves, wait for completion, ask with another count, wait too long
  bool late_enlist = false;   // the last participant's branch comes by HTTP, when it wants, also too late
  bool drops = false;         // the SDK forgets a settled branch because of many others
  bool times = false;         // the SDK's timers may be due at any time
  int hands = 0;              // branches settled by hand at their participant (heuristics)
  int acts = 0;               // of operators at the coordinator
  bool forgets_late = false;  // what a callback answers too late is left out where it is ignored for ever
  bool must_commit = false;   // nothing goes wrong and everybody votes commit: AC4
  std::uint64_t max_states = 8'000'000;
  Broken broken{};

  int participants() const { return sessions + callbacks; }
};

/// Every configuration that `troth_explore` runs, in order.
const std::vector<Config>& configs();

}  // namespace troth::explore
