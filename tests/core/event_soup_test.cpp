// Thousands of seeded random histories: whatever comes in whatever order, the promises hold after every event.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "coordinator/core/actions.h"
#include "tests/core/core_test_kit.h"

namespace troth::core::test {
namespace {

constexpr std::uint64_t kHistories = 6'000;
constexpr int kEventsEach = 60;

/// One history and the promises made in it so far.
class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {
    const std::uint32_t count = 1 + below(3);
    for (std::uint32_t i = 0; i < count; ++i) stage_.happen(event::Enlist{0, some_branch(i), 64});
    stage_.transaction.one_phase_wanted = below(2) == 0;
    if (below(3) == 0) stage_.transaction.origin.key = "key";
    if (below(4) != 0) apply(event::Commit{new_reply(), some_wait(), soon(), std::nullopt});
  }

  void run() {
    for (int i = 0; i < kEventsEach; ++i) {
      stage_.now.due += below(300);
      apply(some_event());
      check_wake_due();
    }
    heal();
  }

  bool is_committed() const { return stage_.transaction.outcome == Outcome::kCommitted; }
  bool has_heuristic() const { return heuristic_of(stage_.transaction).has_value(); }
  bool was_one_phase() const { return stage_.transaction.one_phase_started; }

 private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  ReplyTo new_reply() {
    asked_.insert(++last_reply_);
    return last_reply_;
  }
  Wait some_wait() { return below(2) == 0 ? Wait::kDecided : Wait::kCompleted; }
  Millis soon() { return stage_.now.due + below(5'000); }
  std::uint32_t some_n() { return 1 + below(4); }
  std::string some_instance(const std::string& who) { return who + (below(6) == 0 ? "-2" : "-1"); }

  static std::string name_of(std::uint32_t n) { return std::string(1, static_cast<char>('a' + n - 1)); }
  /// Mostly the owner of branch n, sometimes a forger.
  std::string some_participant(std::uint32_t n) { return below(12) == 0 ? "z" : name_of(n); }

  Branch some_branch(std::uint32_t i) {
    const std::string who = name_of(i + 1);
    if (below(4) == 0) return callback(who);
    Branch branch = session(who, below(3) == 0);
    branch.reachable = below(4) != 0;
    branch.routing = below(3) == 0 ? Routing::kPinned : Routing::kAny;
    return branch;
  }

  VoteKind some_vote() {
    const std::uint32_t roll = below(20);
    return roll == 0 ? VoteKind::kAbort : roll < 4 ? VoteKind::kReadOnly : VoteKind::kCommit;
  }

  AckResult some_result() {
    const AckResult expected = is_committed() || was_one_phase() ? AckResult::kCommitted : AckResult::kAborted;
    return below(5) == 0 ? static_cast<AckResult>(below(6)) : expected;
  }

  Event some_event() {
    const std::uint32_t n = some_n();
    const std::string who = some_participant(n);
    const std::string instance = some_instance(who);
    switch (below(26)) {
      case 0: return event::Enlist{new_reply(), some_branch(n), 3};
      case 1: return event::Commit{new_reply(), some_wait(), soon(), std::nullopt};
      case 2: return below(8) == 0 ? Event{event::Abort{new_reply(), soon(), AbortReason::kClient}} : event::Tick{};
      case 3: return event::Listed{n, who, instance, "first"};
      case 4: return event::Inquired{n, who, instance};
      case 5: return event::Unreachable{n};
      case 6: return below(8) == 0 ? Event{event::Reincarnated{who, instance, "second"}} : event::Tick{};
      case 7: return event::PrepareNotSent{n};
      case 8: return event::AttemptFailed{n, "timeout", "no answer", below(2) * 500};
      case 9: return some_resolve(n);
      case 10: return event::Retry{new_reply(), n};
      case 11: return below(20) == 0 ? Event{event::Retire{who, "gone", "operator"}} : event::Tick{};
      case 12: return below(8) == 0 ? Event{event::Drain{}} : event::Tick{};
      case 13:
      case 14:
      case 15:
      case 16: return event::Reachable{n};
      case 17:
      case 18: return event::Tick{};
      case 19:
      case 20:
      case 21: return event::Ack{n, who, instance, some_result()};
      default: return event::Vote{n, who, instance, "first", some_vote(), ""};
    }
  }

  Event some_resolve(std::uint32_t n) {
    return event::Resolve{new_reply(),  n, static_cast<ResolveAction>(below(3)), "by hand", "operator", below(2) == 0,
                          below(2) == 0};
  }

  /// What retiring would make of each branch is known without doing it.
  void check_hazards(const std::string& participant) {
    Transaction copy = stage_.transaction;
    Output output;
    step(copy, event::Retire{participant, "", ""}, stage_.now, {}, output);
    for (std::size_t i = 0; i < copy.branches.size(); ++i) {
      const Branch& before = stage_.transaction.branches[i];
      if (before.participant != participant) continue;
      const bool is_new = copy.branches[i].heuristic && !before.heuristic;
      ASSERT_EQ(becomes_hazard(stage_.transaction, before), is_new) << word(stage_.transaction.phase);
    }
  }

  void apply(const Event& event) {
    check_hazards(some_participant(some_n()));
    const Transaction before = stage_.transaction;
    if (const auto* vote = std::get_if<event::Vote>(&event)) note_vote(*vote);
    stage_.happen(event);
    check_outcome(before, event);
    for (const Fact& fact : stage_.out.facts) check_fact(fact);
    for (const Effect& effect : stage_.out.effects) check_effect(effect);
    ended_ += stage_.out.ended ? 1 : 0;
    ASSERT_LE(ended_, 1) << "Ended was asked for twice";
    ASSERT_GE(stage_.transaction.revision, before.revision);
    if (is_seen_otherwise(before)) {
      ASSERT_GT(stage_.transaction.revision, before.revision) << "a change without revision";
    }
  }

  void note_vote(const event::Vote& vote) {
    if (stage_.transaction.phase != Phase::kPreparing || vote.participant != name_of(vote.n)) return;
    if (vote.vote != VoteKind::kAbort) willing_.insert(vote.n);
  }

  bool is_seen_otherwise(const Transaction& before) const {
    const Transaction& after = stage_.transaction;
    if (before.phase != after.phase || before.outcome != after.outcome) return true;
    if (before.branches.size() != after.branches.size()) return true;
    for (std::size_t i = 0; i < before.branches.size(); ++i) {
      const Branch& was = before.branches[i];
      const Branch& is = after.branches[i];
      if (was.state != is.state || was.attempts != is.attempts || was.vote != is.vote) return true;
      if (was.heuristic != is.heuristic || was.reachable != is.reachable) return true;
    }
    return false;
  }

  void check_outcome(const Transaction& before, const Event& event) const {
    const Transaction& after = stage_.transaction;
    if (before.outcome) {
      ASSERT_EQ(after.outcome, before.outcome) << "an outcome changed";
    }
    if (before.phase == Phase::kFinished) {
      ASSERT_EQ(after.phase, Phase::kFinished);
    }
    const bool aborts = !before.outcome && after.outcome == Outcome::kAborted;
    const bool may = std::holds_alternative<event::Ack>(event) || std::holds_alternative<event::Retire>(event);
    if (aborts && before.one_phase_started) {
      ASSERT_TRUE(may) << "a one-phase commit was aborted by the coordinator";
    }
  }

  void check_fact(const Fact& fact) {
    if (std::holds_alternative<fact::OnePhaseStarted>(fact)) is_started_ = true;
    if (std::holds_alternative<fact::PrepareStarted>(fact)) is_started_ = true;
    ASSERT_FALSE(std::holds_alternative<fact::Ended>(fact));
    const auto* decided = std::get_if<fact::CommitDecided>(&fact);
    if (decided == nullptr) return;
    ASSERT_EQ(++decisions_, 1) << "CommitDecided twice";
    ASSERT_EQ(decided->branches.size(), stage_.transaction.branches.size());
    for (const DecidedBranch& branch : decided->branches) {
      ASSERT_TRUE(decided->one_phase || willing_.count(branch.n) == 1) << "a branch that never voted for it";
    }
  }

  void check_effect(const Effect& effect) {
    if (std::holds_alternative<effect::SendCommit>(effect)) {
      ASSERT_EQ(decisions_, 1);
    }
    if (std::holds_alternative<effect::SendAbort>(effect)) {
      ASSERT_EQ(stage_.transaction.outcome, Outcome::kAborted);
    }
    if (std::holds_alternative<effect::SendForget>(effect)) {
      ASSERT_TRUE(stage_.out.ended);
    }
    if (const auto* prepare = std::get_if<effect::SendPrepare>(&effect)) check_prepare(*prepare);
    if (const auto* decide = std::get_if<effect::Decide>(&effect)) check_told(decide->decision);
    if (const auto* reply = std::get_if<effect::ReplyTransaction>(&effect)) note_answer(reply->reply);
    if (const auto* reply = std::get_if<effect::ReplyBranch>(&effect)) note_answer(reply->reply);
    if (const auto* reply = std::get_if<effect::ReplyProblem>(&effect)) note_answer(reply->reply);
    if (const auto* reply = std::get_if<effect::ReplyDryRun>(&effect)) note_answer(reply->reply);
  }

  void check_prepare(const effect::SendPrepare& prepare) const {
    const auto& branches = stage_.transaction.branches;
    ASSERT_TRUE(std::all_of(branches.begin(), branches.end(), [this](const Branch& branch) {
      return branch.kind == ParticipantKind::kSession || is_started_;
    })) << "a prepare before PrepareStarted";
    ASSERT_GE(prepare.attempt, 1u);
  }

  void check_told(DecisionKind told) const {
    if (told == DecisionKind::kCommit) {
      ASSERT_EQ(decisions_, 1);
    }
    if (told == DecisionKind::kUndecided) {
      ASSERT_FALSE(stage_.transaction.outcome);
    }
    if (told == DecisionKind::kAbort) {
      ASSERT_TRUE(stage_.transaction.outcome);
    }
  }

  void note_answer(ReplyTo reply) { ASSERT_EQ(asked_.erase(reply), 1u) << "answered twice or never asked"; }

  /// Before `wake_due` a Tick finds nothing to do; at it, something.
  void check_wake_due() {
    const Millis due = wake_due(stage_.transaction);
    Stage early = stage_;
    early.now.due = std::min(stage_.now.due, due - 1);
    const std::uint64_t revision = early.transaction.revision;
    early.happen(event::Tick{});
    ASSERT_TRUE(early.out.effects.empty() && early.transaction.revision == revision) << "woken too late";
    if (due == std::numeric_limits<Millis>::max()) return;
    Stage punctual = stage_;
    punctual.now.due = std::max(stage_.now.due, due);
    punctual.happen(event::Tick{});
    ASSERT_FALSE(punctual.out.effects.empty() && punctual.transaction.revision == revision) << "woken for nothing";
  }

  /// Failures stop: everybody connects and answers, and the transaction ends with everybody answered.
  void heal() {
    stage_.now.due += kDeadline;
    apply(event::Tick{});
    for (std::uint32_t n = 1; n <= stage_.transaction.branches.size(); ++n) {
      const Branch branch = stage_.branch_of(n);
      apply(event::Reachable{n});
      const AckResult result = is_committed() || was_one_phase() ? AckResult::kCommitted : AckResult::kAborted;
      const std::string instance = branch.instance.empty() ? branch.participant + "-1" : branch.instance;
      apply(event::Ack{n, branch.participant, instance, result});
    }
    stage_.now.due += 10'000;
    apply(event::Tick{});
    ASSERT_EQ(stage_.transaction.phase, Phase::kFinished);
    ASSERT_TRUE(stage_.transaction.waiters.empty());
    ASSERT_TRUE(asked_.empty()) << asked_.size() << " were never answered";
    ASSERT_EQ(ended_ == 1, is_committed() || is_started_) << "Ended closes what was forced, and nothing else";
  }

  std::mt19937_64 random_;
  Stage stage_;
  ReplyTo last_reply_ = 0;
  std::set<ReplyTo> asked_;
  std::set<std::uint32_t> willing_;
  int decisions_ = 0;
  int ended_ = 0;
  bool is_started_ = false;
};

TEST(EventSoup, KeepsEveryPromiseInRandomHistories) {
  std::uint64_t committed = 0;
  std::uint64_t heuristic = 0;
  std::uint64_t one_phase = 0;
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed);
    history.run();
    if (testing::Test::HasFatalFailure()) return;
    committed += history.is_committed() ? 1 : 0;
    heuristic += history.has_heuristic() ? 1 : 0;
    one_phase += history.was_one_phase() ? 1 : 0;
  }
  // Without these the histories would prove nothing.
  EXPECT_GT(committed, kHistories / 5);
  EXPECT_LT(committed, kHistories * 4 / 5);
  EXPECT_GT(heuristic, kHistories / 20);
  EXPECT_GT(one_phase, kHistories / 20);
}

}  // namespace
}  // namespace troth::core::test
