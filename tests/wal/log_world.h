// tests/wal/log_world.h: one data directory on a simulated disk through many processes, and what they told the world.
// The laws of the log are checked at each start: what was told or served is there, what is there was appended, and
// nothing is missing in the middle.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/sqlite_sim_log.h"

namespace troth::wal {

/// How many records back the log must remember: each record makes the one so far before it obsolete.
inline constexpr std::size_t kRemembered = 40;

/// Folds the numbered records of a LogWorld; dense LSNs and whole records are checked on the way.
class NumberedReplayer : public Replayer {
 public:
  std::string see(const Stored& record) override;
  Lsn rebuilt(Lsn cut, const std::function<void(const Record&)>& add) override;
  void reset() override { *this = {}; }

  /// One above the newest number, when all those that must be remembered are there.
  std::size_t end();

  Lsn last = 0;
  std::string broken;  // the first law that did not hold

 private:
  std::set<std::size_t> numbers_;
};

/// Record `number`: its size, and whether it has a key, follow from its number.
Record numbered_record(std::size_t number);
std::string key_of(std::size_t number);

/// Rules that a world can break, to show that the checks notice.
enum class Fraud {
  kNone,
  kTellsBeforeTheCommit,
  kServesWithoutRebuild,
  kHeadBeforeTheCommit,
  kCommitsWithoutSync,  // as synchronous=NORMAL: the -wal is not synced by a COMMIT
};

class LogWorld {
 public:
  explicit LogWorld(const vfs::Medium& medium, Fraud fraud = Fraud::kNone);
  /// The same disk and the same memory of the world, without a process.
  void become(const LogWorld& other);

  vfs::SimDisk& disk() { return storage_.disk(); }
  const vfs::SimDisk& disk() const { return storage_.disk(); }

  /// A process starts: opens, and answers from what it read. False: refused, `why` says so.
  bool start();
  /// One group commit of one to four records. False: the process must end.
  bool commit();
  /// Says everything so far again in a new set and lets the log drop what it said before; commits batches meanwhile.
  /// False: the process must end.
  bool compact();
  /// The orderly stop. False: the process must end.
  bool stop();
  /// The process is gone, and maybe the power.
  void end(vfs::Ending ending, std::uint64_t salt = 0);
  /// Asks for the newest record that was told and has a key. False: the process must end.
  bool ask();

  /// Empty while every law held; else the first that did not.
  const std::string& broken() const { return broken_; }
  const std::string& why() const { return why_; }
  int exit_code() const { return exit_code_; }
  std::size_t told() const { return told_; }

 private:
  bool write(const std::vector<Record>& records);
  void write_head_for(const std::vector<Record>& records);
  void check(bool holds, const std::string& law);

  const Fraud fraud_;
  sim::SqliteStorage storage_;
  std::unique_ptr<sim::RunningLog> log_;
  std::size_t made_ = 0;  // records that were ever appended and may exist: numbers below it
  std::size_t told_ = 0;  // numbers below it were acknowledged, or served by a start
  std::string broken_;
  std::string why_;
  int exit_code_ = 0;
};

/// What one process does, how it ends, in a history of more than 120 group commits with checkpoints of the -wal,
/// dropped prefixes, orderly stops, kills and power cuts.
struct Chapter {
  int commits = 12;
  bool compacts = false;
  bool stops = false;                         // in order; else:
  vfs::Ending ending = vfs::Ending::kRandom;  // how it is ended
};
const std::vector<Chapter>& chapters();

/// The first chapter in which operations fail.
inline constexpr std::size_t kFirstWithFailures = 0;

/// False: the process ended before its time.
bool live(LogWorld& world, const Chapter& chapter);
/// The end that the chapter has when nothing goes wrong.
void finish(LogWorld& world, const Chapter& chapter);

/// The state before each chapter, and what the disk did in it.
struct Page {
  std::unique_ptr<LogWorld> before;
  std::vector<vfs::Operation> operations;
  std::uint64_t reads = 0;
};
std::vector<Page> write_history(const vfs::Medium& medium);

/// After a crash: recovers, serves, loses the power, recovers again, goes on, and stops in order. Returns the first law
/// that did not hold, or why the log did not open; empty when all is well.
std::string recover_and_go_on(LogWorld& world);

}  // namespace troth::wal
