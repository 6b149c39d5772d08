// Each way in which the disk fails can be seen, and none but those that were asked for.
#include "tests/vfs/sim_disk.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace troth::vfs {
namespace {

constexpr SimDisk::Use kMake{true, false, false};

/// A disk with one directory, "/d", and whole-file reads and writes.
struct Disk : SimDisk {
  explicit Disk(const Options& options = {}) : SimDisk(options) { make_directory("/d"); }

  int write(const std::string& name, std::string_view bytes, std::uint64_t offset = 0) {
    SimHandle file;
    const int error = open("/d/" + name, kMake, file);
    return error != 0 ? error : SimDisk::write(file, offset, bytes);
  }
  int sync(const std::string& name) {
    SimHandle file;
    const int error = open("/d/" + name, {}, file);
    return error != 0 ? error : SimDisk::sync(file);
  }
  int sync_names() { return sync_directory("/d"); }
  /// Written, synced, its name too.
  void make(const std::string& name, std::string_view bytes) {
    EXPECT_EQ(write(name, bytes), 0);
    EXPECT_EQ(sync(name), 0);
    EXPECT_EQ(sync_names(), 0);
  }
  std::string read(const std::string& name) {
    SimHandle file;
    std::string bytes;
    if (open("/d/" + name, {}, file) != 0) return "(none)";
    return SimDisk::read(file, 0, 1 << 20, bytes) == 0 ? bytes : "(error)";
  }
  void fall(Ending ending, std::uint64_t salt = 0) {
    crash(ending, salt);
    restart();
  }
};

SimDisk::Options small_sectors(bool powersafe = true) {
  SimDisk::Options options;
  options.medium = {512, powersafe};
  return options;
}

TEST(SimDisk, ASyncedWriteSurvivesEveryEnding) {
  for (const Ending ending : {Ending::kKill, Ending::kNothingKept, Ending::kAllKept, Ending::kRandom}) {
    Disk disk;
    disk.make("a", "synced");
    disk.fall(ending);
    EXPECT_EQ(disk.read("a"), "synced");
  }
}

TEST(SimDisk, AnUnsyncedWriteSurvivesAKillAndNotAPowerCutThatKeepsNothing) {
  Disk disk;
  disk.make("a", "old");
  disk.write("a", "new");
  disk.fall(Ending::kKill);
  EXPECT_EQ(disk.read("a"), "new");
  disk.fall(Ending::kNothingKept);
  EXPECT_EQ(disk.read("a"), "old") << "what a kill leaves is no more durable than before it";
}

TEST(SimDisk, APowerCutKeepsSectorsAtRandomAndBySaltAlone) {
  std::set<std::string> outcomes;
  std::set<std::string> again;
  for (std::uint64_t salt = 0; salt < 40; ++salt) {
    for (auto* seen : {&outcomes, &again}) {
      Disk disk(small_sectors());
      disk.make("a", std::string(1536, 'o'));
      disk.write("a", std::string(1536, 'n'));
      disk.fall(Ending::kRandom, salt);
      const std::string left = disk.read("a");
      for (const std::size_t sector : {0, 512, 1024}) EXPECT_EQ(left[sector], left[sector + 511]) << "no smaller tear";
      seen->insert(left + std::to_string(salt));
    }
  }
  EXPECT_EQ(outcomes, again);
  std::set<std::string> kinds;
  for (const std::string& outcome : outcomes) kinds.insert({outcome[0], outcome[512], outcome[1024]});
  EXPECT_EQ(kinds.size(), 8u) << "every combination of three sectors turns up, also those torn inside one write";
}

TEST(SimDisk, OfTheWritesToOneSectorALaterOneIsNotKeptWithoutTheEarlier) {
  std::set<std::string> outcomes;
  for (std::uint64_t salt = 0; salt < 40; ++salt) {
    Disk disk;
    disk.make("a", "..");
    disk.write("a", "1", 0);
    disk.write("a", "2", 1);
    disk.fall(Ending::kRandom, salt);
    outcomes.insert(disk.read("a"));
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"..", "1.", "12"}));
}

