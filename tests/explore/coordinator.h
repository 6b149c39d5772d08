// tests/explore/coordinator.h: what surrounds core's step in the coordinator, as engine and recovery do it: the log and
// what waits for it, connections, what is answered about a transaction that is not live, and the way back from a crash.
// One transaction, so the LSNs of its records are their places.
#pragma once

#include <map>
#include <string>

#include "tests/explore/codec.h"
#include "tests/mutants/cells.h"

namespace troth::explore {

/// What the log says about the transaction when it is not live.
struct Remembered {
  std::optional<Outcome> outcome;
  std::array<DecisionKind, kMaxParticipants> decisions{};
};

class Coordinator {
 public:
  /// `cells`, if any, is told of every step.
  Coordinator(const Config& config, mutants::Cells* cells) : config_(config), cells_(cells) {}
  const Config& config() const { return config_; }

  /// Steps the transaction: appends its facts, sends or holds its effects. Nothing when it is not live.
  void apply(World& world, const core::Event& event, Millis now = kNow) const;

  void begin(World& world) const;
  /// The log's next record is durable.
  void sync(World& world) const;
  /// The process dies with `kept` records on disk, and starts again.
  void crash(World& world, std::uint8_t kept) const;

  // ---- sessions ----
  /// A Hello: a new connection of this incarnation, which replaces one that may still be open here.
  void open(World& world, int who) const;
  /// This side learns that the connection is gone.
  /// `has_unsent`: the prepares that were queued never left.
  void close(World& world, int who, bool has_unsent) const;
  void hear(World& world, int who, Say what) const;
  void enlist(World& world, core::Branch branch, core::ReplyTo reply) const;
  /// What this participant enlists with: payload handed over by the client, or work of its own.
  core::Branch branch_for(const World& world, int who) const;

  // ---- callbacks ----
  void fail(World& world, int who, bool was_sent) const;
  /// Who does not take part answers for branch n: 0 and 1 a vote, 2 an acknowledgement.
  void hear_stranger(World& world, std::uint32_t n, int how) const;
  /// What a callback hears that asks for the decision; undecided while it must not be told.
  DecisionKind decision_now(World& world, int who) const;

  // ---- clients and operators ----
  void commit(World& world, core::ReplyTo reply, Wait wait, std::optional<std::uint32_t> count, bool is_late) const;
  /// Somebody asks what became of the transaction, and hears it if it may be told now.
  void ask(World& world) const;
  void retire(World& world, int who) const;
  void drain(World& world) const;

  /// `world` as far as its log reaches.
  const Remembered& remembered(const World& world) const;

 private:
  bool may_carry(const World& world, int who) const;
  void note_new_branches(World& world, const core::Transaction& transaction, std::size_t before, bool was_open) const;
  void append(World& world, const Fact& fact) const;
  void append(World& world, LogFact fact) const;
  void emit(World& world, const core::Effect& effect) const;
  void send(World& world, std::uint32_t n, Say what) const;
  void say(World& world, int who, Say what, std::uint8_t rests_on) const;
  void release(World& world, int who, Say what) const;
  void decide(World& world, int who, DecisionKind decision, std::uint8_t rests_on) const;
  void reply(World& world, core::ReplyTo to, Told meaning) const;
  void leave(World& world) const;
  void answer_inquiry(World& world, int who) const;
  void hear_vote(World& world, int who, VoteKind vote) const;
  void hear_ack(World& world, int who, AckResult result) const;
  void report_against_abort(World& world, int who, AckResult result) const;
  void restore(World& world) const;

  const Config& config_;
  mutants::Cells* cells_;
  mutable std::map<std::string, Remembered> cache_;
  mutable int enlisting_ = 0;  // who hears the answer to the Enlist that is stepped
};

int participant_of(const World& world, std::uint32_t n);
/// Any outcome is heard by anybody: it must be the one that was heard before.
void tell(World& world, Told what);
std::uint8_t last_forced(const World& world);
bool has_fact(const World& world, FactKind kind, bool durable_only = false);

}  // namespace troth::explore
