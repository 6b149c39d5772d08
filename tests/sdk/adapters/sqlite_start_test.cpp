// What a start does before it answers anybody: the schema, and the files of which nobody knows what is on disk.
#include <sys/stat.h>

#include <fstream>

#include "tests/sdk/adapters/sqlite_fixture.h"

namespace troth::testing {
namespace {

namespace fs = std::filesystem;

class SqliteSchema : public SqliteAdapter {
 protected:
  /// Why a start with `more` in the schema is refused; "" when it is not.
  std::string start_with(const std::string& more) {
    resource_.reset();
    SqliteOptions options = options_;
    options.schema += more;
    try {
      resource_ = std::make_unique<SqliteResource>(path(), work_, options);
      return "";
    } catch (const SqliteError& error) {
      return error.what();
    }
  }
  static std::string broken(const std::string& why) {
    return "branch " + to_text(branch(1).id) + " is in doubt and this schema change would break it (" + why +
           "); start the old program until it is settled";
  }
};

TEST_F(SqliteSchema, ThatWouldBreakABranchInDoubtIsRefusedAndLeavesNoTrace) {
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  EXPECT_EQ(start_with("UPDATE account SET balance = 50;"), broken("account(1) has other values than the branch saw"));
  EXPECT_EQ(start_with("DELETE FROM account WHERE id = 1;"), broken("account(1) is gone"));
  EXPECT_EQ(start_with("ALTER TABLE account RENAME TO accounts;"), broken("account is not an ordinary table"));
  EXPECT_EQ(start_with("ALTER TABLE account DROP COLUMN balance; "),
            broken("a table the branch changed has another shape now"));
  EXPECT_EQ(start_with("CREATE TRIGGER g AFTER UPDATE ON account BEGIN DELETE FROM account; END;"),
            broken("table account has a trigger"));
  restart();
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  EXPECT_EQ(balance(1), 70);
  EXPECT_EQ(start_with("UPDATE account SET balance = 50;"), "");
  EXPECT_EQ(balance(1), 50);
}

TEST_F(SqliteSchema, ThatTheBranchInDoubtCanLiveWithIsTaken) {
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  EXPECT_EQ(start_with("ALTER TABLE account ADD COLUMN note; UPDATE account SET balance = 50 WHERE id = 2;"), "");
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  EXPECT_EQ(balance(1), 70);
}

TEST_F(SqliteSchema, IsNotToBlameForABranchBrokenBefore) {
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  resource_.reset();
  sqlite3* intruder = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &intruder), SQLITE_OK);
  sqlite_execute(intruder, "UPDATE account SET balance = 5 WHERE id = 1");
  sqlite3_close(intruder);
  EXPECT_EQ(start_with(""), "");
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kHeuristicAbort);
}

TEST_F(SqliteSchema, CannotEndItsTransaction) {
  EXPECT_NE(start_with("COMMIT; DROP TABLE account;"), "");
  EXPECT_EQ(count("account"), 10);
}

class SqliteFile : public SqliteAdapter {
 protected:
  std::string beside(const std::string& suffix) const { return path() + suffix; }
  ino_t inode() const {
    struct stat of {};
    EXPECT_EQ(::stat(path().c_str(), &of), 0);
    return of.st_ino;
  }
};

TEST_F(SqliteFile, ThatIsUnsureIsRebuiltBeforeAnAnswerAndOnlyThen) {
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  const ino_t before = inode();
  restart();
  EXPECT_EQ(inode(), before);
  resource_.reset();
  fs::permissions(path(), fs::perms::owner_read | fs::perms::owner_write);
  std::ofstream(beside(".troth-unsure")).close();
  std::ofstream(beside(".troth-rebuilding")) << "half a copy of an earlier try";
  restart();
  EXPECT_NE(inode(), before);
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  for (const char* gone : {".troth-unsure", ".troth-rebuilding", ".troth-rebuilt"}) {
    EXPECT_FALSE(fs::exists(beside(gone))) << gone;
  }
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  EXPECT_EQ(balance(1), 70);
}

TEST_F(SqliteFile, ThatWasRebuiltTakesThePlaceOfTheOldOneAndItsWal) {
  EXPECT_EQ(prepare(branch(1, move(1, -30))), "commit");
  read_as_stranger(path(), "VACUUM INTO '" + beside(".troth-rebuilt") + "'");
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  fs::copy_file(beside("-wal"), beside("-kept"));
  resource_.reset();
  fs::rename(beside("-kept"), beside("-wal"));
  std::ofstream(beside(".troth-unsure")).close();
  restart();
  EXPECT_EQ(balance(1), 100) << "pages of the old WAL came back";
  EXPECT_EQ(read("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(resource_->in_doubt(), std::vector<BranchId>{branch(1).id});
  EXPECT_FALSE(fs::exists(beside(".troth-rebuilt")) || fs::exists(beside(".troth-unsure")));
}

TEST_F(SqliteFile, ThatIsUnsureIsNotRebuiltUnderAReader) {
  resource_.reset();
  std::ofstream(beside(".troth-unsure")).close();
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &reader), SQLITE_OK);
  sqlite_value(reader, "SELECT count(*) FROM account");
  EXPECT_THROW(restart(), SqliteError);
  EXPECT_TRUE(fs::exists(beside(".troth-unsure")));
  sqlite3_close(reader);
  restart();
}

TEST_F(SqliteFile, HasOneNameHoweverItIsReached) {
  const std::string link = dir_.file("link.db");
  fs::create_symlink(path(), link);
  EXPECT_THROW(SqliteResource(link, run_payload, options_), SqliteError);
  EXPECT_THROW(SqliteResource(":memory:", run_payload), SqliteError);
}

}  // namespace
}  // namespace troth::testing
