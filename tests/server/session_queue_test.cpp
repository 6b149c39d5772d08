// The outbox of a session: order, credit, bounds.
#include "coordinator/server/session_queue.h"

#include <gtest/gtest.h>

#include "proto/codec/session_codec.h"

namespace troth::server {
namespace {

constexpr std::uint32_t kFrameBytes = 8'192;

BranchId branch(std::uint64_t sequence) {
  return {{{1}, 0, {1, 2}, sequence}, 1};
}

session::Prepare prepare(std::uint64_t sequence, std::size_t payload = 0) {
  session::Prepare message;
  message.branch = branch(sequence);
  message.payload = std::string(payload, 'x');
  message.payload_type = payload > 0 ? PayloadType::kBytes : PayloadType::kNone;
  return message;
}

class Queue : public testing::Test {
 protected:
  SessionQueue queue_{kFrameBytes, 8, 100};
};

TEST_F(Queue, DecisionsGoBeforePreparesThatCameEarlier) {
  queue_.credit(10);
  queue_.push(prepare(1));
  queue_.push(session::Commit{branch(2), 7, 1});
  const auto frame = queue_.next();
  ASSERT_EQ(frame.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<session::Commit>(frame[0]));
  EXPECT_TRUE(std::holds_alternative<session::Prepare>(frame[1]));
}

TEST_F(Queue, PreparesWaitForCreditAndDecisionsDoNot) {
  queue_.push(prepare(1));
  queue_.push(prepare(2));
  EXPECT_FALSE(queue_.is_ready());
  EXPECT_TRUE(queue_.next().empty());
  queue_.credit(1);
  EXPECT_EQ(queue_.next().size(), 1U);
  EXPECT_FALSE(queue_.is_ready());
  queue_.push(session::Abort{branch(3), 1});
  EXPECT_TRUE(queue_.is_ready());
  EXPECT_EQ(queue_.next().size(), 1U);
  EXPECT_EQ(queue_.size(), 1U);
}

TEST_F(Queue, APrepareIsNotSentAfterTheAbortOfItsBranch) {
  for (std::uint64_t n = 1; n <= 4; ++n) queue_.push(prepare(n));
  queue_.push(session::Abort{branch(1), 1});
  queue_.push(session::Abort{branch(3), 1});
  queue_.credit(10);
  std::vector<std::uint64_t> prepared;
  for (auto frame = queue_.next(); !frame.empty(); frame = queue_.next()) {
    for (const auto& message : frame) {
      if (const auto* sent = std::get_if<session::Prepare>(&message))
        prepared.push_back(sent->branch.transaction.sequence);
    }
  }
  EXPECT_EQ(prepared, (std::vector<std::uint64_t>{2, 4}));
  EXPECT_EQ(queue_.size(), 0u);
}

TEST_F(Queue, CreditThatIsRepeatedForEverDoesNotWrap) {
  for (int i = 0; i < 100; ++i) queue_.credit(~std::uint64_t{0} >> 1);
  queue_.push(prepare(1));
  EXPECT_TRUE(queue_.is_ready());
}

TEST_F(Queue, FrameHoldsAtMostItsMessages) {
  for (std::uint64_t i = 1; i <= 20; ++i) queue_.push(session::Commit{branch(i), i, 1});
  EXPECT_EQ(queue_.next().size(), 8U);
  EXPECT_EQ(queue_.next().size(), 8U);
  EXPECT_EQ(queue_.next().size(), 4U);
}

TEST_F(Queue, EncodedFrameIsNeverLongerThanItsLimit) {
  SessionQueue queue(kFrameBytes, 1'000, 10'000);
  queue.credit(10'000);
  session::Forget forget{{}, branch(~0U).transaction};
  for (std::uint64_t i = 0; i < 500; ++i) forget.branches.push_back(branch(kMaxSequence - i));
  queue.push(forget);
  for (std::uint64_t i = 1; i <= 300; ++i) {
    session::Prepare message = prepare(kMaxSequence - i, (i * 37) % 3'000);
    message.branch.n = ~0U;
    message.deadline_in_ms = ~0U;
    message.attempt = ~0U;
    message.traceparent = std::string(55, 't');
    queue.push(message);
    queue.push(session::Commit{message.branch, ~Lsn{0}, ~0U});
    queue.push(session::Decision{message.branch, DecisionKind::kForeignLog});
    queue.push(
        session::Enlisted{message.branch.transaction, std::string(64, 'k'), message.branch, ~0U, "limit-reached"});
  }
  std::size_t forgotten = 0;
  std::size_t messages = 0;
  for (auto frame = queue.next(); !frame.empty(); frame = queue.next()) {
    std::size_t forgets = 0;
    for (const auto& message : frame) {
      if (const auto* m = std::get_if<session::Forget>(&message)) {
        ++forgets;
        forgotten += m->branches.size();
      }
    }
    EXPECT_LE(forgets, 1U);
    messages += frame.size() - forgets;
    EXPECT_LE(codec::encode(session::Frame{{~0ULL}, ~0U, frame}).size(), kFrameBytes);
  }
  EXPECT_EQ(forgotten, 500U);
  EXPECT_EQ(messages, 1'200U);
}

TEST_F(Queue, MessageAboveTheFrameGoesAlone) {
  queue_.credit(3);
  queue_.push(prepare(1));
  queue_.push(prepare(2, kFrameBytes));
  EXPECT_EQ(queue_.next().size(), 1U);
  EXPECT_EQ(queue_.next().size(), 1U);
}

TEST_F(Queue, OverflowIsToldAndNothingIsForgotten) {
  SessionQueue queue(kFrameBytes, 8, 2);
  EXPECT_TRUE(queue.push(prepare(1)));
  EXPECT_TRUE(queue.push(session::Commit{branch(2), 1, 1}));
  EXPECT_FALSE(queue.push(prepare(3)));
  const auto unsent = queue.take_unsent();
  EXPECT_EQ(unsent, (std::vector<BranchId>{branch(1), branch(3)}));
  EXPECT_EQ(queue.size(), 0U);
}

TEST_F(Queue, WhatLeftIsNotHandedBack) {
  queue_.credit(1);
  queue_.push(prepare(1));
  queue_.push(session::CommitOnePhase{branch(2), "", PayloadType::kNone, false, 0, 1, ""});
  EXPECT_EQ(queue_.next().size(), 1U);
  EXPECT_EQ(queue_.take_unsent(), std::vector<BranchId>{branch(2)});
}

}  // namespace
}  // namespace troth::server
