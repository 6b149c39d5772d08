// The check itself: it must find what it is there to find.
#include "tests/e2e/demo/books.h"

#include <sqlite3.h>

#include "tests/e2e/demo/report.h"
#include "tests/e2e/demo/system.h"
#include "tests/e2e/world.h"

namespace troth::e2e {
namespace {

class Books : public ::testing::Test {
 protected:
  Books() {
    for (const std::string& file : files_) {
      run(file,
          "CREATE TABLE account(id INTEGER PRIMARY KEY NOT NULL, balance INTEGER NOT NULL);"
          "CREATE TABLE transfer(transaction_id TEXT, account INTEGER, amount INTEGER);"
          "CREATE TABLE troth_branch(state INTEGER);"
          "INSERT INTO account VALUES (1, 10000), (2, 10000);");
    }
    demo::Transfer made;
    made.from_bank = 0;
    made.from_account = 1;
    made.to_account = 2;
    made.amount = 30;
    for (made.number = 1; made.number <= 2; ++made.number) transfers_.push_back(made);
    told_ = {{1, "t1", true, ""}, {2, "t2", false, "vote"}};
    enter(0, "t1", 1, -30);
    enter(1, "t1", 2, 30);
  }

  static void run(const std::string& file, const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  void enter(std::size_t bank, const std::string& transaction, int account, int amount) {
    run(files_[bank], "INSERT INTO transfer VALUES ('" + transaction + "', " + std::to_string(account) + ", " +
                          std::to_string(amount) + "); UPDATE account SET balance = balance + " +
                          std::to_string(amount) + " WHERE id = " + std::to_string(account));
  }
  std::size_t wrong() const { return demo::mismatches(files_, transfers_, told_).size(); }

  TempDir dir_;
  const demo::Databases files_{dir_.file("a.db"), dir_.file("b.db")};
  std::vector<demo::Transfer> transfers_;
  std::vector<demo::Told> told_;
};

TEST_F(Books, ThatAreRightHaveNoMismatch) {
  EXPECT_EQ(wrong(), 0u);
  EXPECT_EQ(demo::money_in(files_), 40'000);
}

TEST_F(Books, ACommittedTransferMissingOnOneSideIsFound) {
  run(files_[1], "DELETE FROM transfer; UPDATE account SET balance = 10000");
  EXPECT_EQ(wrong(), 1u);
  EXPECT_EQ(demo::money_in(files_), 39'970);
}

TEST_F(Books, ACommittedTransferMadeTwiceIsFound) {
  enter(1, "t1", 2, 30);
  EXPECT_EQ(wrong(), 1u);
}

TEST_F(Books, ACommittedTransferOfAnotherAmountIsFound) {
  run(files_[0], "UPDATE transfer SET amount = -31; UPDATE account SET balance = 9969 WHERE id = 1");
  EXPECT_EQ(wrong(), 1u);
}

TEST_F(Books, AnAbortedTransferOnASideIsFound) {
  enter(0, "t2", 1, -30);
  EXPECT_EQ(wrong(), 1u);
}

TEST_F(Books, ATransactionNobodyWasToldOfIsFound) {
  enter(0, "t3", 1, -30);
  enter(1, "t3", 2, 30);
  EXPECT_EQ(wrong(), 2u);
}

TEST_F(Books, ABalanceThatIsNotTheSumOfItsTransfersIsFound) {
  run(files_[0], "UPDATE account SET balance = balance + 1 WHERE id = 2");
  EXPECT_EQ(wrong(), 1u);
}

TEST_F(Books, ACommittedOverdraftIsFound) {
  transfers_[0].overdraws = true;
  EXPECT_EQ(wrong(), 1u);
}

TEST_F(Books, PreparedBranchesAreCounted) {
  run(files_[0], "INSERT INTO troth_branch VALUES (1), (2), (1)");
  EXPECT_EQ(demo::prepared_in(files_[0]), 2u);
}

TEST(Report, LastLineIsWhatOthersCheck) {
  demo::Result result;
  result.transfers = 5'000;
  result.kills_of[0] = 5;
  result.kills_of[1] = result.kills_of[2] = 1;
  result.money_before = result.money_after = 2'000'000;
  EXPECT_EQ(demo::last_line(result),
            "demo: 5000 transfers, 7 kills, money 2000000 -> 2000000, mismatches 0, in doubt 0");
}

TEST(Report, AnythingOffIsAFailure) {
  demo::Result good;
  good.transfers = good.committed = 10;
  good.money_before = good.money_after = 5;
  EXPECT_TRUE(good.holds(0));
  EXPECT_FALSE(good.holds(1));
  demo::Result bad = good;
  bad.money_after = 6;
  EXPECT_FALSE(bad.holds(0));
  bad = good;
  bad.in_doubt = 1;
  EXPECT_FALSE(bad.holds(0));
  bad = good;
  bad.mismatches.push_back("x");
  EXPECT_FALSE(bad.holds(0));
  bad = good;
  bad.committed = 9;
  EXPECT_FALSE(bad.holds(0));
  bad = good;
  bad.unclean_stop = "trothd ended with 1";
  EXPECT_FALSE(bad.holds(0));
}

}  // namespace
}  // namespace troth::e2e
