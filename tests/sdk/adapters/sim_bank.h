// A bank's SqliteResource on a simulated disk through many lives of its process: what was asked of it, what it
// answered, and the laws that hold whatever the disk did.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sdk/adapters/sim_files.h"
#include "tests/sdk/adapters/sqlite_fixture.h"

namespace troth::testing {

/// Branch n is branch 1 of transaction n. Committed, it has moved 1 from account 2n to account 2n + 1.
class SimBank {
 public:
  static constexpr const char* kFile = "/d/bank.db";
  static constexpr int kBranches = 40;
  static constexpr int kBalance = 100;

  explicit SimBank(const vfs::Medium& medium);
  SimBank(const SimBank&) = delete;
  SimBank& operator=(const SimBank&) = delete;

  vfs::SimDisk& disk() { return disk_; }
  /// The disk as the adapter sees it from the next start on.
  void see_disk_through(const sqlite::Files& files) { options_.files = &files; }
  const sqlite::Files& files() const { return files_; }
  /// The state of `other`, which does not run.
  void become(const SimBank& other);

  // --- lives
  /// A process begins. False when it could not open the database.
  bool start();
  /// It ends in order.
  void stop();
  /// It dies now, unless it has died.
  void die(vfs::Ending ending, std::uint64_t salt = 0);
  /// It runs, and says something when asked.
  bool is_alive() const { return resource_ != nullptr && !broken_ && !disk_.is_dead(); }

  // --- what a coordinator asks; nothing when the process is not alive
  void prepare(int n, unsigned attempt = 1, bool joined = false);
  void commit(int n);  // aborts one that has not voted commit
  void abort(int n);
  void one_phase(int n, unsigned attempt = 1, bool joined = false);
  void run_joined(int n);
  void remember(std::uint32_t epoch);
  void forget(const std::vector<int>& ended, int horizon);
  /// Lets the adapter do one transaction, and with it a part of what it put off.
  void nudge();
  /// What the work of branch n is: by default it moves the money.
  void read_only(int n) { payloads_[n] = "SELECT count(*) FROM account"; }
  void overdraws(int n);

  // --- what must hold
  /// Everything that is durable, as text.
  std::string everything() const;
  /// Which law does not hold for who reads the file now, in the middle of whatever the process does.
  std::string seen_by_a_stranger();
  /// Which law does not hold, in words; empty when all do. The process is alive.
  std::string broken_law();
  /// Settles what is in doubt and does some more; which law does not hold then.
  std::string finish();
  std::set<int> in_doubt();
  /// The first column of the first row, read by a connection of somebody else, which stays open until the process ends.
  std::string read(const std::string& sql) const;
  SqliteResource& resource() { return *resource_; }

 private:
  /// What was asked of a branch, and what was answered.
  struct Asked {
    bool prepare = false, commit = false, abort = false, one_phase = false, forget = false;
    bool voted = false, committed = false, aborted = false, read_only = false;
    int runs = 0;  // of its payload
  };
  struct Found {
    int state = 0;  // of troth_branch; 0: no row
    bool moved = false;
  };

  Branch branch_of(int n, unsigned attempt = 1, bool joined = false) const;
  Vote work(sqlite3* db, const Branch& of);
  /// True when `call` was answered by a process that lives.
  template <class Call>
  bool ask(const Call& call) {
    if (!is_alive()) return false;
    try {
      call();
    } catch (const SqliteError&) {
      return false;
    }
    return is_alive();
  }
  void say_wrong(const std::string& what);
  std::string law_of(int n, const Found& found, bool below_horizon) const;
  std::string law_of_told(const Asked& asked, const Found& found, bool gone_is_right) const;
  std::map<int, Found> look();

  vfs::SimDisk disk_;
  SimFiles files_;
  SqliteOptions options_;
  std::unique_ptr<SqliteResource> resource_;
  mutable std::shared_ptr<sqlite3> stranger_;
  std::atomic<bool> broken_{false};
  std::map<int, Asked> asked_;
  std::map<int, std::string> payloads_;
  std::string wrong_;  // an answer that must not be
};

}  // namespace troth::testing
