// The demo's run and the demo's checks, with kills at random moments: of any process, also while it is starting.
#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/e2e/demo/demo.h"
#include "tests/e2e/world.h"

namespace troth::e2e {
namespace {

constexpr int kRounds = 24;

class Kills : public ::testing::TestWithParam<int> {};

/// TROTH_E2E_SEED repeats a run: the transfers and the plan of kills are then the same, the exact moments are not.
std::uint64_t seed_of_round(int round) {
  const char* given = std::getenv("TROTH_E2E_SEED");
  return given != nullptr ? std::stoull(given) + static_cast<std::uint64_t>(round) : std::random_device()();
}

TEST_P(Kills, AtRandomMomentsLoseNothingThatWasTold) {
  TempDir dir;
  demo::Options options = demo::with_programs({});
  options.seed = seed_of_round(GetParam());
  options.transfers = 400;
  options.kills = 5;
  options.random_moments = true;
  options.in_flight = GetParam() % 3 == 0 ? 32 : GetParam() % 3 == 1 ? 12 : 4;
  std::cout << "seed " << options.seed << ", " << options.in_flight << " in flight" << std::endl;
  demo::Progress quiet(options.transfers);
  const demo::Result result = demo::run(options, dir.path(), quiet);
  std::cout << demo::last_line(result) << ", committed " << result.committed << std::endl;
  for (const std::string& wrong : result.mismatches) ADD_FAILURE() << wrong;
  EXPECT_EQ(result.unclean_stop, "");
  EXPECT_EQ(result.money_after, result.money_before);
  EXPECT_EQ(result.in_doubt, 0u);
  EXPECT_EQ(result.committed + result.aborted, result.transfers);
  EXPECT_EQ(result.kills(), options.kills);
  // A system that aborts everything keeps the books as well. Each kill may abort all that are in flight, no more.
  EXPECT_GT(result.committed, result.transfers / 3);
}

INSTANTIATE_TEST_SUITE_P(Round, Kills, ::testing::Range(1, kRounds + 1));

}  // namespace
}  // namespace troth::e2e
