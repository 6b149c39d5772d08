// What is counted step by step against what a list shows when it looks at everything, after whatever happens.
#include <algorithm>
#include <random>

#include "tests/engine/world.h"

namespace troth::test {
namespace {

/// What the gauges are to say, by looking.
struct Looked {
  std::array<std::uint64_t, 5> by_phase{};
  std::uint64_t in_doubt = 0;
  std::uint64_t in_doubt_transactions = 0;
  std::uint64_t undelivered = 0;
  std::uint64_t heuristics = 0;
  std::uint64_t waiting = 0;
  Millis undecided_since = 0;
  Millis undelivered_since = 0;
};

/// Three participants with sessions and one with callbacks, of which everything may be said and may happen.
class Soup : public World {
 public:
  explicit Soup(unsigned seed) : random_(seed) {
    log.auto_durable = true;
    fact::ParticipantRegistered registered;
    registered.name = "hook";
    registered.kind = ParticipantKind::kCallback;
    registered.url = "http://127.0.0.1:9/";
    const auto record = recovery::to_record(registered);
    log.append({&record, 1});
    crash();
    for (const auto& name : kSessions) connections_[name] = connect(name);
  }

  void happen() {
    switch (draw(16)) {
      case 0: return toggle();
      case 1: return pass(static_cast<Millis>(draw(4'000)));
      case 2: ask(request::Abort{some_id(), ""}); return;
      case 3: return operate();
      case 4: return restart();
      case 5:
      case 6:
      case 7: return begin();
      case 8:
      case 9:
      case 10:
      case 11: return answer(vote());
      default: return answer(ack());
    }
  }
  /// The gauges of ages and participants are taken anew, and time stands still: what is due has happened.
  void a_second_later() {
    pass(1'000);
    --now.due;
    --now.at;
  }
  Looked look() {
    Looked looked;
    std::optional<TransactionId> after;
    do {
      request::List list;
      list.page_size = 1'000;
      list.after = after;
      const auto* found = answer_as<answer::Transactions>(ask_now(list));
      if (found == nullptr) break;
      const answer::Transactions page = *found;  // what is asked besides moves it
      for (const auto& view : page.views) add(looked, view);
      after = page.next;
    } while (after);
    return looked;
  }
  std::vector<ParticipantView> participants() {
    const auto* found = answer_as<answer::Participants>(ask_now(request::ListParticipants{}));
    return found ? found->views : std::vector<ParticipantView>();
  }

 private:
  static inline const std::vector<std::string> kSessions = {"a", "b", "c"};

  engine::ReplyTo ask_now(request::Request request) {
    const core::Now still = now;
    const engine::ReplyTo reply = ask(std::move(request));
    now = still;
    return reply;
  }
  std::uint64_t draw(std::uint64_t below) { return random_() % below; }
  /// One of the youngest, or of the start before.
  TransactionId some_id() {
    const std::uint64_t back = std::min(begun_, 1 + draw(12));
    return begun_ == 0 || draw(6) == 0 ? before_ : id(begun_ - back + 1);
  }
  BranchId some_branch() { return {some_id(), 1 + static_cast<std::uint32_t>(draw(3))}; }

  void begin() {
    std::vector<std::string> names;
    for (const auto& name : {"a", "b", "c", "hook"}) {
      if (draw(2) == 0) names.emplace_back(name);
    }
    if (names.empty()) names.emplace_back("a");
    ask(transfer(names, draw(5) != 0));
    ++begun_;
  }
  session::Message vote() {
    constexpr std::array kVotes = {VoteKind::kCommit, VoteKind::kCommit,   VoteKind::kCommit,
                                   VoteKind::kCommit, VoteKind::kReadOnly, VoteKind::kAbort};
    return session::Vote{some_branch(), kVotes[draw(kVotes.size())], ""};
  }
  session::Message ack() {
    constexpr std::array kAcks = {AckResult::kCommitted, AckResult::kCommitted, AckResult::kAborted,
                                  AckResult::kHeuristicAbort, AckResult::kUnknownBranch};
    return session::Ack{some_branch(), kAcks[draw(kAcks.size())]};
  }
  void answer(session::Message message) {
    const auto& name = kSessions[draw(kSessions.size())];
    if (draw(4) == 0) {
      inbox.push_back(engine::CallbackSaid{"hook", std::move(message)});
      turn();
    } else if (draw(2) == 0) {
      const Millis retry_after_ms = draw(2) == 0 ? 60'000 : 0;
      inbox.push_back(engine::CallbackFailed{some_branch(), draw(2) == 0, "refused", "", retry_after_ms});
      turn();
    } else if (connections_[name] != 0) {
      say(connections_[name], std::move(message));
    }
  }
  void toggle() {
    const std::string& name = kSessions[draw(kSessions.size())];
    auto& connection = connections_[name];
    if (connection == 0) {
      connection = connect(name, "i", std::to_string(++incarnation_));
    } else {
      disconnect(connection);
      connection = 0;
    }
  }
  void operate() {
    constexpr std::array kActions = {ResolveAction::kCommit, ResolveAction::kAbort, ResolveAction::kForget};
    ask(request::Resolve{some_branch(), kActions[draw(3)], "by hand", "", draw(2) == 0, false, {}});
    ask(request::Retry{some_branch(), {}});
  }
  void restart() {
    if (draw(20) != 0) return;
    if (begun_ != 0) before_ = id(1 + draw(begun_));
    crash();
    begun_ = 0;
    for (auto& [name, connection] : connections_) connection = connect(name, "i", std::to_string(++incarnation_));
  }
  /// When its commit was asked for, by its timeline.
  Millis asked_at(const TransactionId& id) {
    const auto* found = answer_as<answer::Transaction>(ask_now(request::Get{id, {}}));
    for (const auto& item : found == nullptr ? std::vector<TimelineView>() : found->view.timeline) {
      if (item.what == "commit_asked") return item.at;
    }
    ADD_FAILURE() << to_text(id) << " is being prepared and nobody asked for it";
    return 0;
  }
  void add(Looked& looked, const TransactionView& view) {
    const bool is_live = view.phase != Phase::kFinished || view.heuristic;
    if (!is_live) return;
    ++looked.by_phase[static_cast<std::size_t>(view.phase)];
    bool in_doubt = false;
    const bool is_told = view.phase == Phase::kCommitting || view.phase == Phase::kAborting;
    for (const auto& branch : view.branches) {
      looked.in_doubt += branch.in_doubt;
      in_doubt = in_doubt || branch.in_doubt;
      looked.undelivered +=
          is_told && (branch.state == BranchState::kCommitting || branch.state == BranchState::kAborting);
      looked.heuristics += branch.heuristic.has_value();
      looked.waiting += branch.next_attempt_at.has_value();
    }
    looked.in_doubt_transactions += in_doubt;
    const auto older = [](Millis& oldest, Millis since) { oldest = oldest == 0 ? since : std::min(oldest, since); };
    if (view.phase == Phase::kPreparing) older(looked.undecided_since, asked_at(view.id));
    if (is_told) older(looked.undelivered_since, *view.decided_at);
  }

  std::mt19937 random_;
  std::map<std::string, engine::ConnectionId> connections_;
  std::uint64_t begun_ = 0;
  TransactionId before_;
  int incarnation_ = 1;
};

Millis tenth(Millis since) {
  return since / 100 * 100;
}

void compare(Soup& world) {
  world.a_second_later();
  const Looked looked = world.look();
  const engine::Stats stats = world.engine().stats();
  EXPECT_EQ(stats.live_by_phase, looked.by_phase);
  EXPECT_EQ(stats.in_doubt_branches, looked.in_doubt);
  EXPECT_EQ(stats.in_doubt_transactions, looked.in_doubt_transactions);
  EXPECT_EQ(stats.undelivered_branches, looked.undelivered);
  EXPECT_EQ(stats.heuristics_unresolved, looked.heuristics);
  EXPECT_EQ(stats.waiting_to_retry, looked.waiting);
  EXPECT_EQ(stats.undecided_since, tenth(looked.undecided_since));
  EXPECT_EQ(stats.undelivered_since, tenth(looked.undelivered_since));
  const auto views = world.participants();
  ASSERT_EQ(views.size(), stats.participants->size());
  std::uint64_t undelivered = 0;
  std::uint64_t hazards = 0;
  Millis in_doubt_since = 0;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const auto& counted = stats.participants->at(i);
    SCOPED_TRACE(counted.name);
    EXPECT_EQ(counted.name, views[i].name);
    EXPECT_EQ(counted.instances, views[i].instances.size());
    EXPECT_EQ(counted.unsettled, views[i].live_branches);
    EXPECT_EQ(counted.in_doubt, views[i].in_doubt_branches);
    EXPECT_EQ(counted.in_doubt_since != 0, counted.in_doubt != 0);
    EXPECT_EQ(views[i].oldest_in_doubt_ms.has_value(), counted.in_doubt != 0);
    hazards += views[i].hazards;
    undelivered += counted.undelivered;
    if (counted.in_doubt_since != 0) {
      in_doubt_since = in_doubt_since == 0 ? counted.in_doubt_since : std::min(in_doubt_since, counted.in_doubt_since);
    }
  }
  EXPECT_EQ(undelivered, looked.undelivered);
  EXPECT_EQ(hazards, looked.heuristics);
  EXPECT_EQ(stats.in_doubt_since != 0, in_doubt_since != 0);
  if (in_doubt_since != 0) {
    EXPECT_LE(stats.in_doubt_since, in_doubt_since) << "a transaction is, as long as any of its branches was";
  }
}

TEST(StatsSoup, WhatIsCountedIsWhatIsThere) {
  Looked seen;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Soup world(seed);
    for (int step = 1; step <= 1'500; ++step) {
      world.happen();
      if (step % 50 != 0) continue;
      SCOPED_TRACE("step " + std::to_string(step));
      compare(world);
      const Looked looked = world.look();
      seen.in_doubt += looked.in_doubt;
      seen.heuristics += looked.heuristics;
      seen.waiting += looked.waiting;
      seen.undelivered += looked.undelivered;
      for (std::size_t i = 0; i < seen.by_phase.size(); ++i) seen.by_phase[i] += looked.by_phase[i];
      if (testing::Test::HasFailure()) return;
    }
  }
  for (const auto count : seen.by_phase) EXPECT_GT(count, 100U) << "a phase that is not tried";
  EXPECT_GT(seen.in_doubt, 100U);
  EXPECT_GT(seen.heuristics, 100U);
  EXPECT_GT(seen.waiting, 100U);
  EXPECT_GT(seen.undelivered, 100U);
}

}  // namespace
}  // namespace troth::test
