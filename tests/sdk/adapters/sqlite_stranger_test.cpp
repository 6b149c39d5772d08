// Another connection reads at every operation on the disk, so also in the middle of every commit and checkpoint.
#include "tests/sdk/adapters/sim_history.h"

namespace troth::testing {
namespace {

TEST(SqliteStranger, SeesOnlyWhatIsCommittedWheneverItLooks) {
  const auto history = write_history({});
  int looked = 0;
  int turned_away = 0;
  for (std::size_t i = 1; i < history.size(); ++i) {
    SimBank bank({});
    bank.become(*history[i].before);
    ASSERT_TRUE(bank.start());
    bank.disk().faults().watch([&](vfs::Operation) {
      try {
        EXPECT_EQ(bank.seen_by_a_stranger(), "") << chapters()[i].name;
        ++looked;
      } catch (const SqliteError& error) {
        EXPECT_EQ(error.code() & 0xff, 5) << error.what();  // SQLITE_BUSY
        ++turned_away;
      }
    });
    chapters()[i].happens(bank);
    bank.disk().faults().watch(nullptr);
    bank.stop();
  }
  EXPECT_GT(looked, 200);
  EXPECT_LT(turned_away, looked / 20);
}

}  // namespace
}  // namespace troth::testing
