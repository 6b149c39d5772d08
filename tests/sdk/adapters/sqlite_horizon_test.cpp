// Markers below the horizon go in bounded parts, the horizon is durable before the first of them does, and a crash at
// any operation of it leaves nothing that lets an old prepare run again.
#include "tests/sdk/adapters/sim_bank.h"

namespace troth::testing {
namespace {

using vfs::Ending;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kStride = 23;
#else
constexpr std::uint64_t kStride = 1;
#endif

constexpr int kFirst = 101;
constexpr int kHorizon = 2'201;  // more than two parts of 1,000 below it
constexpr int kBelow = kHorizon - kFirst;
constexpr int kAbove = 5;
constexpr int kInDoubt = 1;

const std::string kTombstones = "SELECT count(*) FROM troth_branch WHERE state = 3 AND hex(substr(key, 19, 6)) ";

std::string hex(int sequence) {
  char text[13];
  std::snprintf(text, sizeof text, "%012X", static_cast<unsigned>(sequence));
  return std::string("'") + text + "'";
}

class SqliteHorizon : public ::testing::Test {
 protected:
  SqliteHorizon() : before_(std::make_unique<SimBank>(vfs::Medium{})) {
    EXPECT_TRUE(before_->start());
    before_->prepare(kInDoubt);
    before_->stop();
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open_v2(SimBank::kFile, &db, SQLITE_OPEN_READWRITE, before_->files().sqlite_vfs()), SQLITE_OK);
    sqlite_execute(db, "BEGIN");
    for (int n = kFirst; n < kHorizon + kAbove; ++n) {
      const BranchId id = branch(static_cast<std::uint64_t>(n)).id;
      sqlite_execute(db, "INSERT INTO troth_branch(key, state, branch, lsn) VALUES (CAST(?1 AS BLOB), 3, ?2, 0)",
                     {to_bytes(id.transaction) + std::string("\0\0\0\1", 4), to_text(id)});
    }
    sqlite_execute(db, "COMMIT");
    sqlite3_close(db);
  }

  /// One life in which the horizon moves; every nudge lets one part happen.
  static void move_horizon(SimBank& bank) {
    bank.forget({}, kHorizon);
    for (int i = 0; i < 5; ++i) bank.nudge();
  }
  static int below(const SimBank& bank) { return std::stoi(bank.read(kTombstones + "< " + hex(kHorizon))); }
  static bool is_durable(const SimBank& bank) { return bank.read("SELECT 1 FROM troth_horizon") == "1"; }

  /// Which law a start finds broken.
  static std::string broken(SimBank& bank) {
    if (!bank.start()) return "it does not start";
    const int left = below(bank);
    if (left != kBelow && !is_durable(bank)) return "deleted by a horizon that is not durable";
    if (left != 0 && (kBelow - left) % 1'000 != 0) return "half a part is deleted, " + std::to_string(left) + " left";
    if (bank.read(kTombstones + ">= " + hex(kHorizon)) != std::to_string(kAbove)) return "deleted above the horizon";
    for (const int n : {kFirst, kHorizon - 1, kHorizon}) {
      if (bank.resource().prepare(branch(static_cast<std::uint64_t>(n), "SELECT 1")).kind() != Vote::kAbort) {
        return "an old prepare of " + std::to_string(n) + " runs";
      }
    }
    return bank.broken_law();
  }

  std::unique_ptr<SimBank> before_;
};

TEST_F(SqliteHorizon, MovesFirstAndDeletesInPartsACrashAtAnyOperationCannotMix) {
  std::uint64_t runs = 0;
  for (std::uint64_t at = 1;; at += kStride) {
    bool over = false;
    for (const Ending ending : {Ending::kKill, Ending::kNothingKept, Ending::kRandom}) {
      SCOPED_TRACE("operation " + std::to_string(at) + ", ending " + std::to_string(static_cast<int>(ending)));
      SimBank bank({});
      bank.become(*before_);
      vfs::seed_sqlite(1);
      bank.disk().crash_at(at, ending, at);
      if (bank.start()) move_horizon(bank);
      over = !bank.disk().is_dead();
      bank.die(ending, at);
      bank.disk().faults().heal();
      ++runs;
      ASSERT_EQ(broken(bank), "");
      const int served = below(bank);
      const bool was_durable = is_durable(bank);
      bank.die(Ending::kNothingKept);
      ASSERT_EQ(broken(bank), "");
      ASSERT_EQ(below(bank), served) << "served, and not so later";
      ASSERT_EQ(is_durable(bank), was_durable) << "served, and not so later";
      // Told again, as each Welcome does, it goes on where it was; who is in doubt stays so.
      if (runs % 5 != 0) continue;
      move_horizon(bank);
      ASSERT_EQ(below(bank), 0);
      ASSERT_EQ(bank.in_doubt(), std::set<int>{kInDoubt});
      bank.commit(kInDoubt);
      ASSERT_EQ(bank.broken_law(), "");
    }
    if (over) break;
  }
  std::printf("horizon: runs %llu\n", static_cast<unsigned long long>(runs));
  EXPECT_GT(runs, 400u / kStride);
}

TEST_F(SqliteHorizon, DeletesNoMoreThanAThousandInOneTransaction) {
  SimBank bank({});
  bank.become(*before_);
  ASSERT_TRUE(bank.start());
  int last = kBelow;
  bool was_durable = false;
  std::set<int> seen;
  bank.disk().faults().watch([&](vfs::Operation) {
    const int now = below(bank);
    EXPECT_LE(last - now, 1'000);
    if (now != kBelow) {
      EXPECT_TRUE(was_durable) << "the horizon was to be durable before the first part";
    }
    was_durable = is_durable(bank);
    seen.insert(last = now);
  });
  move_horizon(bank);
  bank.disk().faults().watch(nullptr);
  EXPECT_EQ(below(bank), 0);
  EXPECT_GE(seen.size(), 3u);
}

}  // namespace
}  // namespace troth::testing
