// What clients hear: refusals leave no trace, lists are complete, limits and drains are said.
#include "tests/engine/world.h"

namespace troth::test {
namespace {

struct Bank : World {
  explicit Bank(Limits limits = {}) : World(limits) {
    log.auto_durable = true;
    a = connect("bank-a");
  }
  engine::ConnectionId a = 0;
};

TEST(Request, ARefusedBeginLeavesNoTransaction) {
  Bank world;
  const auto unknown = world.ask(World::transfer({"bank-a", "nobody"}));
  EXPECT_EQ(world.refusal(unknown), "unknown-participant");
  EXPECT_EQ(world.answer_as<answer::Refused>(unknown)->problem.pointer, "/branches/1/participant");
  const auto empty = world.ask(World::transfer({}));
  EXPECT_EQ(world.refusal(empty), "no-branches");
  auto twice = World::transfer({"bank-a", "bank-a"});
  twice.branches[1].payload = "{\"other\":1}";
  EXPECT_EQ(world.refusal(world.ask(twice)), "branch-conflict");
  EXPECT_EQ(world.engine().stats().begun, 0u);
  EXPECT_TRUE(world.heard<session::Prepare>(world.a).empty());
}

TEST(Request, LimitsDrainAndAFullDiskRefuseOnlyNewTransactions) {
  Limits limits;
  limits.max_live = 1;
  Bank world(limits);
  const auto first = world.ask(World::transfer({"bank-a"}, false));
  ASSERT_NE(world.answer_as<answer::Transaction>(first), nullptr);
  EXPECT_EQ(world.answer_as<answer::Transaction>(first)->status, 201);
  EXPECT_EQ(world.refusal(world.ask(World::transfer({"bank-a"}))), "limit-reached");
  world.log.reserve = false;
  EXPECT_EQ(world.refusal(world.ask(World::transfer({"bank-a"}))), "disk-full");
  world.inbox.push_back(engine::DrainStarted{});
  world.turn();
  EXPECT_EQ(world.refusal(world.ask(World::transfer({"bank-a"}))), "draining");
  EXPECT_TRUE(world.engine().is_quiet());
  const auto commit = world.ask(request::Commit{world.id(1), Wait::kDecided, {}});
  EXPECT_FALSE(world.engine().is_quiet());
  world.vote(world.a, {world.id(1), 1});
  EXPECT_EQ(world.answer_as<answer::Transaction>(commit)->view.outcome, Outcome::kCommitted);
  EXPECT_TRUE(world.engine().is_quiet());
}

TEST(Request, ALongPollIsAnsweredByTheNextChangeOrInTime) {
  Bank world;
  world.ask(World::transfer({"bank-a"}, false));
  const auto get = world.ask(request::Get{world.id(1), {}});
  const auto revision = world.answer_as<answer::Transaction>(get)->view.revision;
  const auto poll = world.ask(request::Get{world.id(1), revision});
  EXPECT_EQ(world.answer(poll), nullptr);
  world.ask(request::Commit{world.id(1), Wait::kDecided, {}});
  ASSERT_NE(world.answer_as<answer::Transaction>(poll), nullptr);
  EXPECT_GT(world.answer_as<answer::Transaction>(poll)->view.revision, revision);

  const auto idle = world.ask(request::Get{world.id(1), 1'000'000});
  world.pass(Limits{}.max_wait_ms + 1);
  EXPECT_NE(world.answer(idle), nullptr);
}

TEST(Request, AnUndecidedCommitIsAnsweredInTimeWith202) {
  Bank world;
  auto begin = World::transfer({"bank-a"});
  begin.timeout_ms = 10 * Limits{}.max_wait_ms;
  const auto commit = world.ask(begin);
  world.pass(Limits{}.max_wait_ms + 1);
  ASSERT_NE(world.answer_as<answer::Transaction>(commit), nullptr);
  EXPECT_EQ(world.answer_as<answer::Transaction>(commit)->status, 202);
}

TEST(Request, TheDeadlineAbortsAnUndecidedTransaction) {
  Bank world;
  auto begin = World::transfer({"bank-a"});
  begin.timeout_ms = 100;
  const auto commit = world.ask(begin);
  world.pass(101);
  EXPECT_EQ(world.refusal(commit), "aborted");
  EXPECT_EQ(world.answer_as<answer::Refused>(commit)->transaction->abort_reason, AbortReason::kDeadline);
  EXPECT_EQ(world.heard<session::Abort>(world.a).size(), 1u);
}

TEST(Request, IdsAreAnsweredByTheTableOfTheApi) {
  Bank world;
  const auto refusal = [&](const TransactionId& id) {
    const auto get = world.ask(request::Get{id, {}});
    return world.refusal(get);
  };
  auto foreign = world.id(1);
  foreign.log.value ^= 1;
  EXPECT_EQ(refusal(foreign), "foreign-log");
  EXPECT_EQ(refusal({World::kLog, 0, {99, 1}, 1}), "ask-operator");
  EXPECT_EQ(refusal(world.id(1)), "unknown-transaction");
  world.ask(World::transfer({"bank-a"}));
  world.vote(world.a, {world.id(1), 1}, VoteKind::kAbort);
  const auto aborted = world.ask(request::Abort{world.id(1), ""});
  EXPECT_EQ(world.answer_as<answer::Transaction>(aborted)->view.outcome, Outcome::kAborted);
  EXPECT_EQ(world.refusal(world.ask(request::Commit{world.id(1), Wait::kDecided, {}})), "aborted");
}

TEST(Request, ListsAreByIdInPagesAndFilterFinishedOnesToo) {
  Bank world;
  for (int i = 0; i < 5; ++i) world.ask(World::transfer({"bank-a"}, i % 2 == 0));
  for (std::uint64_t n : {1, 3}) {
    world.vote(world.a, {world.id(n), 1});
    world.ack(world.a, {world.id(n), 1});
  }
  request::List list;
  list.page_size = 2;
  std::vector<TransactionId> ids;
  for (int page = 0; page < 5; ++page) {
    const auto* answer = world.answer_as<answer::Transactions>(world.ask(list));
    ASSERT_NE(answer, nullptr);
    for (const auto& view : answer->views) ids.push_back(view.id);
    if (!answer->next) break;
    list.after = answer->next;
  }
  EXPECT_EQ(ids, (std::vector{world.id(1), world.id(2), world.id(3), world.id(4), world.id(5)}));

  request::List finished;
  finished.state = request::StateFilter::kPhase;
  finished.phase = Phase::kFinished;
  EXPECT_EQ(world.answer_as<answer::Transactions>(world.ask(finished))->views.size(), 2u);
  request::List nobody;
  nobody.participant = "bank-b";
  EXPECT_TRUE(world.answer_as<answer::Transactions>(world.ask(nobody))->views.empty());
}

TEST(Request, AListBeyondWhatOnePageLooksAtHasANextPage) {
  Bank world;
  for (int i = 0; i < 20'010; ++i) world.ask(World::transfer({"bank-a"}, i >= 20'005));
  request::List list;
  list.state = request::StateFilter::kPhase;
  list.phase = Phase::kPreparing;
  const auto* first = world.answer_as<answer::Transactions>(world.ask(list));
  EXPECT_TRUE(first->views.empty());
  ASSERT_TRUE(first->next.has_value());
  list.after = first->next;
  EXPECT_EQ(world.answer_as<answer::Transactions>(world.ask(list))->views.size(), 5u);
}

TEST(Request, ADrainAnswersWhoWaitsForCompletion) {
  Bank world;
  world.ask(World::transfer({"bank-a"}, false));
  world.inbox.push_back(engine::DrainStarted{});
  world.turn();
  const auto commit = world.ask(request::Commit{world.id(1), Wait::kCompleted, {}});
  world.vote(world.a, {world.id(1), 1});
  EXPECT_NE(world.answer(commit), nullptr);
  EXPECT_TRUE(world.engine().is_quiet());
}

TEST(Request, TheNumberOfThoseWhoWaitIsBounded) {
  Bank world;
  world.ask(World::transfer({"bank-a"}));
  engine::ReplyTo last = 0;
  for (int i = 0; i < 1'100; ++i) last = world.ask(request::Commit{world.id(1), Wait::kDecided, {}});
  EXPECT_EQ(world.refusal(last), "limit-reached");
}

TEST(Request, WhoWatchesCannotKeepOthersFromDeciding) {
  Bank world;
  world.ask(World::transfer({"bank-a"}));
  for (int i = 0; i < 1'100; ++i) world.ask(request::Get{world.id(1), 1'000'000});
  const auto abort = world.ask(request::Abort{world.id(1), ""});
  EXPECT_EQ(world.answer_as<answer::Transaction>(abort)->view.outcome, Outcome::kAborted);
}

TEST(Request, InDoubtListsWhatIsPreparedAndUnacknowledged) {
  Bank world;
  world.ask(World::transfer({"bank-a"}));
  request::List list;
  list.state = request::StateFilter::kInDoubt;
  EXPECT_TRUE(world.answer_as<answer::Transactions>(world.ask(list))->views.empty());
  world.vote(world.a, {world.id(1), 1});
  EXPECT_EQ(world.answer_as<answer::Transactions>(world.ask(list))->views.size(), 1u);
  EXPECT_EQ(world.engine().stats().in_doubt_branches, 1u);
  world.ack(world.a, {world.id(1), 1});
  EXPECT_TRUE(world.answer_as<answer::Transactions>(world.ask(list))->views.empty());
  EXPECT_EQ(world.engine().stats().in_doubt_branches, 0u);
}

TEST(Request, AParticipantWithLiveBranchesIsNotRemoved) {
  Bank world;
  world.ask(World::transfer({"bank-a"}));
  EXPECT_EQ(world.refusal(world.ask(request::RemoveParticipant{"bank-a"})), "participant-in-use");
  world.vote(world.a, {world.id(1), 1}, VoteKind::kAbort);
  EXPECT_NE(world.answer_as<answer::Gone>(world.ask(request::RemoveParticipant{"bank-a"})), nullptr);
  EXPECT_EQ(world.closed(world.a), session::kCloseReplaced);
  EXPECT_EQ(world.refusal(world.ask(request::GetParticipant{"bank-a"})), "unknown-participant");
}

TEST(Request, AHeuristicStaysListedUntilForgottenAlsoAcrossACrash) {
  Bank world;
  world.ask(World::transfer({"bank-a"}));
  const auto id = world.id(1);
  world.vote(world.a, {id, 1});
  world.ack(world.a, {id, 1}, AckResult::kHeuristicAbort);
  request::List attention;
  attention.state = request::StateFilter::kAttention;
  const auto listed = [&] { return world.answer_as<answer::Transactions>(world.ask(attention))->views.size(); };
  EXPECT_EQ(listed(), 1u);
  world.crash();
  EXPECT_EQ(listed(), 1u);
  const auto forget = world.ask(request::Resolve{{id, 1}, ResolveAction::kForget, "repaired", "ann", false, false, {}});
  EXPECT_EQ(world.refusal(forget), "");
  EXPECT_EQ(listed(), 0u);
  world.crash();
  EXPECT_EQ(listed(), 0u);
  const auto get = world.ask(request::Get{id, {}});
  EXPECT_EQ(world.answer_as<answer::Transaction>(get)->view.outcome, Outcome::kCommitted);
}

TEST(Request, AHeuristicAgainstAnAbortIsListedAcrossACrashThoughTheAbortLeftNoRecord) {
  Bank world;
  world.ask(World::transfer({"bank-a"}));
  const auto id = world.id(1);
  world.ask(request::Abort{id, "changed my mind"});
  world.ack(world.a, {id, 1}, AckResult::kCommitted);
  request::List attention;
  attention.state = request::StateFilter::kAttention;
  EXPECT_EQ(world.answer_as<answer::Transactions>(world.ask(attention))->views.size(), 1u);
  world.crash();
  const auto* page = world.answer_as<answer::Transactions>(world.ask(attention));
  ASSERT_EQ(page->views.size(), 1u);
  EXPECT_EQ(page->views[0].id, id);
  EXPECT_EQ(page->views[0].heuristic, HeuristicKind::kCommit);
  EXPECT_EQ(page->views[0].outcome, Outcome::kAborted);
}

TEST(Request, AnOperatorsActIsRefusedWhenTheTransactionHasMoved) {
  Bank world;
  world.ask(World::transfer({"bank-a"}));
  world.vote(world.a, {world.id(1), 1});
  request::Resolve resolve{{world.id(1), 1}, ResolveAction::kCommit, "by hand", "ann", false, false, 1};
  EXPECT_EQ(world.refusal(world.ask(resolve)), "revision-changed");
  resolve.if_revision.reset();
  resolve.branch.n = 9;
  EXPECT_EQ(world.refusal(world.ask(resolve)), "unknown-branch");
}

}  // namespace
}  // namespace troth::test
