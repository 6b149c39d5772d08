// A participant against a scripted coordinator on real sockets.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "tests/sdk/fake_coordinator.h"
#include "troth/participant.h"

namespace troth::sdk {
namespace {

BranchId branch(std::uint64_t sequence) {
  return {{LogId{7}, 0, {3, 9}, sequence}, 1};
}

/// Keeps in memory what a real one keeps on disk; outlives the Participant like a disk does.
struct MemoryResource : Resource {
  Vote prepare(const Branch& b) override {
    const std::lock_guard lock(mutex);
    ++prepares;
    if (b.payload == "throw") throw std::runtime_error("boom");
    if (b.payload == "refuse") return {Vote::kAbort, "no money"};
    prepared.insert(b.id);
    return Vote::kCommit;
  }
  Ack commit(const Branch& b) override {
    const std::lock_guard lock(mutex);
    if (commits_to_fail > 0) {
      --commits_to_fail;
      throw std::runtime_error("disk");
    }
    prepared.erase(b.id);
    committed.insert(b.id);
    return Ack::kCommitted;
  }
  Ack abort(const Branch& b) override {
    const std::lock_guard lock(mutex);
    prepared.erase(b.id);
    aborted.insert(b.id);
    return Ack::kAborted;
  }
  std::vector<BranchId> in_doubt() override {
    const std::lock_guard lock(mutex);
    return {prepared.begin(), prepared.end()};
  }
  int prepare_count() {
    const std::lock_guard lock(mutex);
    return prepares;
  }
  bool has_committed(const BranchId& id) {
    const std::lock_guard lock(mutex);
    return committed.contains(id);
  }
  std::mutex mutex;
  std::set<BranchId> prepared, committed, aborted;
  int prepares = 0;
  int commits_to_fail = 0;
};

class ParticipantTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "troth-sdk-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override {
    participant_.reset();
    std::filesystem::remove_all(directory_);
  }
  void start() {
    Options options;
    options.participant = "bank-a";
    options.instance = "one";
    options.coordinator = coordinator_.url();
    options.state_file = directory_ / "bank.troth";
    options.reconnect_min = std::chrono::milliseconds(1);
    options.reconnect_max = std::chrono::milliseconds(20);
    options.on_state = [this](std::string_view state) {
      const std::lock_guard lock(mutex_);
      states_.emplace_back(state);
      changed_.notify_all();
    };
    participant_ = std::make_unique<Participant>(options, resource_);
  }
  bool hears(const std::string& prefix) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] {
      return std::any_of(states_.begin(), states_.end(), [&](const auto& s) { return s.starts_with(prefix); });
    });
  }
  FakeSession accept() {
    auto peer = coordinator_.accept();
    return peer ? FakeSession(peer) : FakeSession();
  }
  /// A session in steady state; its Recover is left unread.
  FakeSession steady(EpochId epoch = {3, 9}) {
    auto session = accept();
    if (session && session.next<session::Hello>()) session.welcome(epoch);
    return session;
  }
  static session::Prepare prepare(const BranchId& id, const std::string& payload = "1", std::uint32_t attempt = 1) {
    session::Prepare message;
    message.branch = id;
    message.payload = payload;
    message.payload_type = PayloadType::kJson;
    message.deadline_in_ms = 30'000;
    message.attempt = attempt;
    return message;
  }

  std::filesystem::path directory_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> states_;
  MemoryResource resource_;
  FakeCoordinator coordinator_{"troth.session.v1"};
  std::unique_ptr<Participant> participant_;
};

TEST_F(ParticipantTest, SaysHelloAndListsNothingInDoubt) {
  start();
  auto session = accept();
  ASSERT_TRUE(session);
  const auto hello = session.next<session::Hello>();
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->participant, "bank-a");
  EXPECT_EQ(hello->instance, "one");
  EXPECT_GT(hello->window, 0u);
  session.welcome({3, 9});
  const auto recover = session.next<session::Recover>();
  ASSERT_TRUE(recover);
  EXPECT_TRUE(recover->branches.empty());
  EXPECT_TRUE(recover->last);
  EXPECT_TRUE(hears("connected"));
}

TEST_F(ParticipantTest, PreparesVotesCommitsAndGivesCreditBack) {
  start();
  auto session = steady();
  session.send(prepare(branch(1)));
  const auto vote = session.next<session::Vote>();
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->vote, VoteKind::kCommit);
  const auto credit = session.next<session::Credit>();
  ASSERT_TRUE(credit);
  EXPECT_EQ(credit->messages, 1u);
  session.send(session::Commit{branch(1), 12, 1});
  const auto ack = session.next<session::Ack>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->result, AckResult::kCommitted);
  EXPECT_TRUE(resource_.has_committed(branch(1)));
}

TEST_F(ParticipantTest, RefusalCarriesItsReason) {
  start();
  auto session = steady();
  session.send(prepare(branch(1), "refuse"));
  const auto vote = session.next<session::Vote>();
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->vote, VoteKind::kAbort);
  EXPECT_EQ(vote->reason, "no money");
}

TEST_F(ParticipantTest, RepeatedPrepareWithoutTraceNeverRunsThePayload) {
  start();
  auto session = steady();
  session.send(prepare(branch(1), "1", 2));
  const auto vote = session.next<session::Vote>();
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->vote, VoteKind::kAbort);
  EXPECT_EQ(resource_.prepare_count(), 0);
}

TEST_F(ParticipantTest, ThrownPrepareIsAVoteToAbort) {
  start();
  auto session = steady();
  session.send(prepare(branch(1), "throw"));
  const auto vote = session.next<session::Vote>();
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->vote, VoteKind::kAbort);
}

