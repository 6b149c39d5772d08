#include "tests/explore/codec.h"

#include <algorithm>

#include "tests/explore/codec_parts.h"

namespace troth::explore {
namespace {

constexpr unsigned kSayBits = 5;
constexpr unsigned kCountBits = 4;

// ---- a participant ----

void put_session(Writer& to, const Participant& participant) {
  to.put(participant.coordinator_open, 1);
  to.put(participant.participant_open, 1);
  to.put(participant.adopted, 1);
  to.put(participant.connected_as, 2);
  put_state(to, participant);
  to.put(participant.listing, 2);
  to.put(participant.enlisting, 1);
  to.put(participant.enlists, 2);
  to.put(participant.forgetting, 1);
  to.put(participant.to_participant.count, kCountBits);
  for (const Say one : participant.to_participant) to.put(one, kSayBits);
  to.put(participant.to_coordinator.count, kCountBits);
  for (const Say one : participant.to_coordinator) to.put(one, kSayBits);
}

template <std::size_t kMost>
void take_queue(Reader& from, Few<Say, kMost>& queue) {
  from.take_into(queue.count, kCountBits);
  for (std::size_t i = 0; i < queue.count; ++i) from.take_into(queue.items[i], kSayBits);
}

void take_session(Reader& from, Participant& participant) {
  from.take_into(participant.coordinator_open, 1);
  from.take_into(participant.participant_open, 1);
  from.take_into(participant.adopted, 1);
  from.take_into(participant.connected_as, 2);
  take_state(from, participant);
  from.take_into(participant.listing, 2);
  from.take_into(participant.enlisting, 1);
  from.take_into(participant.enlists, 2);
  from.take_into(participant.forgetting, 1);
  take_queue(from, participant.to_participant);
  take_queue(from, participant.to_coordinator);
}

constexpr std::uint32_t bit_of(Say what) {
  return 1u << static_cast<unsigned>(what);
}
constexpr std::array kRequests = {Say::kPrepare, Say::kPrepareAgain, Say::kCommit, Say::kAbort};
constexpr auto kFirstResponse = static_cast<unsigned>(Say::kVoteCommit);
constexpr unsigned kResponseBits = static_cast<unsigned>(Say::kAckUnknown) - kFirstResponse + 1;
/// What may still be heard when the transaction is not live; the rest is ignored for ever.
constexpr std::uint32_t kHeardLate = bit_of(Say::kVoteCommit) | bit_of(Say::kAckCommitted) |
                                     bit_of(Say::kAckHeuristicCommit) | bit_of(Say::kAckHeuristicMixed);

/// The responses that can still change anything.
std::uint32_t heard_from(const Config& config, const World& world, const Participant& participant) {
  if (!world.live) return participant.responses & kHeardLate;
  const auto& outcome = world.transaction.outcome;
  if (!config.forgets_late || !outcome || participant.n == 0) return participant.responses;
  std::uint32_t ignored = bit_of(Say::kVoteAbort) | bit_of(Say::kVoteReadOnly);
  const bool is_settled = world.transaction.branches[participant.n - 1].settled;
  if (is_settled) ignored |= bit_of(Say::kAckAborted) | bit_of(Say::kAckHeuristicAbort) | bit_of(Say::kAckUnknown);
  if (is_settled && *outcome == Outcome::kCommitted) ignored |= ~bit_of(Say::kVoteCommit);
  return participant.responses & ~ignored;
}

void put_callback(Writer& to, const Config& config, const World& world, const Participant& participant) {
  for (const Say request : kRequests) to.put((participant.requests & bit_of(request)) != 0, 1);
  to.put(heard_from(config, world, participant) >> kFirstResponse, kResponseBits);
}

void take_callback(Reader& from, Participant& participant) {
  participant.requests = 0;
  for (const Say request : kRequests) {
    if (from.take(1) != 0) participant.requests |= bit_of(request);
  }
  participant.responses = from.take(kResponseBits) << kFirstResponse;
}

void put_participant(const Config& config, const World& world, int who, std::string& bytes) {
  const Participant& participant = world.participants[who];
  Writer to(bytes);
  to.put(participant.row, 3);
  to.put(participant.done, 2);
  to.put(participant.read_only, 1);
  to.put(participant.ran, 1);
  to.put(participant.by_hand, 1);
  to.put(participant.incarnation, 2);
  to.put(participant.enlisted, 1);
  to.put(participant.worked, 1);
  to.put(participant.work_lost, 1);
  to.put(participant.n != 0, 1);
  to.put(participant.nameless, 1);
  if (participant.n != 0) put_branch(to, world.transaction.branches[participant.n - 1]);
  to.put(participant.held.count, 3);
  for (const Held& one : participant.held) {
    to.put(one.what, kSayBits);
    to.put(one.rests_on, 4);
  }
  if (!is_callback(config, who)) return put_session(to, participant);
  put_callback(to, config, world, participant);
}

std::size_t take_participant(const std::string& bytes, std::size_t at, int who, bool is_callback, World& world) {
  Reader from(bytes, at);
  Participant& participant = world.participants[who];
  from.take_into(participant.row, 3);
  from.take_into(participant.done, 2);
  from.take_into(participant.read_only, 1);
  from.take_into(participant.ran, 1);
  from.take_into(participant.by_hand, 1);
  from.take_into(participant.incarnation, 2);
  from.take_into(participant.enlisted, 1);
  from.take_into(participant.worked, 1);
  from.take_into(participant.work_lost, 1);
  const bool has_branch = from.take(1) != 0;
  from.take_into(participant.nameless, 1);
  participant.n = 0;
  if (has_branch) {
    auto& branches = world.transaction.branches;
    core::Branch& branch = branches.emplace_back();
    participant.n = branch.n = static_cast<std::uint32_t>(branches.size());
    take_branch(from, branch, is_callback);
    branch.participant = participant.nameless ? "" : participant_name(who);
  }
  from.take_into(participant.held.count, 3);
  for (std::size_t i = 0; i < participant.held.count; ++i) {
    from.take_into(participant.held.items[i].what, kSayBits);
    from.take_into(participant.held.items[i].rests_on, 4);
  }
  if (is_callback) {
    take_callback(from, participant);
  } else {
    take_session(from, participant);
  }
  return from.next_byte();
}

// ---- what is not of one participant ----

void put_transaction(Writer& to, const core::Transaction& transaction) {
  to.put(transaction.phase, 3);
  to.put(transaction.one_phase_wanted, 1);
  to.put(transaction.one_phase_started, 1);
  to.put(transaction.prepare_started, 1);
  to.put(transaction.abort_only, 1);
  to.put(or_none(transaction.outcome), 2);
  to.put(transaction.restored, 1);
  to.put(transaction.waiters.size(), 2);
  for (const core::Waiter& waiter : transaction.waiters) {
    to.put(waiter.reply, 2);
    to.put(waiter.wait, 1);
    to.put(waiter.wants_abort, 1);
  }
}

void take_transaction(Reader& from, const Config& config, core::Transaction& transaction) {
  transaction.id = the_transaction();
  from.take_into(transaction.phase, 3);
  from.take_into(transaction.one_phase_wanted, 1);
  from.take_into(transaction.one_phase_started, 1);
  from.take_into(transaction.prepare_started, 1);
  from.take_into(transaction.abort_only, 1);
  from_none(transaction.outcome, from.take(2));
  from.take_into(transaction.restored, 1);
  transaction.waiters.resize(from.take(2));
  for (core::Waiter& waiter : transaction.waiters) {
    from.take_into(waiter.reply, 2);
    from.take_into(waiter.wait, 1);
    from.take_into(waiter.wants_abort, 1);
    waiter.until_due = kFar;
  }
  const bool is_to_abort = transaction.abort_only || transaction.outcome == Outcome::kAborted;
  transaction.abort_reason.reset();
  if (is_to_abort) transaction.abort_reason = AbortReason::kVote;
  transaction.deadline_due = transaction.restored ? 0 : kFar;
  transaction.origin.key = config.keyed ? "key" : "";
  transaction.revision = 1;
  transaction.decision_lsn = 1;
}

void put_log(Writer& to, const World& world, const Order& place_of) {
  to.put(world.log.count, kCountBits);
  to.put(world.durable, kCountBits);
  for (const LogFact& fact : world.log) {
    to.put(fact.kind, 3);
    if (fact.kind == FactKind::kCommitDecided) {
      std::uint32_t moved = 0;
      for (int who = 0; who < kMaxParticipants; ++who) moved |= ((fact.what >> who) & 1u) << place_of[who];
      to.put(moved, 3);
    } else if (fact.kind >= FactKind::kHeuristic) {
      to.put(place_of[fact.who], 2);
      to.put(fact.what, 3);
      to.put(fact.more, 3);
    }
  }
}

void take_log(Reader& from, World& world) {
  from.take_into(world.log.count, kCountBits);
  from.take_into(world.durable, kCountBits);
  for (std::size_t i = 0; i < world.log.count; ++i) {
    LogFact fact;
    from.take_into(fact.kind, 3);
    if (fact.kind == FactKind::kCommitDecided) {
      from.take_into(fact.what, 3);
    } else if (fact.kind >= FactKind::kHeuristic) {
      from.take_into(fact.who, 2);
      from.take_into(fact.what, 3);
      from.take_into(fact.more, 3);
    }
    world.log.items[i] = fact;
  }
}

void put_counts(Writer& to, const World& world) {
  to.put(world.live, 1);
  to.put(world.rests_on, 4);
  to.put(world.epoch, 2);
  to.put(world.draining, 1);
  to.put(world.asked, 1);
  to.put(world.told, 2);
  to.put(world.crashes, 2);
  to.put(world.cuts, 2);
  to.put(world.throws, 2);
  to.put(world.hands, 2);
  to.put(world.acts, 2);
  to.put(world.replies.count, 3);
  for (const HeldReply& one : world.replies) {
    to.put(one.reply, 2);
    to.put(one.meaning, 2);
    to.put(one.rests_on, 4);
  }
}

void take_counts(Reader& from, World& world) {
  from.take_into(world.live, 1);
  from.take_into(world.rests_on, 4);
  from.take_into(world.epoch, 2);
  from.take_into(world.draining, 1);
  from.take_into(world.asked, 1);
  from.take_into(world.told, 2);
  from.take_into(world.crashes, 2);
  from.take_into(world.cuts, 2);
  from.take_into(world.throws, 2);
  from.take_into(world.hands, 2);
  from.take_into(world.acts, 2);
  from.take_into(world.replies.count, 3);
  for (std::size_t i = 0; i < world.replies.count; ++i) {
    from.take_into(world.replies.items[i].reply, 2);
    from.take_into(world.replies.items[i].meaning, 2);
    from.take_into(world.replies.items[i].rests_on, 4);
  }
}

}  // namespace

Order encode(const Config& config, const World& world, std::string& bytes) {
  thread_local std::array<std::string, kMaxParticipants> blocks;
  const int count = config.participants();
  Order order{};
  for (int who = 0; who < count; ++who) {
    blocks[who].clear();
    order[who] = static_cast<std::uint8_t>(who);
    put_participant(config, world, who, blocks[who]);
  }
  const auto sort = [&order](int begin, int end) {  // of three at most
    for (int i = begin + 1; i < end; ++i) {
      for (int at = i; at > begin && blocks[order[at]] < blocks[order[at - 1]]; --at) {
        std::swap(order[at], order[at - 1]);
      }
    }
  };
  if (config.symmetric) {
    sort(0, config.callbacks);
    sort(config.callbacks, count);
  }
  Order place_of{};
  for (int place = 0; place < count; ++place) place_of[order[place]] = static_cast<std::uint8_t>(place);
  bytes.clear();
  {
    Writer to(bytes);
    put_counts(to, world);
    if (world.live) put_transaction(to, world.transaction);
    put_log(to, world, place_of);
  }
  for (int place = 0; place < count; ++place) bytes += blocks[order[place]];
  return order;
}

void decode(const Config& config, const std::string& bytes, World& world) {
  Reader from(bytes, 0);
  take_counts(from, world);
  world.transaction.branches.clear();
  world.transaction.waiters.clear();
  if (world.live) take_transaction(from, config, world.transaction);
  take_log(from, world);
  world.violation = nullptr;
  std::size_t at = from.next_byte();
  for (int who = 0; who < config.participants(); ++who) {
    at = take_participant(bytes, at, who, is_callback(config, who), world);
  }
}

const std::string& participant_name(int who) {
  static const std::array<std::string, kMaxParticipants> kNames = {"a", "b", "c"};
  return kNames[static_cast<std::size_t>(who)];
}

int participant_of(const std::string& name) {
  return name.empty() ? -1 : name[0] - 'a';
}

TransactionId the_transaction() {
  return {LogId{7}, 0, EpochId{1, 1}, 1};
}

}  // namespace troth::explore
