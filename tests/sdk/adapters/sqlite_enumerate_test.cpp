// The life of a bank in chapters (a first start, two phases, one phase, joined work, forgetting, a rebuild; each thing
// fresh and repeated) meets a fault at every operation on its disk. After each: what was voted and answered stands,
// each branch is wholly there or not at all, what a start served is never lost later, and no payload runs twice.
#include <cstdio>
#include <ostream>

#include "tests/sdk/adapters/sim_history.h"

namespace troth::testing {
namespace {

using vfs::Ending;
using vfs::FaultKind;
using vfs::Operation;

/// Under a sanitizer one operation in so many: it looks for other things.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kStride = 23;
#else
constexpr std::uint64_t kStride = 1;
#endif

/// What is tried on a disk: endings of crashes, of failed syncs, and the ways writes fail, all or in turn.
struct Disk {
  const char* name;
  vfs::Medium medium;
  std::vector<Ending> crashes;
  std::vector<Ending> failed_syncs;
  bool both_errors;
};
void PrintTo(const Disk& disk, std::ostream* out) {
  *out << disk.name;
}

class SqliteEnumerate : public ::testing::TestWithParam<Disk> {
 protected:
  SqliteEnumerate() : history_(write_history(GetParam().medium)) {}

  /// Runs `visit(chapter, its page)` for each until a law does not hold.
  template <class Visit>
  void for_chapters(const Visit& visit) {
    for (std::size_t i = 0; i < history_.size() && !HasFailure(); ++i) visit(i, history_[i]);
  }

  /// Lives chapter `i` with what `plan` does to its disk, and recovers. Which law was broken.
  template <class Plan>
  std::string survive(std::size_t i, Ending ending, const Plan& plan) {
    SimBank bank(GetParam().medium);
    bank.become(*history_[i].before);
    vfs::seed_sqlite(1);
    plan(bank.disk());
    live(bank, chapters()[i]);
    struck_ += bank.disk().is_dead() ? 1 : 0;
    bank.die(ending, i);
    bank.disk().faults().heal();
    ++runs_;
    return recover_and_go_on(bank);
  }

  void say(const char* fault, std::uint64_t operations) const {
    std::printf("%s, %s: operations %llu, runs %llu\n", GetParam().name, fault,
                static_cast<unsigned long long>(operations), static_cast<unsigned long long>(runs_));
  }

  std::vector<Page> history_;
  std::uint64_t runs_ = 0;
  std::uint64_t struck_ = 0;  // of them died of a crash that was planned
};

TEST_P(SqliteEnumerate, TheHistoryHasWhatItShould) {
  std::map<Operation, int> kinds;
  std::size_t operations = 0;
  for_chapters([&](std::size_t, const Page& page) {
    operations += page.operations.size();
    for (const Operation operation : page.operations) ++kinds[operation];
  });
  EXPECT_EQ(kinds.size(), 7u) << "every kind of operation";
  std::printf("%s: %zu operations, %d syncs\n", GetParam().name, operations, kinds[Operation::kSync]);
}

TEST_P(SqliteEnumerate, ACrashAtEveryOperationTakesNothingBackAndRunsNothingTwice) {
  std::uint64_t operations = 0;
  for_chapters([&](std::size_t i, const Page& page) {
    for (std::uint64_t at = 1; at <= page.operations.size(); at += kStride, ++operations) {
      for (const Ending ending : GetParam().crashes) {
        ASSERT_EQ(survive(i, ending, [&](vfs::SimDisk& disk) { disk.crash_at(at, ending, at); }), "")
            << chapters()[i].name << ", operation " << at << ", ending " << static_cast<int>(ending);
      }
    }
  });
  EXPECT_EQ(struck_, runs_);
  say("crash", operations);
}

TEST_P(SqliteEnumerate, AFailureOfEverySyncTakesNothingBackAndRunsNothingTwice) {
  std::uint64_t operations = 0;
  for_chapters([&](std::size_t i, const Page& page) {
    for (std::uint64_t at = 1; at <= page.operations.size(); at += kStride) {
      const Operation operation = page.operations[at - 1];
      if (operation != Operation::kSync && operation != Operation::kSyncDirectory) continue;
      ++operations;
      for (const Ending ending : GetParam().failed_syncs) {
        const auto plan = [&](vfs::SimDisk& disk) { disk.faults().plan({FaultKind::kSyncFails, at, false}); };
        ASSERT_EQ(survive(i, ending, plan), "")
            << chapters()[i].name << ", sync at operation " << at << ", ending " << static_cast<int>(ending);
      }
    }
  });
  say("fsync fails", operations);
}

TEST_P(SqliteEnumerate, NoSpaceAndErrorsAtEveryWriteTakeNothingBackAndRunNothingTwice) {
  std::uint64_t operations = 0;
  for_chapters([&](std::size_t i, const Page& page) {
    for (std::uint64_t at = 1; at <= page.operations.size(); at += kStride) {
      if (page.operations[at - 1] == Operation::kSync || page.operations[at - 1] == Operation::kSyncDirectory) continue;
      ++operations;
      const bool sticky = operations % 2 == 0;
      const Ending ending = operations % 4 < 2 ? Ending::kKill : Ending::kRandom;
      for (const FaultKind kind : {FaultKind::kNoSpace, FaultKind::kWriteFails}) {
        if (!GetParam().both_errors && (kind == FaultKind::kNoSpace) == (operations % 3 == 0)) continue;
        const auto plan = [&](vfs::SimDisk& disk) { disk.faults().plan({kind, at, sticky}); };
        ASSERT_EQ(survive(i, ending, plan), "")
            << chapters()[i].name << ", fault " << static_cast<int>(kind) << " at operation " << at
            << (sticky ? ", sticky" : "") << ", ending " << static_cast<int>(ending);
      }
    }
  });
  say("ENOSPC and EIO", operations);
}

const Disk kDisks[] = {
    {"Sector4096",
     {4096, true},
     {Ending::kKill, Ending::kNothingKept, Ending::kAllKept, Ending::kRandom},
     {Ending::kKill, Ending::kRandom},
     true},
    {"Sector512WithoutPowersafeOverwrite", {512, false}, {Ending::kRandom}, {Ending::kRandom}, false},
};
INSTANTIATE_TEST_SUITE_P(Disks, SqliteEnumerate, ::testing::ValuesIn(kDisks),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace troth::testing
