// Callback participants: no connection, every message its own attempt, and nobody who asks.
#include <gtest/gtest.h>

#include "tests/engine/world.h"

namespace troth::test {
namespace {

constexpr const char* kUrl = "http://127.0.0.1:9000/troth";

/// A world in which `a` is a callback participant.
struct CallbackWorld : World {
  CallbackWorld() {
    fact::ParticipantRegistered registered;
    registered.name = "a";
    registered.kind = ParticipantKind::kCallback;
    registered.url = kUrl;
    const auto record = recovery::to_record(registered);
    log.append({&record, 1});
    log.sync();
    crash();
  }
  engine::ReplyTo commit() { return ask(transfer({"a"})); }
  template <class T>
  std::vector<T> posted() const {
    std::vector<T> messages;
    for (const auto& message : sent) {
      const auto* post = std::get_if<engine::ToCallback>(&message);
      if (!post) continue;
      EXPECT_EQ(post->participant, "a");
      EXPECT_EQ(post->endpoint, kUrl);
      if (const auto* wanted = std::get_if<T>(&post->message)) messages.push_back(*wanted);
    }
    return messages;
  }
  void answer_vote(VoteKind kind) { hear(session::Vote{{id(1), 1}, kind, ""}); }
  void hear(session::Message message) {
    inbox.push_back(engine::CallbackSaid{"a", std::move(message)});
    turn();
  }
  void fail(bool was_sent) {
    inbox.push_back(engine::CallbackFailed{{id(1), 1}, was_sent, "timeout", "no answer", 0});
    turn();
  }
};

TEST(Callbacks, ArePreparedOnlyWhenTheLogKnowsWhomToTell) {
  CallbackWorld world;
  world.commit();
  EXPECT_TRUE(world.posted<session::Prepare>().empty()) << "a crash now would not know whom to tell";
  world.settle();
  ASSERT_EQ(world.posted<session::Prepare>().size(), 1u);
  EXPECT_EQ(world.posted<session::Prepare>()[0].attempt, 1u);
}

TEST(Callbacks, AreToldCommitUntilTheyAcknowledge) {
  CallbackWorld world;
  const auto reply = world.commit();
  world.settle();
  world.answer_vote(VoteKind::kCommit);
  world.settle();
  ASSERT_TRUE(world.answer_as<answer::Transaction>(reply));
  for (std::size_t times = 1; times < 4; ++times) {
    ASSERT_EQ(world.posted<session::Commit>().size(), times);
    world.fail(true);
    world.pass(60'000);
  }
  world.hear(session::Ack{{world.id(1), 1}, AckResult::kCommitted});
  world.pass(60'000);
  EXPECT_EQ(world.posted<session::Commit>().size(), 4u);
  EXPECT_GT(world.posted<session::Commit>()[0].lsn, 0u);
}

TEST(Callbacks, AreToldAbortAfterACrashUntilTheyAcknowledge) {
  CallbackWorld world;
  world.commit();
  world.settle();
  const BranchId branch{world.id(1), 1};
  world.crash();
  world.pass(1);
  ASSERT_EQ(world.posted<session::Abort>().size(), 1u);
  EXPECT_EQ(world.posted<session::Abort>()[0].branch, branch);
  world.inbox.push_back(engine::CallbackFailed{branch, true, "timeout", "", 0});
  world.pass(60'000);
  world.pass(60'000);
  EXPECT_EQ(world.posted<session::Abort>().size(), 2u);
  world.hear(session::Ack{branch, AckResult::kAborted});
  world.settle();
  world.crash();
  world.pass(60'000);
  EXPECT_TRUE(world.posted<session::Abort>().empty()) << "Ended closes what PrepareStarted opened";
}

TEST(Callbacks, APrepareOfWhichNothingLeftIsNoAttempt) {
  CallbackWorld world;
  world.commit();
  world.settle();
  world.fail(false);
  world.pass(10'000);
  const auto prepares = world.posted<session::Prepare>();
  ASSERT_EQ(prepares.size(), 2u);
  EXPECT_EQ(prepares[1].attempt, 1u) << "it would be refused as a repetition without a trace";
}

TEST(Callbacks, HearTheDecisionForWhatTheyListAsPrepared) {
  CallbackWorld world;
  const BranchId presumed{world.id(1), 1};
  world.ask(World::transfer({"a"}, false));
  world.crash();  // not asked to prepare: nothing of it is in the log
  world.hear(session::Recover{{presumed}, true});
  world.settle();
  ASSERT_EQ(world.posted<session::Abort>().size(), 1u);
  EXPECT_EQ(world.posted<session::Abort>()[0].branch, presumed);
}

TEST(Callbacks, NobodySpeaksForThemBySession) {
  CallbackWorld world;
  const auto connection = world.connect("a");
  EXPECT_EQ(world.closed(connection), session::kCloseCredentials);
  world.commit();
  world.settle();
  world.inbox.push_back(engine::CallbackSaid{"b", session::Vote{{world.id(1), 1}, VoteKind::kCommit, ""}});
  world.settle();
  EXPECT_TRUE(world.posted<session::Commit>().empty());
}

}  // namespace
}  // namespace troth::test
