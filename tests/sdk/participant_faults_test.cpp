// What must not hurt a participant: callbacks that throw or call back, coordinators that come and go, keys of any
// bytes.
#include <future>

#include "participant-sdk/runtime/fence.h"
#include "tests/sdk/participant_fixture.h"

namespace troth::sdk {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST_F(ParticipantTest, AnOnStateThatThrowsDoesNotEndTheConnection) {
  auto throwing = options();
  throwing.on_state = [](std::string_view) { throw 7; };
  start(throwing);
  auto session = steady();
  ASSERT_TRUE(session.next<session::Recover>());
  session.peer().close(session::kCloseDraining, "restart");
  auto again = steady({4, 2});
  EXPECT_TRUE(again.next<session::Recover>());
}

TEST_F(ParticipantTest, WhateverInDoubtThrowsItIsAskedAgain) {
  resource_.lists_to_fail = 1;
  resource_.prepared.insert(branch(1));
  start();
  auto session = steady();
  const auto recover = session.next<session::Recover>();
  ASSERT_TRUE(recover);
  EXPECT_EQ(recover->branches.size(), 1u);
}

TEST_F(ParticipantTest, ARefusedWelcomeIsNotWrittenDownAsSeen) {
  start();
  auto session = steady({4, 2});
  session.send(prepare(branch(1)));
  ASSERT_TRUE(session.next<session::Vote>());
  session.send(session::Commit{branch(1), 12, 1});
  ASSERT_TRUE(session.next<session::Ack>());
  session.peer().close(session::kCloseDraining, "bye");
  auto old = steady({3, 9});
  EXPECT_EQ(old.peer().closed(), session::kCloseOldCopy);
  participant_.reset();
  const auto seen = FileSeen(directory_ / "bank.troth").load();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].epoch, 4u);
  EXPECT_EQ(seen[0].nonce, 2u);
  EXPECT_EQ(seen[0].lsn, 12u);
}

TEST_F(ParticipantTest, ACoordinatorThatClosesAfterItsWelcomeIsDialledEverMoreRarely) {
  auto patient = options();
  patient.reconnect_min = milliseconds(100);
  patient.reconnect_max = milliseconds(100'000);
  start(patient);
  auto session = steady();
  const auto begun = steady_clock::now();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(session.next<session::Recover>());  // it was adopted
    session.peer().close(session::kCloseDraining, "again");
    session = steady();
  }
  EXPECT_GE(steady_clock::now() - begun, milliseconds(50 + 100 + 200));
}

TEST_F(ParticipantTest, EnlistAfterReplacedOrStoppedIsAnsweredAtOnce) {
  start();
  auto session = steady();
  ASSERT_TRUE(session.next<session::Recover>());
  session.peer().close(session::kCloseReplaced, "another one");
  ASSERT_TRUE(hears("replaced"));
  EXPECT_EQ(participant_->enlist(branch(5).transaction, "", kPatience).problem, "replaced");
  participant_->stop();
  EXPECT_EQ(participant_->enlist(branch(5).transaction, "", kPatience).problem, "stopped");
}

TEST_F(ParticipantTest, KeysThatNoFrameCanCarryAreRefusedHere) {
  start();
  auto session = steady();
  for (const std::string& key :
       {std::string("\xff"), std::string("a\nb"), std::string(257, 'k'), std::string(1, '\0')}) {
    EXPECT_EQ(participant_->enlist(branch(5).transaction, key, kPatience).problem, "bad-field");
  }
  EXPECT_TRUE(session.next<session::Recover>());
}

/// Calls the participant from its own callbacks.
struct CallingBack : MemoryResource {
  Vote prepare(const Branch& b) override {
    EXPECT_THROW(participant->stop(), std::logic_error);
    return MemoryResource::prepare(b);
  }
  Participant* participant = nullptr;
};

TEST_F(ParticipantTest, StopInACallbackThrowsInsteadOfWaitingForItself) {
  CallingBack resource;
  Participant participant(options(), resource);
  resource.participant = &participant;
  auto session = steady();
  session.send(prepare(branch(1)));
  const auto vote = session.next<session::Vote>();
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->vote, VoteKind::kCommit);
}

/// Its first prepare takes until it is let go.
struct Slow : MemoryResource {
  Vote prepare(const Branch& b) override {
    if (b.id == branch(1)) let_go.get_future().wait();
    return MemoryResource::prepare(b);
  }
  std::promise<void> let_go;
};

TEST_F(ParticipantTest, APrepareThatWaitsWhileItsAbortComesNeverRuns) {
  Slow resource;
  auto narrow = options();
  narrow.threads = 2;  // prepares never take the last one
  Participant participant(narrow, resource);
  auto session = steady();
  session.send(prepare(branch(1)));
  session.send(prepare(branch(2)));
  session.send(session::Abort{branch(2), 1});
  session.send(session::Abort{branch(3), 1});
  const auto third = session.next<session::Ack>();  // so the abort of the second was heard
  resource.let_go.set_value();
  ASSERT_TRUE(third);
  EXPECT_EQ(third->branch, branch(3));
  const auto second = session.next<session::Ack>();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->branch, branch(2));
  EXPECT_EQ(second->result, AckResult::kAborted);
  EXPECT_EQ(resource.prepare_count(), 1);
}

/// Has seen more logs than a Hello may name.
struct LongMemory : MemoryResource {
  LongMemory() {
    for (std::uint64_t log = 100; log < 400; ++log) known.push_back({LogId{log}, 1, 1, 0});
  }
  bool keeps_seen() const override { return true; }
  std::vector<Seen> seen() override {
    const std::lock_guard lock(mutex);
    return known;
  }
  void remember(const Seen& seen) override {
    const std::lock_guard lock(mutex);
    known.push_back(seen);
  }
  std::vector<Seen> known;
};

TEST_F(ParticipantTest, AHelloNeverNamesMoreLogsThanTheCoordinatorReads) {
  LongMemory resource;
  Participant participant(options(), resource);
  auto session = accept();
  ASSERT_TRUE(session);
  const auto hello = session.next<session::Hello>();
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->seen.size(), 256u);
}

}  // namespace
}  // namespace troth::sdk