TEST(SimDisk, WithoutPowersafeOverwriteTheRestOfASectorMayBeDamaged) {
  const auto damaged = [](bool powersafe) {
    int count = 0;
    for (std::uint64_t salt = 0; salt < 40; ++salt) {
      Disk disk(small_sectors(powersafe));
      disk.make("a", std::string(1024, 'o'));
      disk.write("a", "n", 100);
      disk.fall(Ending::kRandom, salt);
      const std::string left = disk.read("a");
      count += left[0] == 'o' && left[511] == 'o' ? 0 : 1;
      EXPECT_EQ(left.substr(512), std::string(512, 'o')) << "the next sector was not written";
    }
    return count;
  };
  EXPECT_EQ(damaged(true), 0);
  EXPECT_GT(damaged(false), 2);
}

TEST(SimDisk, ATruncationThatWasNotSyncedMayRevert) {
  std::set<std::string> outcomes;
  for (std::uint64_t salt = 0; salt < 20; ++salt) {
    Disk disk;
    disk.make("a", "whole");
    SimHandle file;
    disk.open("/d/a", {}, file);
    EXPECT_EQ(disk.truncate(file, 2), 0);
    EXPECT_EQ(disk.read("a"), "wh");
    disk.fall(Ending::kRandom, salt);
    outcomes.insert(disk.read("a"));
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"wh", "whole"}));
}

TEST(SimDisk, ANameIsDurableAfterTheDirectorySyncAndNotBefore) {
  Disk disk;
  disk.write("a", "content");
  disk.sync("a");
  disk.fall(Ending::kNothingKept);
  EXPECT_EQ(disk.read("a"), "(none)") << "synced, but nothing leads to it";
}

TEST(SimDisk, ADeletionMayRevertUntilTheDirectorySync) {
  for (const bool synced : {false, true}) {
    Disk disk;
    disk.make("a", "content");
    EXPECT_EQ(disk.remove("/d/a"), 0);
    EXPECT_EQ(disk.read("a"), "(none)");
    if (synced) disk.sync_names();
    disk.fall(Ending::kNothingKept);
    EXPECT_EQ(disk.read("a"), synced ? "(none)" : "content");
  }
}

TEST(SimDisk, ARenameIsOneStepAndMayRevertUntilTheDirectorySync) {
  std::set<std::string> outcomes;
  for (std::uint64_t salt = 0; salt < 20; ++salt) {
    Disk disk;
    disk.make("CURRENT", "1");
    disk.make("aside", "2");
    EXPECT_EQ(disk.rename("/d/aside", "/d/CURRENT"), 0);
    EXPECT_EQ(disk.read("CURRENT"), "2");
    disk.fall(Ending::kRandom, salt);
    outcomes.insert(disk.read("CURRENT") + disk.read("aside"));
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"12", "2(none)"}));
}

TEST(SimDisk, WhatAFailedSyncForgotReachesTheDiskOnlyWhenItIsWrittenAgain) {
  Disk disk;
  disk.make("a", "oooo");
  disk.write("a", "nnnn");
  disk.faults().plan({FaultKind::kSyncFails, 0, false});
  EXPECT_EQ(disk.sync("a"), EIO);
  EXPECT_EQ(disk.read("a"), "nnnn") << "the page cache shows it";
  disk.write("a", "x", 3);
  EXPECT_EQ(disk.sync("a"), 0) << "the second sync says that all is well";
  disk.fall(Ending::kAllKept);
  EXPECT_EQ(disk.read("a"), "ooox");
}

TEST(SimDisk, AFailedDirectorySyncLeavesNamesUndecided) {
  for (const bool again : {false, true}) {
    Disk disk;
    disk.write("a", "content");
    disk.sync("a");
    disk.faults().plan({FaultKind::kSyncFails, 0, false});
    EXPECT_EQ(disk.sync_names(), EIO);
    if (again) {
      EXPECT_EQ(disk.sync_names(), 0);
    }
    disk.fall(Ending::kNothingKept);
    EXPECT_EQ(disk.read("a"), again ? "content" : "(none)");
  }
}

TEST(SimDisk, ASyncThatLiesSaysThatAllIsWell) {
  Disk disk;
  disk.make("a", "old");
  disk.write("a", "new");
  disk.faults().plan({FaultKind::kSyncLies, 0, false});
  EXPECT_EQ(disk.sync("a"), 0);
  disk.fall(Ending::kAllKept);
  EXPECT_EQ(disk.read("a"), "old");
}