TEST_F(ParticipantTest, ThrownCommitIsRepeatedUntilItReturns) {
  resource_.commits_to_fail = 2;
  start();
  auto session = steady();
  session.send(prepare(branch(1)));
  ASSERT_TRUE(session.next<session::Vote>());
  session.send(session::Commit{branch(1), 12, 1});
  const auto ack = session.next<session::Ack>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->result, AckResult::kCommitted);
}

TEST_F(ParticipantTest, LostConnectionIsMadeAgainAndWhatIsInDoubtIsListedAndSettled) {
  start();
  auto session = steady();
  session.send(prepare(branch(1)));
  ASSERT_TRUE(session.next<session::Vote>());
  session.peer().close(session::kCloseDraining, "restart");
  auto again = steady({4, 2});
  const auto recover = again.next<session::Recover>();
  ASSERT_TRUE(recover);
  ASSERT_EQ(recover->branches.size(), 1u);
  EXPECT_EQ(recover->branches[0], branch(1));
  again.send(session::Decision{branch(1), DecisionKind::kCommit});
  const auto ack = again.next<session::Ack>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->result, AckResult::kCommitted);
}

TEST_F(ParticipantTest, FramesOfALowerEpochAreDropped) {
  resource_.prepared.insert(branch(1));
  start();
  auto session = steady({4, 2});
  ASSERT_TRUE(session.next<session::Recover>());
  session.send_as(3, session::Abort{branch(1), 1});
  session.send(session::Commit{branch(1), 12, 1});
  const auto ack = session.next<session::Ack>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->result, AckResult::kCommitted);
}

TEST_F(ParticipantTest, LowerEpochIsRefusedAlsoAfterARestart) {
  start();
  auto session = steady({4, 2});
  ASSERT_TRUE(session.next<session::Recover>());
  participant_.reset();
  start();
  auto old = accept();
  const auto hello = old.next<session::Hello>();
  ASSERT_TRUE(hello);
  ASSERT_EQ(hello->seen.size(), 1u);
  EXPECT_EQ(hello->seen[0].epoch, (EpochId{4, 2}));
  old.welcome({3, 9});
  EXPECT_EQ(old.peer().closed(), session::kCloseOldCopy);
  EXPECT_TRUE(hears("refused: epoch 3"));
}

TEST_F(ParticipantTest, SameEpochWithAnotherNonceIsRefused) {
  start();
  auto session = steady({4, 2});
  ASSERT_TRUE(session.next<session::Recover>());
  session.peer().close(session::kCloseDraining, "bye");
  auto copy = steady({4, 3});
  EXPECT_EQ(copy.peer().closed(), session::kCloseOldCopy);
}

TEST_F(ParticipantTest, ReplacedInstanceEndsRunWithOneAndDoesNotComeBack) {
  start();
  auto session = steady();
  ASSERT_TRUE(session.next<session::Recover>());
  session.peer().close(session::kCloseReplaced, "another one");
  EXPECT_EQ(participant_->run(), 1);
  EXPECT_EQ(coordinator_.waiting(), 0u);
}

TEST_F(ParticipantTest, EnlistWaitsForTheCoordinatorAndTheWorkIsThenKnown) {
  start();
  auto session = steady();
  std::thread service([&] {
    const auto enlisted = participant_->enlist(branch(5).transaction, "k", kPatience);
    EXPECT_TRUE(enlisted);
    EXPECT_EQ(enlisted.id, branch(5));
  });
  const auto asked = session.next<session::Enlist>();
  if (asked) session.send(session::Enlisted{asked->transaction, asked->key, branch(5), 30'000, ""});
  service.join();
  ASSERT_TRUE(asked);
  auto message = prepare(branch(5), "");
  message.joined = true;
  session.send(message);
  const auto vote = session.next<session::Vote>();
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->vote, VoteKind::kCommit);
}

TEST_F(ParticipantTest, RefusedEnlistSaysWhy) {
  start();
  auto session = steady();
  std::thread service(
      [&] { EXPECT_EQ(participant_->enlist(branch(5).transaction, "", kPatience).problem, "prepare-began"); });
  const auto asked = session.next<session::Enlist>();
  if (asked) session.send(session::Enlisted{asked->transaction, "", {asked->transaction, 0}, 0, "prepare-began"});
  service.join();
  EXPECT_TRUE(asked);
}

TEST_F(ParticipantTest, EnlistThatTimedOutIsNotEnlisted) {
  start();
  auto session = steady();
  ASSERT_TRUE(session.next<session::Recover>());  // connected: the Enlist leaves at once
  std::thread service([&] {
    EXPECT_EQ(participant_->enlist(branch(5).transaction, "", std::chrono::milliseconds(500)).problem, "timeout");
  });
  const auto asked = session.next<session::Enlist>();
  service.join();
  ASSERT_TRUE(asked);
  session.send(session::Enlisted{asked->transaction, "", branch(5), 30'000, ""});
  auto message = prepare(branch(5), "");
  message.joined = true;
  session.send(message);
  const auto vote = session.next<session::Vote>();
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->vote, VoteKind::kAbort);
  EXPECT_EQ(resource_.prepare_count(), 0);
}

TEST_F(ParticipantTest, StopSaysGoodbye) {
  start();
  auto session = steady();
  ASSERT_TRUE(session.next<session::Recover>());
  std::thread stopping([&] { participant_->stop(); });
  EXPECT_TRUE(session.next<session::Goodbye>());
  stopping.join();
}

TEST_F(ParticipantTest, DamagedStateFileIsRefusedAtOnce) {
  std::ofstream(directory_ / "bank.troth") << "troth-seen 1\nnonsense\n";
  EXPECT_THROW(start(), std::invalid_argument);
}

}  // namespace
}  // namespace troth::sdk
