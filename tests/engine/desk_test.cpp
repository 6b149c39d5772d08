// What an operator is told and can do: who is waited for and why, what retiring a participant would change, and what is
// answered for ever after.
#include "tests/engine/desk.h"

#include <gtest/gtest.h>

namespace troth::test {
namespace {

const BranchView& row(const TransactionView& view, std::uint32_t n) {
  return view.branches.at(n - 1);
}

std::string all(const std::vector<std::string>& sentences) {
  std::string text;
  for (const auto& sentence : sentences) text += sentence + "\n";
  return text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Desk, ABranchSaysWhatItWaitsFor) {
  Desk desk;
  const TransactionId id = desk.begun({"bank-a", "bank-b", "bank-c"});
  EXPECT_EQ(row(desk.view(id), 1).waiting_for, "the client's commit or abort");
  desk.disconnect(desk.b);
  desk.ask(request::Commit{id, Wait::kDecided, {}});
  desk.fail_callback({id, 3});
  const auto asked = desk.view(id);
  EXPECT_EQ(row(asked, 1).waiting_for, "its vote");
  EXPECT_EQ(row(asked, 2).waiting_for, "bank-b to connect, then its vote");
  ASSERT_TRUE(row(asked, 3).next_attempt_at);
  EXPECT_TRUE(contains(*row(asked, 3).waiting_for, "the next attempt at 20"));
  desk.say_vote({id, 1}, "bank-a", VoteKind::kCommit);
  EXPECT_EQ(row(desk.view(id), 1).waiting_for, "the votes of the other branches");
  desk.open_b("2");
  desk.say_vote({id, 2}, "bank-b", VoteKind::kCommit);
  desk.say_vote({id, 3}, "bank-c", VoteKind::kCommit);
  EXPECT_EQ(row(desk.view(id), 1).waiting_for, "its acknowledgement");
  desk.disconnect(desk.b);
  EXPECT_EQ(row(desk.view(id), 2).waiting_for, "instance b1 of bank-b to connect, then its acknowledgement");
  desk.say_ack({id, 1}, "bank-a", AckResult::kUnknownBranch);
  EXPECT_EQ(row(desk.view(id), 1).waiting_for, "an operator, to look into its heuristic and forget it");
}

TEST(Desk, AnErrorStaysUntilAnAnswerComesNotUntilSilence) {
  Desk desk;
  desk.disconnect(desk.a);
  const TransactionId id = desk.begun({"bank-a"});
  EXPECT_FALSE(row(desk.view(id), 1).last_error);
  desk.ask(request::Commit{id, Wait::kDecided, {}});
  ASSERT_TRUE(row(desk.view(id), 1).last_error);
  EXPECT_EQ(row(desk.view(id), 1).last_error->code, "not_connected");
  EXPECT_FALSE(row(desk.view(id), 1).last_error->detail.empty());
  desk.open_a();
  desk.disconnect(desk.a);
  EXPECT_EQ(row(desk.view(id), 1).last_error->code, "disconnected");
  desk.open_a();
  desk.inbox.push_back(engine::SessionClosed{desk.a, {}, "queue_full", "it read too slowly"});
  desk.turn();
  EXPECT_EQ(row(desk.view(id), 1).last_error->code, "queue_full");
  desk.open_a();
  desk.pass(20'000);
  EXPECT_EQ(row(desk.view(id), 1).last_error->code, "queue_full") << "silence is no success";
  desk.say_vote({id, 1}, "bank-a", VoteKind::kCommit);
  EXPECT_FALSE(row(desk.view(id), 1).last_error) << "it answered";
}

TEST(Desk, AParticipantShowsItsLastErrorUntilItSucceeds) {
  Desk desk;
  const auto error = [&desk](const std::string& name) {
    const auto reply = desk.ask(request::GetParticipant{name});
    const auto& shown = desk.answer_as<answer::Participant>(reply)->view.last_error;
    return shown ? shown->code : "";
  };
  EXPECT_EQ(error("bank-a"), "");
  desk.disconnect(desk.a);
  EXPECT_EQ(error("bank-a"), "disconnected");
  desk.open_a();
  EXPECT_EQ(error("bank-a"), "");
  const TransactionId id = desk.decided({"bank-c"});
  desk.fail_callback({id, 1}, "refused");
  EXPECT_EQ(error("bank-c"), "refused");
  desk.say_ack({id, 1}, "bank-c");
  EXPECT_EQ(error("bank-c"), "");
}

TEST(Desk, GoingAsItShouldIsNoErrorAndOneInstanceThatStaysIsEnough) {
  Desk desk;
  const auto has_error = [&desk] {
    const auto reply = desk.ask(request::GetParticipant{"bank-a"});
    return desk.answer_as<answer::Participant>(reply)->view.last_error.has_value();
  };
  const auto other = desk.connect("bank-a", "a2");
  desk.disconnect(other);
  EXPECT_FALSE(has_error()) << "a1 is there";
  engine::SessionClosed goodbye;
  goodbye.connection = desk.a;
  goodbye.orderly = true;
  desk.inbox.emplace_back(goodbye);
  desk.turn();
  EXPECT_FALSE(has_error()) << "it said goodbye";
}

TEST(Desk, AParticipantShowsWhatIsCountedOfIt) {
  Desk desk;
  const TransactionId first = desk.decided({"bank-a"});
  desk.say_ack({first, 1}, "bank-a", AckResult::kHeuristicAbort);
  desk.pass(60'000);
  const TransactionId second = desk.begun({"bank-a"});
  desk.pass(10'000);
  desk.ask(request::Commit{second, Wait::kDecided, {}});
  desk.say_vote({second, 1}, "bank-a", VoteKind::kCommit);
  desk.pass(1'000);
  const auto reply = desk.ask(request::GetParticipant{"bank-a"});
  const ParticipantView view = desk.answer_as<answer::Participant>(reply)->view;
  EXPECT_EQ(view.hazards, 1u);
  ASSERT_TRUE(view.oldest_in_doubt_ms);
  EXPECT_GE(*view.oldest_in_doubt_ms, 1'000);
  EXPECT_LT(*view.oldest_in_doubt_ms, 2'000) << "since it voted, not since it was begun";
}

TEST(Desk, ACommittedTransactionWhoseParticipantIsGoneNeedsAttentionAtOnce) {
  Desk desk;
  const TransactionId id = desk.decided({"bank-a"});
  EXPECT_EQ(desk.view(id).attention, std::nullopt);
  desk.disconnect(desk.a);
  EXPECT_EQ(desk.view(id).attention, Attention::kUndelivered);
  EXPECT_EQ(desk.in_state(request::StateFilter::kAttention), std::vector{id});
  EXPECT_EQ(desk.in_state(request::StateFilter::kInDoubt), std::vector{id});
}

TEST(Desk, AnUndecidedOneNeedsItWhenWhoWasAskedIsGoneOrWasAskedAgain) {
  Desk desk;
  const TransactionId id = desk.begun({"bank-a", "bank-b"});
  desk.ask(request::Commit{id, Wait::kDecided, {}});
  EXPECT_EQ(desk.view(id).attention, std::nullopt);
  desk.say_vote({id, 1}, "bank-a", VoteKind::kCommit);
  desk.disconnect(desk.a);
  EXPECT_EQ(desk.view(id).attention, Attention::kUndecided) << "it is in doubt, and gone";
  desk.open_a("2");
  EXPECT_EQ(desk.view(id).attention, std::nullopt) << "it is back, and bank-b was asked but once";
  desk.ask(request::Retry{{id, 2}, {}});
  EXPECT_EQ(desk.view(id).attention, Attention::kUndecided);
}

TEST(Desk, SilenceOnALiveConnectionNeedsItToo) {
  Desk desk;
  const TransactionId told = desk.decided({"bank-a"});
  auto begin = World::transfer({"bank-b"});
  begin.timeout_ms = 300'000;
  desk.ask(begin);
  const TransactionId asked = desk.id(2);
  desk.pass(20'000);
  EXPECT_EQ(desk.view(told).attention, std::nullopt);
  const auto before = desk.view(told);
  const auto watching = desk.ask(request::Get{told, before.revision});
  desk.pass(11'000);
  EXPECT_EQ(desk.view(told).attention, Attention::kUndelivered) << "it heard the decision once, and is silent";
  EXPECT_EQ(desk.view(asked).attention, Attention::kUndecided);
  EXPECT_GT(desk.view(told).revision, before.revision);
  EXPECT_NE(desk.answer(watching), nullptr) << "who watches hears of it";
  EXPECT_EQ(desk.in_state(request::StateFilter::kAttention), (std::vector{told, asked}));
  desk.say_vote({asked, 1}, "bank-b", VoteKind::kCommit);
  EXPECT_EQ(desk.view(asked).attention, std::nullopt) << "it answered, and its acknowledgement is a new thing";
}

TEST(Desk, ARetiredParticipantKeepsItsName) {
  Desk desk;
  desk.ask(request::RetireParticipant{"bank-b", "burnt down", false});
  const auto removed = desk.ask(request::RemoveParticipant{"bank-b"});
  EXPECT_EQ(desk.refusal(removed), "participant-in-use");
  desk.open_b("2");
  EXPECT_NE(desk.closed(desk.b), 0) << "it never comes back";
}

TEST(Desk, AFinishedHeuristicNeedsItUntilItIsForgotten) {
  Desk desk;
  const TransactionId id = desk.decided({"bank-a"});
  desk.say_ack({id, 1}, "bank-a", AckResult::kHeuristicAbort);
  EXPECT_EQ(desk.view(id).phase, Phase::kFinished);
  EXPECT_EQ(desk.view(id).attention, Attention::kHeuristic);
  desk.restart();
  EXPECT_EQ(desk.in_state(request::StateFilter::kAttention), std::vector{id});
  desk.ask(desk.resolve({id, 1}, ResolveAction::kForget));
  EXPECT_TRUE(desk.in_state(request::StateFilter::kAttention).empty());
}

TEST(Desk, RetiringIsCountedExactlyBeforeItIsDone) {
  Desk desk;
  for (int i = 0; i < 12; ++i) desk.decided({"bank-a", "bank-b"});
  const TransactionId undecided = desk.begun({"bank-a", "bank-b"});
  const TransactionId elsewhere = desk.begun({"bank-a"});
  const TransactionId acknowledged = desk.decided({"bank-a", "bank-b"});
  desk.say_ack({acknowledged, 2}, "bank-b");
  const Lsn before = desk.log.records().size();
  const auto dry = desk.ask(request::RetireParticipant{"bank-b", "burnt down", true});
  const auto* run = desk.answer_as<answer::DryRun>(dry);
  ASSERT_NE(run, nullptr);
  const std::string changes = all(run->would_change);
  EXPECT_TRUE(contains(changes, "1 undecided transaction aborts: " + to_text(undecided) + ".")) << changes;
  EXPECT_TRUE(contains(changes, "12 unacknowledged branches become hazards: " + to_text(desk.id(1)) + ".2, "))
      << changes;
  EXPECT_TRUE(contains(changes, to_text(desk.id(10)) + ".2 and 2 more.")) << changes;
  EXPECT_TRUE(contains(all(run->warnings), "bank-b is connected now")) << all(run->warnings);
  EXPECT_EQ(desk.log.records().size(), before) << "a dry run writes nothing";

  desk.ask(request::RetireParticipant{"bank-b", "burnt down", false});
  EXPECT_EQ(desk.view(undecided).abort_reason, AbortReason::kOperator);
  EXPECT_EQ(desk.view(elsewhere).outcome, std::nullopt);
  EXPECT_FALSE(row(desk.view(acknowledged), 2).heuristic);
  EXPECT_EQ(desk.in_state(request::StateFilter::kAttention).size(), 12u);
  const auto again = desk.ask(request::RetireParticipant{"bank-b", "burnt down", true});
  EXPECT_TRUE(contains(all(desk.answer_as<answer::DryRun>(again)->would_change), "Nothing"));
  const Lsn after = desk.log.records().size();
  desk.ask(request::RetireParticipant{"bank-b", "burnt down", false});
  EXPECT_EQ(desk.log.records().size(), after) << "once is enough";
}

TEST(Desk, HazardsOfTheRetiredAreListedUntilForgottenAndAnsweredUnknownForEver) {
  Desk desk;
  const TransactionId first = desk.decided({"bank-a", "bank-b"});
  const TransactionId second = desk.decided({"bank-a", "bank-b"});
  desk.say_ack({first, 1}, "bank-a");
  desk.say_ack({second, 1}, "bank-a");
  desk.ask(request::RetireParticipant{"bank-b", "burnt down", false});
  const auto check = [&](std::vector<TransactionId> listed, const char* when) {
    EXPECT_EQ(desk.in_state(request::StateFilter::kAttention), listed) << when;
    EXPECT_EQ(desk.decision({first, 2}), DecisionKind::kUnknown) << when;
    EXPECT_EQ(desk.decision({second, 2}), DecisionKind::kUnknown) << when;
  };
  check({first, second}, "retired");
  desk.crash();
  check({first, second}, "after a restart");
  desk.rebuild();
  check({first, second}, "after compaction");
  desk.ask(desk.resolve({first, 2}, ResolveAction::kForget));
  check({second}, "one forgotten");
  desk.rebuild();
  check({second}, "one forgotten, compacted");
  desk.ask(desk.resolve({second, 2}, ResolveAction::kForget));
  desk.crash();
  check({}, "both forgotten, after a restart");
  desk.rebuild();
  check({}, "both forgotten, compacted");
}

TEST(Desk, ADryRunSaysWhichBranchStateAndRecordAndWhatCanGoWrong) {
  Desk desk;
  const TransactionId id = desk.decided({"bank-a", "bank-b"});
  request::Resolve against = desk.resolve({id, 1}, ResolveAction::kAbort, true);
  against.dry_run = true;
  const Lsn before = desk.log.records().size();
  const auto reply = desk.ask(against);
  const auto* run = desk.answer_as<answer::DryRun>(reply);
  ASSERT_NE(run, nullptr);
  const std::string changes = all(run->would_change);
  EXPECT_TRUE(contains(changes, "Branch 1 (bank-a) goes from committing to heuristic")) << changes;
  EXPECT_TRUE(contains(changes, "committed (LSN " + std::to_string(*desk.view(id).lsn) + ")")) << changes;
  EXPECT_TRUE(contains(changes, "OperatorActed (settled abort)")) << changes;
  EXPECT_TRUE(contains(changes, "goes on waiting for branch 2")) << changes;
  EXPECT_TRUE(contains(all(run->warnings), "hear `unknown`")) << all(run->warnings);
  EXPECT_EQ(desk.log.records().size(), before);
  EXPECT_EQ(row(desk.view(id), 1).state, BranchState::kCommitting);
}

TEST(Desk, AGapIdSaysWhatAnOperatorCanDoAboutIt) {
  Desk desk;
  const TransactionId lost{World::kLog, 0, desk.epoch(), 50};
  const auto record = recovery::to_record(fact::GapOpened{lost.epoch, {lost.epoch.epoch + 3, 0}, 0});
  desk.log.append({&record, 1});
  desk.crash();
  const auto reply = desk.ask(request::Get{lost, {}});
  EXPECT_EQ(desk.refusal(reply), "ask-operator");
  const auto& shown = desk.answer_as<answer::Refused>(reply)->transaction;
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->outcome, std::nullopt);
  ASSERT_EQ(shown->allowed_actions.size(), 2u);
  EXPECT_EQ(shown->allowed_actions[0].action, "resolve-committed");
  EXPECT_EQ(shown->allowed_actions[1].action, "resolve-aborted");
  desk.ask(request::ResolveGap{lost, Outcome::kCommitted, "asked them all", "alice"});
  EXPECT_EQ(desk.view(lost).outcome, Outcome::kCommitted);
}

TEST(Desk, AGapIdShowsWhoTookPartAsFarAsTheLogKnows) {
  Desk desk;
  auto begin = World::transfer({"bank-a", "bank-c"});
  begin.label = "order-4711";
  desk.ask(begin);
  const TransactionId lost = desk.id(1);
  const auto record = recovery::to_record(fact::GapOpened{lost.epoch, {lost.epoch.epoch + 3, 0}, 0});
  desk.log.append({&record, 1});
  desk.crash();
  const auto reply = desk.ask(request::Get{lost, {}});
  ASSERT_EQ(desk.refusal(reply), "ask-operator");
  const auto& shown = desk.answer_as<answer::Refused>(reply)->transaction;
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->label, "order-4711");
  ASSERT_EQ(shown->branches.size(), 2u);
  EXPECT_EQ(row(*shown, 2).participant, "bank-c");
  EXPECT_EQ(shown->timeline.front().what, "begun");
}

TEST(Desk, TheTraceOfTheClientReachesParticipantsAndOutlivesARestart) {
  Desk desk;
  constexpr const char* kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  auto begin = World::transfer({"bank-a"});
  begin.traceparent = kTrace;
  desk.ask(begin);
  ASSERT_EQ(desk.heard<session::Prepare>(desk.a).size(), 1u);
  EXPECT_EQ(desk.heard<session::Prepare>(desk.a)[0].traceparent, kTrace);
  const TransactionId decided = desk.id(1);
  desk.say_vote({decided, 1}, "bank-a", VoteKind::kCommit);
  desk.crash();
  EXPECT_EQ(desk.view(decided).traceparent, kTrace);

  session::Hello hello;
  hello.participant = "bank-d";
  hello.instance = "d1";
  hello.incarnation = "1";
  hello.capabilities = {"one-phase"};
  desk.connect(hello);
  auto single = World::transfer({"bank-d"});
  single.traceparent = kTrace;
  single.one_phase = true;
  desk.ask(single);
  desk.crash();
  hello.incarnation = "2";
  const auto connection = desk.connect(hello);
  ASSERT_EQ(desk.heard<session::CommitOnePhase>(connection).size(), 1u);
  EXPECT_EQ(desk.heard<session::CommitOnePhase>(connection)[0].traceparent, kTrace);
}

TEST(Desk, TheTraceOfAnAbortedTransactionIsKeptAlsoOverARestart) {
  Desk desk;
  constexpr const char* kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  auto begin = World::transfer({"bank-a"}, false);
  begin.traceparent = kTrace;
  desk.ask(begin);
  desk.ask(request::Abort{desk.id(1), ""});
  EXPECT_EQ(desk.view(desk.id(1)).traceparent, kTrace) << "without a record";
  desk.say_ack({desk.id(1), 1}, "bank-a", AckResult::kHeuristicCommit);
  EXPECT_EQ(desk.view(desk.id(1)).traceparent, kTrace) << "and with a report against it";

  begin.origin.key = "k";
  desk.ask(begin);
  desk.turn();
  const TransactionId keyed = desk.id(2);
  desk.ask(request::Abort{keyed, ""});
  EXPECT_EQ(desk.view(keyed).traceparent, kTrace);
  desk.crash();
  EXPECT_EQ(desk.view(keyed).traceparent, kTrace) << "of its record";
}

}  // namespace
}  // namespace troth::test