TEST(SimDisk, NoSpaceAndErrorsStrikeTheWriteTheyWerePlannedForOnceOrForGood) {
  for (const auto& [kind, error] : {std::pair{FaultKind::kNoSpace, ENOSPC}, {FaultKind::kWriteFails, EIO}}) {
    for (const bool sticky : {false, true}) {
      Disk disk;
      disk.make("a", "1");
      disk.faults().plan({kind, disk.faults().operations() + 2, sticky});
      EXPECT_EQ(disk.write("a", "2"), 0);
      EXPECT_EQ(disk.write("a", "3"), error);
      EXPECT_EQ(disk.write("a", "4"), sticky ? error : 0);
      EXPECT_EQ(disk.sync("a"), 0) << "a sync is no write";
      disk.faults().heal();
      EXPECT_EQ(disk.write("a", "5"), 0);
    }
  }
}

TEST(SimDisk, AFullDiskRefusesGrowthAndTakesOverwriting) {
  SimDisk::Options options;
  options.capacity = 4096;
  Disk disk(options);
  EXPECT_EQ(disk.write("a", std::string(4000, 'a')), 0);
  EXPECT_EQ(disk.free_bytes(), 96u);
  EXPECT_EQ(disk.write("b", std::string(200, 'b')), ENOSPC);
  EXPECT_EQ(disk.write("a", std::string(4000, 'c')), 0);
  disk.set_capacity(8192);
  EXPECT_EQ(disk.write("b", std::string(200, 'b')), 0);
}

TEST(SimDisk, AReadFailsEndsEarlyOrFlipsABit) {
  Disk disk;
  disk.make("a", "12345678");
  const auto read_with = [&](FaultKind kind, bool sticky) {
    disk.faults().plan({kind, disk.faults().reads() + 1, sticky});
    return disk.read("a");
  };
  EXPECT_EQ(read_with(FaultKind::kReadFails, false), "(error)");
  EXPECT_EQ(read_with(FaultKind::kShortRead, false), "1234");
  EXPECT_NE(read_with(FaultKind::kBitFlip, false), "12345678");
  EXPECT_EQ(disk.read("a"), "12345678") << "once: the disk itself is sound";
  const std::string rotten = read_with(FaultKind::kBitFlip, true);
  disk.faults().heal();
  EXPECT_EQ(disk.read("a"), rotten);
  disk.fall(Ending::kNothingKept);
  EXPECT_EQ(disk.read("a"), rotten);
}

TEST(SimDisk, ACrashStrikesItsOperationAndNothingWorksUntilTheRestart) {
  Disk disk;
  disk.make("a", "1");
  SimHandle before;
  disk.open("/d/a", {}, before);
  disk.crash_at(disk.faults().operations() + 2, Ending::kNothingKept);
  EXPECT_EQ(disk.write("a", "2"), 0);
  EXPECT_EQ(disk.sync("a"), EIO);
  EXPECT_TRUE(disk.is_dead());
  EXPECT_EQ(disk.write("b", "2"), EIO);
  EXPECT_EQ(disk.read("a"), "(none)");
  disk.restart();
  EXPECT_EQ(disk.read("a"), "1");
  EXPECT_EQ(disk.SimDisk::write(before, 0, "late"), EIO) << "a file that a dead process had open";
  EXPECT_EQ(disk.read("a"), "1");
}

TEST(SimDisk, AKillInTheMiddleOfAWriteLeavesAnyPartOfIt) {
  std::set<std::size_t> parts;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SimDisk::Options options;
    options.seed = seed;
    Disk disk(options);
    disk.make("a", "");
    disk.crash_at(disk.faults().operations() + 1, Ending::kKill);
    EXPECT_EQ(disk.write("a", std::string(2048, 'x')), EIO);
    disk.restart();
    parts.insert(disk.read("a").size());
  }
  EXPECT_EQ(parts, (std::set<std::size_t>{0, 512, 1024, 1536, 2048}));
}

}  // namespace
}  // namespace troth::vfs
