// A data directory copied with `cp -a` and started, beside the real one and instead of it; and swapped under a running
// trothd. What an old copy may say before anybody unmasks it is in the README, with a test that shows it.
#include "tests/e2e/old_copies.h"

#include <signal.h>

namespace troth::e2e {
namespace {

namespace fs = std::filesystem;

TEST_F(OldCopy, BesideTheRealOneIsUnmaskedByWhoHasSeenMoreAndTheRealOneGoesOn) {
  World copy;
  begin();
  copy_to(copy.data());
  go_on();
  tear();
  copy.start();
  EXPECT_EQ(copy.get("/readyz").status, 200);
  unmask(copy);
  EXPECT_EQ(demo::prepared_in(banks_.database(kBankB)), 1U) << "the copy settled what it knows nothing of";
  EXPECT_EQ(real_.get("/readyz").status, 200);
  EXPECT_EQ(copy.stop().code, 0);
  expect_refused(copy);
  EXPECT_EQ(demo::prepared_in(banks_.database(kBankB)), 1U);
  expect_mended(3);
}

TEST_F(OldCopy, InsteadOfTheKilledOneIsUnmaskedByBanksThatComeBackByThemselves) {
  begin();
  copy_to(real_.file("copy"));
  go_on();
  tear();
  real_.kill();
  fs::rename(real_.data(), real_.file("real"));
  fs::rename(real_.file("copy"), real_.data());
  real_.start();  // on the port that bank-a comes back to
  ASSERT_TRUE(World::eventually([this] { return real_.get("/readyz").status == 503; }));
  expect_unmasked(real_);
  unmask(real_);
  EXPECT_EQ(demo::prepared_in(banks_.database(kBankB)), 1U);
  EXPECT_EQ(real_.stop().code, 0);
  expect_refused(real_);
  fs::rename(real_.data(), real_.file("copy"));
  fs::rename(real_.file("real"), real_.data());
  real_.start();
  expect_mended(3);
}

TEST_F(OldCopy, OfAnOrderlyStopIsUnmaskedByTheEpochAlone) {
  begin();
  ASSERT_EQ(real_.stop().code, 0);
  copy_to(real_.file("copy"));
  real_.start();
  for (const char* name : {kBankA, kBankB}) real_.wait_until_connected(name);  // no LSN of this epoch was told to them
  ASSERT_EQ(real_.stop().code, 0);
  fs::rename(real_.data(), real_.file("real"));
  fs::rename(real_.file("copy"), real_.data());
  real_.start();  // the same epoch again, under another nonce
  ASSERT_TRUE(World::eventually([this] { return real_.get("/readyz").status == 503; }));
  expect_unmasked(real_);
  EXPECT_EQ(real_.stop().code, 0);
  expect_refused(real_);
}

TEST_F(OldCopy, TakesNoWorkBackAndLetsNothingCommitThatItBeganBeforeItWasUnmasked) {
  World copy;
  begin();
  copy_to(copy.data());
  go_on();
  tear();
  copy.start();
  // Under way at the copy when it is unmasked: it waits for bank-b.
  auto waiting = copy.post_beside("/v1/transactions", transfer(10'000), "key");
  ASSERT_TRUE(World::eventually([&] {
    return copy.get("/v1/transactions?state=preparing").body.find("\"phase\":\"preparing\"") != std::string::npos;
  }));
  unmask(copy);
  const auto aborted = waiting.get();
  EXPECT_TRUE(is_problem(aborted, 409, "aborted")) << aborted.status << aborted.body;
  EXPECT_EQ(text_in(aborted.body, "abortReason"), "restart");
  EXPECT_EQ(copy.stop().code, 0);
  expect_refused(copy);
  expect_mended(3);
}

/// The limit of the safety net: nothing tells such a copy from a coordinator that died before these ids were decided.
TEST_F(OldCopy, LimitNobodyHasComeYetSoClientsHearOfAnAbortThatNeverWas) {
  World copy;
  begin();
  copy_to(copy.data());
  go_on();
  tear();
  copy.start();
  EXPECT_EQ(text_in(copy.get("/v1/transactions/" + after_).body, "outcome"), "aborted");
  EXPECT_EQ(text_in(copy.get("/v1/transactions/" + after_ + "/branches/1/decision").body, "decision"), "abort");
  unmask(copy);  // from here on it says that it does not know
  EXPECT_EQ(copy.stop().code, 0);
  expect_mended(3);
}

TEST_F(OldCopy, LimitWhoHasSeenNoMoreThanTheCopyIsWelcomedAndHearsOfAnAbort) {
  World copy;
  begin();
  go_on();
  copy_to(copy.data());  // bank-b never hears a commit after this
  tear();
  copy.start();
  banks_.start(kBankB, copy);
  copy.wait_until_connected(kBankB);
  EXPECT_TRUE(World::eventually([this] { return banks_.prepared() == 0; }));
  EXPECT_EQ(demo::transfers_in(banks_.database(kBankB)), 2U) << "bank-a has three: this is the damage";
  // The first who has seen more ends it, for everybody: bank-b is sent away too.
  banks_.start(kBankA, copy);
  ASSERT_TRUE(World::eventually([&] { return copy.get("/readyz").status == 503; }));
  EXPECT_TRUE(
      World::eventually([&] { return copy.get("/metrics").body.find("\ntroth_sessions 0\n") != std::string::npos; }));
  EXPECT_EQ(copy.stop().code, 0);
  expect_refused(copy);
  // What bank-b obeyed, the real log cannot explain: of two that went on, nobody can say which one was believed.
  banks_.start(kBankB, real_);
  EXPECT_TRUE(World::eventually([this] { return real_.get("/readyz").status == 503; }));
  EXPECT_EQ(real_.stop().code, 0);
  expect_refused(real_);
}

}  // namespace
}  // namespace troth::e2e
