// Transfers between two banks in random interleavings, with aborts, duplicates and restarts: the total never changes
// when nothing is open, and at every moment what strangers read is what was committed.
#include <algorithm>
#include <map>
#include <random>

#include "tests/sdk/adapters/sqlite_fixture.h"

namespace troth::testing {
namespace {

struct Transfer {
  int from = 0;
  int to = 0;
  int amount = 0;
  bool decided = false;
  bool commit = false;
  bool told[2] = {false, false};  // the decision, to the bank
};

class SqliteMoney : public ::testing::Test {
 protected:
  SqliteMoney() {
    options_.schema = kSchema;
    options_.lock_wait = std::chrono::milliseconds(0);
    for (int bank = 0; bank < 2; ++bank) restart(bank);
    for (auto& bank : expected_) {
      for (int account = 1; account <= 10; ++account) bank[account] = 100;
    }
  }

  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  std::string path(int bank) const { return dir_.file("bank" + std::to_string(bank) + ".db"); }
  void restart(int bank) {
    banks_[bank].reset();
    banks_[bank] = std::make_unique<SqliteResource>(path(bank), run_payload, options_);
  }

  void begin() {
    Transfer made;
    made.from = 1 + pick(10);
    made.to = 1 + pick(10);
    made.amount = 1 + pick(60);
    const std::uint64_t sequence = ++sequence_;
    const bool voted = vote(0, branch(sequence, move(made.from, -made.amount))) &
                       vote(1, branch(sequence, move(made.to, made.amount)));
    made.commit = voted && pick(5) != 0;
    open_[sequence] = made;
  }

  bool vote(int bank, const Branch& of) { return banks_[bank]->prepare(of).kind() == Vote::kCommit; }

  /// Tells one bank the decision on one open transfer, sometimes again.
  void tell() {
    if (open_.empty()) return;
    const auto at = std::next(open_.begin(), pick(static_cast<int>(open_.size())));
    Transfer& transfer = at->second;
    const int bank = pick(2);
    const Branch of = branch(at->first);
    if (transfer.commit) {
      EXPECT_EQ(banks_[bank]->commit(of), Ack::kCommitted);
      const int account = bank == 0 ? transfer.from : transfer.to;
      if (!transfer.told[bank]) expected_[bank][account] += bank == 0 ? -transfer.amount : transfer.amount;
      committed_ += transfer.told[bank] ? 0 : 1;
    } else {
      EXPECT_EQ(banks_[bank]->abort(of), Ack::kAborted);
    }
    transfer.told[bank] = true;
    if (transfer.told[0] && transfer.told[1] && pick(3) == 0) open_.erase(at);
  }

  void check(int bank) {
    for (const auto& [account, amount] : expected_[bank]) {
      const std::string sql = "SELECT balance FROM account WHERE id = " + std::to_string(account);
      ASSERT_EQ(read_as_stranger(path(bank), sql), std::to_string(amount)) << "account " << account;
    }
  }

  TempDir dir_;
  SqliteOptions options_;
  std::unique_ptr<SqliteResource> banks_[2];
  std::mt19937 random_;
  std::uint64_t sequence_ = 0;
  std::map<std::uint64_t, Transfer> open_;
  std::map<int, int> expected_[2];
  int committed_ = 0;
};

TEST_F(SqliteMoney, IsNeitherMadeNorLostInRandomInterleavings) {
  for (unsigned seed = 1; seed <= 10 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_.seed(seed);
    for (int step = 0; step < 150; ++step) {
      const int what = pick(20);
      what < 6 ? begin() : what < 19 ? tell() : restart(pick(2));
      if (step % 25 == 0) check(pick(2));
    }
    while (!open_.empty()) tell();
    for (int bank = 0; bank < 2; ++bank) {
      check(bank);
      EXPECT_TRUE(banks_[bank]->in_doubt().empty());
      EXPECT_EQ(read_as_stranger(path(bank), "SELECT count(*) FROM troth_lock"), "0");
    }
    const auto sum = [this](int bank) {
      return std::stoi(read_as_stranger(path(bank), "SELECT sum(balance) FROM account"));
    };
    EXPECT_EQ(sum(0) + sum(1), 2'000);
  }
  EXPECT_GT(committed_, 100) << "too few commits: the test showed little";
}

}  // namespace
}  // namespace troth::testing
