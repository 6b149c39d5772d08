// Recovery itself meets a crash at each of its operations and an error at each of its reads; bits flip in the files
// that it reads; and worlds that break a rule are found out.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/wal/log_world.h"

namespace troth::wal {
namespace {

using vfs::Ending;
using vfs::FaultKind;

constexpr vfs::Medium kMedium{512, false};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kStride = 97;
#else
constexpr std::uint64_t kStride = 1;
#endif

const std::vector<Page>& history() {
  static const std::vector<Page> kHistory = write_history(kMedium);
  return kHistory;
}

constexpr std::size_t kStatesOfAChapter = 3;

/// States a process may find: as the chapters begin, and as a kill or a power cut in their middle leaves them.
const std::vector<std::unique_ptr<LogWorld>>& states() {
  static const auto kStates = [] {
    std::vector<std::unique_ptr<LogWorld>> all;
    for (std::size_t i = 0; i < history().size(); ++i) {
      for (const auto& [part, ending] : {std::pair{0, Ending::kKill}, {2, Ending::kKill}, {3, Ending::kRandom}}) {
        auto world = std::make_unique<LogWorld>(kMedium);
        world->become(*history()[i].before);
        if (part != 0) {
          world->disk().crash_at(history()[i].operations.size() * static_cast<std::size_t>(part) / 4, ending);
          live(*world, chapters()[i]);
          world->end(Ending::kKill);
          world->disk().faults().heal();
        }
        all.push_back(std::move(world));
      }
    }
    return all;
  }();
  return kStates;
}

struct Sound {
  std::uint64_t operations = 0;
  std::uint64_t reads = 0;
  std::size_t served = 0;
};

/// What a recovery without faults does from this state, and how much it finds.
Sound recover_soundly(const LogWorld& state) {
  LogWorld world(kMedium);
  world.become(state);
  EXPECT_TRUE(world.start()) << world.why();
  EXPECT_EQ(world.broken(), "");
  return {world.disk().faults().operations(), world.disk().faults().reads(), world.told()};
}

/// A part of the states, so that the parts run beside each other.
class EnumerateRecoveryOf : public ::testing::TestWithParam<std::size_t> {
 public:
  static constexpr std::size_t kParts = 4;
};
INSTANTIATE_TEST_SUITE_P(Parts, EnumerateRecoveryOf, ::testing::Range(std::size_t{0}, EnumerateRecoveryOf::kParts));

TEST_P(EnumerateRecoveryOf, ACrashAtEachOfItsStepsChangesNotWhatIsFound) {
  std::uint64_t runs = 0;
  for (std::size_t i = GetParam(); i < states().size() && !HasFailure(); i += kParts) {
    const Sound sound = recover_soundly(*states()[i]);
    for (std::uint64_t at = 1; at <= sound.operations && !HasFailure(); at += kStride) {
      for (const Ending ending : {Ending::kKill, Ending::kNothingKept, Ending::kAllKept, Ending::kRandom}) {
        SCOPED_TRACE("state " + std::to_string(i) + ", operation " + std::to_string(at) + ", ending " +
                     std::to_string(static_cast<int>(ending)));
        LogWorld world(kMedium);
        world.become(*states()[i]);
        world.disk().crash_at(at, ending, at);
        EXPECT_FALSE(world.start());
        world.end(Ending::kKill);
        ++runs;
        if (ending == Ending::kKill) {
          LogWorld again(kMedium);
          again.become(world);
          EXPECT_TRUE(again.start()) << again.why();
          EXPECT_EQ(again.told(), sound.served) << "a kill loses nothing that was written";
        }
        EXPECT_EQ(recover_and_go_on(world), "");
      }
    }
  }
  std::printf("crash in recovery, part %zu: runs %llu\n", GetParam(), static_cast<unsigned long long>(runs));
}

TEST(EnumerateRecovery, AFailedSyncAndThenACrashAtEachStepOfTheNextRecoveryLoseNothing) {
  std::uint64_t runs = 0;
  for (std::size_t i = kStatesOfAChapter * kFirstWithFailures; i < states().size() && !HasFailure(); i += 4) {
    const Sound sound = recover_soundly(*states()[i]);
    for (std::uint64_t failing = 1; failing <= sound.operations && !HasFailure(); failing += 3 * kStride) {
      for (std::uint64_t crash = 1; crash <= sound.operations; crash += 5 * kStride) {
        SCOPED_TRACE("state " + std::to_string(i) + ", sync at operation " + std::to_string(failing) +
                     " fails, then a crash at " + std::to_string(crash));
        LogWorld world(kMedium);
        world.become(*states()[i]);
        world.disk().faults().plan({FaultKind::kSyncFails, failing, false});
        world.start();
        world.end(Ending::kKill);
        world.disk().faults().heal();
        world.disk().crash_at(world.disk().faults().operations() + crash, Ending::kRandom, crash);
        world.start();
        world.end(Ending::kRandom, crash);
        world.disk().faults().heal();
        ++runs;
        EXPECT_EQ(recover_and_go_on(world), "");
      }
    }
  }
  std::printf("failed sync, then crash in recovery: runs %llu\n", static_cast<unsigned long long>(runs));
}

TEST(EnumerateRecovery, AnErrorAtEachReadIsARefusalOrChangesNothing) {
  std::uint64_t runs = 0;
  std::uint64_t refused = 0;
  for (std::size_t i = 0; i < states().size() && !HasFailure(); ++i) {
    const Sound sound = recover_soundly(*states()[i]);
    for (std::uint64_t at = 1; at <= sound.reads && !HasFailure(); at += kStride) {
      for (const FaultKind kind : {FaultKind::kReadFails, FaultKind::kShortRead}) {
        for (const bool sticky : {false, true}) {
          SCOPED_TRACE("state " + std::to_string(i) + ", read " + std::to_string(at) + ", fault " +
                       std::to_string(static_cast<int>(kind)) + (sticky ? ", sticky" : ""));
          LogWorld world(kMedium);
          world.become(*states()[i]);
          world.disk().faults().plan({kind, at, sticky});
          ++runs;
          if (!world.start()) {
            ++refused;
            EXPECT_FALSE(world.why().empty());
          } else if (kind == FaultKind::kReadFails) {
            EXPECT_EQ(world.told(), sound.served) << "an error is not the end of the log";
          }
          world.end(Ending::kKill);
          world.disk().faults().heal();
          EXPECT_EQ(world.broken(), "");
          EXPECT_EQ(recover_and_go_on(world), "");
        }
      }
    }
  }
  EXPECT_GT(refused, runs / 2);
  std::printf("EIO and short reads in recovery: runs %llu, refused %llu\n", static_cast<unsigned long long>(runs),
              static_cast<unsigned long long>(refused));
}

/// Flips single bits of `file`, one at a time, and opens: refused with a message, or everything is there.
void flip_bits(const LogWorld& state, const std::string& file, int flips) {
  vfs::Random random(2026);
  int refused = 0;
  const auto node = state.disk().find(file);
  ASSERT_TRUE(node && node->content.size() > 1000) << file;
  for (int i = 0; i < flips && !::testing::Test::HasFailure(); ++i) {
    const std::uint64_t bit = random.below(node->content.size() * 8);
    SCOPED_TRACE(file + ", bit " + std::to_string(bit));
    LogWorld world(kMedium);
    world.become(state);
    ASSERT_TRUE(world.disk().flip_bit(file, bit));
    if (!world.start()) {
      ++refused;
      EXPECT_FALSE(world.why().empty());
      EXPECT_NE(world.exit_code(), 0);
    } else {
      EXPECT_TRUE(world.ask()) << world.why();
    }
    EXPECT_EQ(world.broken(), "");
  }
  std::printf("bit flips in %s: %d, refused %d, the others changed nothing\n", file.c_str(), flips, refused);
}

TEST(EnumerateRecovery, AFlippedBitIsRefusedOrChangesNothing) {
  const int flips = static_cast<int>(1500 / kStride);
  flip_bits(*history()[1].before, "/log/log.1.db", flips);  // closed in order
  flip_bits(*history()[2].before, "/log/log.1.db", flips);  // killed
  flip_bits(*history()[2].before, "/log/log.1.db-wal", flips);
  flip_bits(*history()[2].before, "/log/head.1", flips);
  const auto files = history()[4].before->disk().contents("/log");  // compacted and closed in order
  const auto is_log = [](const auto& file) { return file.first.ends_with(".db"); };
  const auto log = std::find_if(files.begin(), files.end(), is_log);
  ASSERT_TRUE(log != files.end());
  flip_bits(*history()[4].before, "/log/" + log->first, flips);
}

/// How many of some crashes break a law in a world of this kind.
int broken_laws(Fraud fraud, const std::vector<vfs::Fault>& faults, Ending first, Ending then) {
  int broken = 0;
  const Page& page = history()[1];
  for (std::uint64_t at = 40; at <= page.operations.size(); at += 3) {
    LogWorld world(kMedium, fraud);
    world.become(*page.before);
    for (const vfs::Fault& fault : faults) world.disk().faults().plan({fault.kind, at - 30, fault.sticky});
    world.disk().crash_at(at, first, at);
    live(world, chapters()[1]);
    world.end(first, at);
    world.disk().faults().heal();
    world.start();
    world.end(then, at);
    world.start();
    broken += recover_and_go_on(world).empty() ? 0 : 1;
  }
  return broken;
}

TEST(Sensitivity, AnHonestWorldBreaksNoLaw) {
  EXPECT_EQ(broken_laws(Fraud::kNone, {}, Ending::kNothingKept, Ending::kNothingKept), 0);
  EXPECT_EQ(broken_laws(Fraud::kNone, {}, Ending::kKill, Ending::kNothingKept), 0);
}

TEST(Sensitivity, TellingBeforeTheCommitIsFoundOut) {
  EXPECT_GT(broken_laws(Fraud::kTellsBeforeTheCommit, {}, Ending::kNothingKept, Ending::kNothingKept), 5);
}

TEST(Sensitivity, ServingWithoutARebuildIsFoundOut) {
  EXPECT_GT(broken_laws(Fraud::kServesWithoutRebuild, {}, Ending::kKill, Ending::kNothingKept), 5);
}

TEST(Sensitivity, AFailedSyncThatIsTakenForDoneIsFoundOut) {
  EXPECT_GT(broken_laws(Fraud::kNone, {{FaultKind::kSyncLies, 0, false}}, Ending::kNothingKept, Ending::kNothingKept),
            5);
}

TEST(Sensitivity, CommitsThatDoNotSyncAreFoundOut) {
  EXPECT_GT(broken_laws(Fraud::kCommitsWithoutSync, {}, Ending::kNothingKept, Ending::kNothingKept), 5);
}

TEST(Sensitivity, AHeadThatIsAheadOfTheCommitIsFoundOut) {
  EXPECT_GT(broken_laws(Fraud::kHeadBeforeTheCommit, {}, Ending::kKill, Ending::kKill), 5);
}

TEST(Sensitivity, AnOldWalBesideANewFileIsRefused) {
  LogWorld world(kMedium);
  world.become(*history()[2].before);  // killed on generation 1
  const std::string old = world.disk().contents("/log").at("log.1.db-wal");
  ASSERT_TRUE(world.start());
  ASSERT_TRUE(world.stop());
  ASSERT_TRUE(world.disk().find("/log/log.2.db"));
  world.disk().put("/log/log.2.db-wal", old);
  EXPECT_FALSE(world.start());
  EXPECT_EQ(world.exit_code(), kExitDamaged);
}

}  // namespace
}  // namespace troth::wal
