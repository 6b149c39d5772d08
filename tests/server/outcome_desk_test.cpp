// Followers of outcomes without sockets: who is slow, who is told what, heartbeats.
#include "coordinator/server/outcome_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace troth::server {
namespace {

using testing::HasSubstr;
using Flow = std::shared_ptr<transport::BodyFlow>;

engine::OutcomesTold told(std::vector<Lsn> lsns) {
  engine::OutcomesTold all;
  for (const Lsn lsn : lsns) {
    OutcomeView view;
    view.outcome = Outcome::kCommitted;
    view.lsn = lsn;
    all.outcomes.push_back(view);
  }
  all.upto = lsns.back();
  return all;
}

/// All it has to say now.
std::string said(const Flow& flow) {
  std::string bytes;
  flow->read(bytes, 65'536);
  return bytes;
}

Flow follow(OutcomeDesk& desk, std::optional<Lsn> after) {
  auto begun = desk.follow(after);
  const auto* problem = std::get_if<Problem>(&begun);
  EXPECT_EQ(problem, nullptr) << problem->detail;
  return problem ? nullptr : std::get<Flow>(begun);
}

Slug refused(OutcomeDesk& desk, std::optional<Lsn> after) {
  auto begun = desk.follow(after);
  const auto* problem = std::get_if<Problem>(&begun);
  return problem ? problem->slug : Slug::kBadRequest;
}

TEST(OutcomeDesk, GivesACursorAlsoWhenNothingWasSaid) {
  transport::Io io;
  OutcomeDesk desk(io, OutcomeRing());
  desk.hear(told({5}));
  const Flow now = follow(desk, std::nullopt);
  EXPECT_EQ(said(now), ":\nid: 5\n\n");
  EXPECT_EQ(said(now), "");
  const Flow all = follow(desk, 0);
  desk.hear({{}, 9});  // a record that is no outcome
  EXPECT_THAT(said(all),
              testing::AllOf(testing::StartsWith("event: committed\nid: 5\n"), testing::EndsWith(":\nid: 9\n\n")));
}

TEST(OutcomeDesk, WithoutACursorNothingThatIsOverIsTold) {
  transport::Io io;
  OutcomeDesk desk(io, OutcomeRing());
  desk.hear(told({5}));
  OutcomeView aborted;
  aborted.outcome = Outcome::kAborted;
  desk.hear({{aborted}, 5});
  const Flow now = follow(desk, std::nullopt);
  EXPECT_EQ(said(now), ":\nid: 5\n\n");
  desk.hear({{aborted}, 5});
  EXPECT_THAT(said(now), testing::StartsWith("event: aborted\n"));
  EXPECT_THAT(said(follow(desk, 5)), testing::StartsWith("event: aborted\n")) << "who resumes may have missed them";
}

TEST(OutcomeDesk, WhoIsTooSlowIsCutAndResumesOrHearsThatItsCursorExpired) {
  transport::Io io;
  OutcomeDesk desk(io, OutcomeRing(2));
  desk.hear(told({1}));
  const Flow slow = follow(desk, 1);
  desk.hear(told({2, 3, 4}));
  std::string bytes;
  EXPECT_THROW(slow->read(bytes, 65'536), std::runtime_error);
  EXPECT_EQ(refused(desk, 1), Slug::kCursorExpired);
  EXPECT_THAT(said(follow(desk, 2)), HasSubstr("id: 3\n"));
  EXPECT_EQ(refused(desk, 5), Slug::kBadParameter) << "never durable";
}

TEST(OutcomeDesk, SaysPiecesOfABoundedSize) {
  transport::Io io;
  OutcomeDesk desk(io, OutcomeRing());
  std::vector<Lsn> many(1'000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = i + 1;
  desk.hear(told(many));
  const Flow flow = follow(desk, 0);
  std::size_t pieces = 0;
  std::string last;
  for (std::string piece = "-"; !piece.empty(); ++pieces) {
    piece.clear();
    flow->read(piece, 4'096);
    EXPECT_LT(piece.size(), 4'096U + 512U);
    if (!piece.empty()) last = piece;
  }
  EXPECT_GT(pieces, 20U);
  EXPECT_THAT(last, HasSubstr("id: 1000\n"));
}

TEST(OutcomeDesk, WakesWhoWaitsAndEndsInOrder) {
  transport::Io io;
  OutcomeDesk desk(io, OutcomeRing());
  const Flow flow = follow(desk, std::nullopt);
  int woken = 0;
  flow->begin([&] { ++woken; });
  desk.hear({{}, 3});
  EXPECT_EQ(woken, 0) << "nothing to tell";
  desk.hear(told({4}));
  EXPECT_EQ(woken, 1);
  desk.close();
  EXPECT_EQ(woken, 2);
  std::string bytes;
  EXPECT_EQ(flow->read(bytes, 65'536), transport::BodyFlow::State::kEnded);
  EXPECT_THAT(bytes, HasSubstr("id: 4\n")) << "first what is known";
  EXPECT_EQ(refused(desk, std::nullopt), Slug::kDraining);
}

TEST(OutcomeDesk, BeatsWhileSomebodyFollows) {
  transport::Io io;
  OutcomeDesk desk(io, OutcomeRing(), 10);
  std::promise<std::string> beaten;
  Flow flow;
  io.post([&] {
    flow = follow(desk, std::nullopt);
    said(flow);  // its first
    desk.hear({{}, 7});
    flow->begin([&, heard = false]() mutable {
      if (!std::exchange(heard, true)) beaten.set_value(said(flow));
    });
  });
  auto beat = beaten.get_future();
  ASSERT_EQ(beat.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_EQ(beat.get(), ":\nid: 7\n\n");
  io.stop();
}

}  // namespace
}  // namespace troth::server
