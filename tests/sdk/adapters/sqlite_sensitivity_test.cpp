// That the enumeration sees anything: with each rule of the adapter's files broken on purpose, it finds a broken law.
#include <functional>

#include "tests/sdk/adapters/sim_history.h"

namespace troth::testing {
namespace {

using vfs::Ending;
using vfs::FaultKind;
using vfs::Operation;

/// The disk, seen by somebody who does not do all he should.
class Careless : public sqlite::Files {
 public:
  explicit Careless(const sqlite::Files& real) : real_(real) {}
  const char* sqlite_vfs() const override { return real_.sqlite_vfs(); }
  std::string real_path(const std::string& path) const override { return real_.real_path(path); }
  std::shared_ptr<void> lock(const std::string& path) const override { return real_.lock(path); }
  bool has(const std::string& path) const override { return real_.has(path); }
  void make(const std::string& path) const override { real_.make(path); }
  void sync(const std::string& path) const override { real_.sync(path); }
  void remove(const std::string& path) const override { real_.remove(path); }
  void rename(const std::string& from, const std::string& to) const override { real_.rename(from, to); }
  void copy_permissions(const std::string& from, const std::string& to) const override {
    real_.copy_permissions(from, to);
  }
  void sync_directory_of(const std::string& path) const override { real_.sync_directory_of(path); }

 protected:
  const sqlite::Files& real_;
};

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

class ServesUnsure : public Careless {
 public:
  using Careless::Careless;
  bool has(const std::string& path) const override { return !ends_with(path, ".troth-unsure") && real_.has(path); }
};

class LeavesTheWal : public Careless {
 public:
  using Careless::Careless;
  void remove(const std::string& path) const override {
    if (!ends_with(path, "-wal")) real_.remove(path);
  }
};

class ForgetsDirectories : public Careless {
 public:
  using Careless::Careless;
  void sync_directory_of(const std::string&) const override {}
};

using Plan = std::function<void(vfs::SimDisk&, std::uint64_t at)>;

/// In how many runs of these chapters a law was broken, `plan` happening to each operation that `strikes` picks.
template <class Seen>
int broken_runs(std::size_t first, std::size_t last, Ending ending, const Plan& plan, bool syncs_only) {
  static const auto history = write_history({});
  int broken = 0;
  for (std::size_t i = first; i <= last; ++i) {
    for (std::uint64_t at = 1; at <= history[i].operations.size(); ++at) {
      if (syncs_only && history[i].operations[at - 1] != Operation::kSync) continue;
      SimBank bank({});
      bank.become(*history[i].before);
      const Seen seen(bank.files());
      bank.see_disk_through(seen);
      plan(bank.disk(), at);
      live(bank, chapters()[i]);
      bank.die(ending);
      bank.disk().faults().heal();
      broken += recover_and_go_on(bank).empty() ? 0 : 1;
      bank.stop();
    }
  }
  return broken;
}

void fail_a_sync(vfs::SimDisk& disk, std::uint64_t at) {
  disk.faults().plan({FaultKind::kSyncFails, at, false});
}

Plan crash(Ending ending) {
  return [ending](vfs::SimDisk& disk, std::uint64_t at) { disk.crash_at(at, ending, at); };
}

TEST(SqliteSensitivity, NothingIsBrokenByOneWhoDoesAllHeShould) {
  EXPECT_EQ(broken_runs<Careless>(kRebuild, kRebuild, Ending::kKill, crash(Ending::kNothingKept), false), 0);
}

TEST(SqliteSensitivity, AnswersBeforeTheSyncAreFound) {
  const auto lie = [](vfs::SimDisk& disk, std::uint64_t at) { disk.faults().plan({FaultKind::kSyncLies, at, true}); };
  EXPECT_GT(broken_runs<Careless>(1, 1, Ending::kNothingKept, lie, true), 0);
}

TEST(SqliteSensitivity, GoingOnAfterAFailedSyncWithoutARebuildIsFound) {
  EXPECT_GT(broken_runs<ServesUnsure>(1, 3, Ending::kKill, fail_a_sync, true), 0);
}

TEST(SqliteSensitivity, AnOldWalBesideTheNewFileIsFound) {
  EXPECT_GT(broken_runs<LeavesTheWal>(kRebuild, kRebuild, Ending::kKill, fail_a_sync, true), 0);
}

TEST(SqliteSensitivity, NamesThatAreNotSyncedAreFound) {
  EXPECT_GT(broken_runs<ForgetsDirectories>(kRebuild, kRebuild, Ending::kKill, crash(Ending::kRandom), false), 0);
}

}  // namespace
}  // namespace troth::testing
