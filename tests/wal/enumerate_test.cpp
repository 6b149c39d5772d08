// A history of more than 120 group commits, with checkpoints of the -wal, dropped prefixes, orderly stops, kills, power
// cuts and rebuilds, meets a fault at every operation on its disk. After each: what was acknowledged is found, what was
// served is never lost later, records are whole and dense, and the log goes on.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <ostream>

#include "tests/wal/log_world.h"

namespace troth::wal {
namespace {

using vfs::Ending;
using vfs::FaultKind;
using vfs::Operation;

/// Under a sanitizer one operation in so many: it looks for other things.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kStride = 97;
#else
constexpr std::uint64_t kStride = 1;
#endif

struct Disk {
  const char* name;
  vfs::Medium medium;
  std::uint64_t stride;  // every operation on the harsher disk, one in three on the other
};
void PrintTo(const Disk& disk, std::ostream* out) {
  *out << disk.name;
}

class Enumerate : public ::testing::TestWithParam<Disk> {
 protected:
  static const std::vector<Page>& history() {
    static std::map<std::string, std::vector<Page>> histories;
    std::vector<Page>& pages = histories[GetParam().name];
    if (pages.empty()) pages = write_history(GetParam().medium);
    return pages;
  }

  /// Runs `visit(chapter, page)` for each chapter from `first` on until a law does not hold.
  template <class Visit>
  static void for_chapters(std::size_t first, const Visit& visit) {
    const auto& pages = history();
    for (std::size_t i = first; i < pages.size() && !HasFailure(); ++i) visit(i, pages[i]);
  }

  /// Lives chapter `i` with what `plan` does to the disk, and recovers. False when a law was broken.
  template <class Plan>
  bool survives(std::size_t i, Ending ending, const Plan& plan) {
    LogWorld world(GetParam().medium);
    world.become(*history()[i].before);
    vfs::seed_sqlite(1);
    plan(world.disk());
    const bool through = live(world, chapters()[i]);
    struck_ += world.disk().is_dead() || !through ? 1 : 0;
    acknowledged_ += world.told() - history()[i].before->told();
    if (!world.disk().is_dead()) world.end(ending);
    world.disk().faults().heal();
    ++runs_;
    const std::string broken = recover_and_go_on(world);
    EXPECT_EQ(broken, "") << "in chapter " << i;
    return broken.empty();
  }

  void say(const char* fault, std::uint64_t operations) const {
    std::printf("%s, %s: operations %llu, runs %llu, struck %llu, acknowledged %llu\n", GetParam().name, fault,
                static_cast<unsigned long long>(operations), static_cast<unsigned long long>(runs_),
                static_cast<unsigned long long>(struck_), static_cast<unsigned long long>(acknowledged_));
  }

  std::uint64_t runs_ = 0;
  std::uint64_t struck_ = 0;  // of them ended before their time
  std::uint64_t acknowledged_ = 0;
};

TEST_P(Enumerate, TheHistoryHasWhatItShould) {
  int commits = 0;
  std::size_t operations = 0;
  std::map<Operation, int> kinds;
  for_chapters(0, [&](std::size_t i, const Page& page) {
    commits += chapters()[i].commits;
    operations += page.operations.size();
    for (const Operation operation : page.operations) ++kinds[operation];
  });
  EXPECT_GE(commits, 120);
  EXPECT_EQ(kinds.size(), 7u) << "every kind of operation";
  std::printf("%s: %zu operations, %d syncs\n", GetParam().name, operations, kinds[Operation::kSync]);
}

TEST_P(Enumerate, ACrashAtEveryOperationLosesNothingThatWasToldOrServed) {
  std::uint64_t operations = 0;
  for_chapters(0, [&](std::size_t i, const Page& page) {
    for (std::uint64_t at = 1; at <= page.operations.size(); at += kStride * GetParam().stride, ++operations) {
      for (const Ending ending : {Ending::kKill, Ending::kNothingKept, Ending::kAllKept, Ending::kRandom}) {
        SCOPED_TRACE("operation " + std::to_string(at) + ", ending " + std::to_string(static_cast<int>(ending)));
        if (!survives(i, ending, [&](vfs::SimDisk& disk) { disk.crash_at(at, ending, at); })) return;
      }
    }
  });
  EXPECT_EQ(struck_, runs_);
  say("crash", operations);
}

TEST_P(Enumerate, AFailureOfEverySyncLosesNothingThatWasToldOrServed) {
  std::uint64_t operations = 0;
  for_chapters(kFirstWithFailures, [&](std::size_t i, const Page& page) {
    for (std::uint64_t at = 1; at <= page.operations.size(); at += kStride * GetParam().stride) {
      const Operation operation = page.operations[at - 1];
      if (operation != Operation::kSync && operation != Operation::kSyncDirectory) continue;
      ++operations;
      for (const Ending ending : {Ending::kKill, Ending::kRandom}) {
        SCOPED_TRACE("sync at operation " + std::to_string(at) + ", ending " +
                     std::to_string(static_cast<int>(ending)));
        if (!survives(i, ending, [&](vfs::SimDisk& disk) { disk.faults().plan({FaultKind::kSyncFails, at, false}); })) {
          return;
        }
      }
    }
  });
  EXPECT_EQ(struck_, runs_) << "a failed sync always ends the process";
  say("fsync fails", operations);
}

TEST_P(Enumerate, NoSpaceAndErrorsAtEveryWriteLoseNothingThatWasToldOrServed) {
  std::uint64_t operations = 0;
  for_chapters(kFirstWithFailures, [&](std::size_t i, const Page& page) {
    for (std::uint64_t at = 1; at <= page.operations.size(); at += kStride * GetParam().stride) {
      if (page.operations[at - 1] == Operation::kSync || page.operations[at - 1] == Operation::kSyncDirectory) continue;
      ++operations;
      for (const FaultKind kind : {FaultKind::kNoSpace, FaultKind::kWriteFails}) {
        const bool sticky = operations % 2 == 0;
        SCOPED_TRACE("fault " + std::to_string(static_cast<int>(kind)) + " at operation " + std::to_string(at) +
                     (sticky ? ", sticky" : ""));
        const Ending ending = operations % 4 < 2 ? Ending::kKill : Ending::kRandom;
        if (!survives(i, ending, [&](vfs::SimDisk& disk) { disk.faults().plan({kind, at, sticky}); })) return;
      }
    }
  });
  say("ENOSPC and EIO", operations);
}

INSTANTIATE_TEST_SUITE_P(Disks, Enumerate,
                         ::testing::Values(Disk{"Sector4096", {4096, true}, 3},
                                           Disk{"Sector512WithoutPowersafeOverwrite", {512, false}, 1}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace troth::wal
