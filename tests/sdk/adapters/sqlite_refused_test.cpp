// SQL that a changeset cannot keep safe is refused before it runs, and says why.
#include "tests/sdk/adapters/sqlite_fixture.h"

namespace troth::testing {
namespace {

struct Case {
  const char* name;
  const char* setup;
  const char* sql;
  const char* reason;
};

void PrintTo(const Case& of, std::ostream* out) {
  *out << of.name;
}

class SqliteRefuses : public SqliteAdapter, public ::testing::WithParamInterface<Case> {};

TEST_P(SqliteRefuses, WithAReasonAndWithoutATrace) {
  options_.schema += GetParam().setup;
  restart();
  EXPECT_EQ(prepare(branch(1, GetParam().sql)), GetParam().reason);
  EXPECT_EQ(count("troth_branch") + count("troth_lock"), 0);
  EXPECT_EQ(prepare(branch(2, move(1, 1))), "commit");
}

const Case kCases[] = {
    {"NoPrimaryKey", "CREATE TABLE IF NOT EXISTS t(a);", "INSERT INTO t VALUES (1)", "table t has no primary key"},
    {"RowidBesideKey", "CREATE TABLE IF NOT EXISTS t(a TEXT PRIMARY KEY NOT NULL);", "INSERT INTO t VALUES ('x')",
     "table t has a rowid beside its key: make it WITHOUT ROWID"},
    {"DescendingIntegerKeyIsNoRowid", "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY DESC);",
     "INSERT INTO t VALUES (1)", "table t has a rowid beside its key: make it WITHOUT ROWID"},
    {"KeyIgnoresCase", "CREATE TABLE IF NOT EXISTS t(a TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID;",
     "INSERT INTO t VALUES ('x')", "table t has a primary key that is not compared as BINARY"},
    {"OnlyTheColumnIgnoresCase",
     "CREATE TABLE IF NOT EXISTS t(a TEXT COLLATE NOCASE, PRIMARY KEY (a COLLATE BINARY)) WITHOUT ROWID;",
     "INSERT INTO t VALUES ('x')", "table t has a primary key that is not compared as BINARY"},
    {"OnlyTheIndexIgnoresCase", "CREATE TABLE IF NOT EXISTS t(a TEXT, PRIMARY KEY (a COLLATE NOCASE)) WITHOUT ROWID;",
     "INSERT INTO t VALUES ('x')", "table t has a primary key that is not compared as BINARY"},
    {"UniqueBesideKey", "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b UNIQUE);", "INSERT INTO t VALUES (1, 1)",
     "table t has a UNIQUE key beside its primary key"},
    {"UniqueIndex",
     "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b); CREATE UNIQUE INDEX IF NOT EXISTS i ON t(b);",
     "INSERT INTO t VALUES (1, 1)", "table t has a UNIQUE key beside its primary key"},
    {"Generated", "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b AS (a + 1));", "INSERT INTO t VALUES (1)",
     "table t has generated columns"},
    {"Trigger",
     "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY);"
     "CREATE TRIGGER IF NOT EXISTS g AFTER INSERT ON T BEGIN UPDATE account SET balance = 0; END;",
     "INSERT INTO t VALUES (1)", "table t has a trigger"},
    {"TemporaryTrigger",
     "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY);"
     "CREATE TEMP TRIGGER g AFTER INSERT ON T BEGIN UPDATE account SET balance = 0; END;",
     "INSERT INTO t VALUES (1)", "table t has a trigger"},
    {"ForeignKey",
     "CREATE TABLE IF NOT EXISTS p(a INTEGER PRIMARY KEY);"
     "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY REFERENCES p(a));",
     "INSERT INTO t VALUES (1)", "table t has a foreign key"},
    {"Referenced",
     "CREATE TABLE IF NOT EXISTS p(a INTEGER PRIMARY KEY);"
     "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b REFERENCES P(a));",
     "INSERT INTO p VALUES (1)", "table p is referenced by a foreign key"},
    {"Virtual", "CREATE VIRTUAL TABLE IF NOT EXISTS t USING fts5(a);", "INSERT INTO t VALUES ('x')",
     "t is not an ordinary table"},
    {"View",
     "CREATE VIEW IF NOT EXISTS v AS SELECT * FROM account;"
     "CREATE TRIGGER IF NOT EXISTS g INSTEAD OF INSERT ON v BEGIN DELETE FROM account; END;",
     "INSERT INTO v VALUES (70, 1)", "v is not an ordinary table"},
    {"AdaptersTable", "", "DELETE FROM troth_lock", "table troth_lock belongs to the adapter"},
    {"AdaptersTableInCapitals", "", "DELETE FROM TROTH_BRANCH", "table troth_branch belongs to the adapter"},
    {"CreateTable", "", "CREATE TABLE n(a INTEGER PRIMARY KEY)", "changing the schema is refused in a branch"},
    {"CreateTemporary", "", "CREATE TEMP TABLE n(a INTEGER PRIMARY KEY)", "changing the schema is refused in a branch"},
    {"DropTable", "", "DROP TABLE account", "changing the schema is refused in a branch"},
    {"AlterTable", "", "ALTER TABLE account ADD COLUMN c", "changing the schema is refused in a branch"},
    {"CreateIndex", "", "CREATE INDEX i ON account(balance)", "changing the schema is refused in a branch"},
    {"Commit", "", "COMMIT", "COMMIT is refused in a branch: the adapter owns the transaction"},
    {"Rollback", "", "ROLLBACK", "ROLLBACK is refused in a branch: the adapter owns the transaction"},
    {"Savepoint", "", "SAVEPOINT s", "SAVEPOINT is refused in a branch: the adapter owns the transaction"},
    {"Release", "", "RELEASE troth_place", "SAVEPOINT is refused in a branch: the adapter owns the transaction"},
    {"Pragma", "", "PRAGMA synchronous = OFF", "PRAGMA synchronous is refused in a branch"},
    {"PragmaAsTable", "", "SELECT * FROM pragma_user_version", "changing the schema is refused in a branch"},
    {"Attach", "", "ATTACH ':memory:' AS other", "ATTACH and DETACH are refused in a branch"},
    {"Constraint", "", "INSERT INTO account VALUES (1, 5)", "UNIQUE constraint failed: account.id"},
    {"OrRollback", "", "INSERT OR ROLLBACK INTO account VALUES (1, 5)", "UNIQUE constraint failed: account.id"},
};

INSTANTIATE_TEST_SUITE_P(EachKind, SqliteRefuses, ::testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

using SqliteRefusal = SqliteAdapter;

TEST_F(SqliteRefusal, StandsWhenTheWorkIgnoredTheError) {
  work_ = [](sqlite3* db, const Branch& of) -> Vote {
    sqlite3_exec(db, of.payload.c_str(), nullptr, nullptr, nullptr);
    return Vote::kCommit;
  };
  restart();
  EXPECT_EQ(prepare(branch(1, "UPDATE account SET balance = 1 WHERE id = 1; CREATE TABLE n(a)")),
            "changing the schema is refused in a branch");
  EXPECT_EQ(prepare(branch(2, "INSERT OR ROLLBACK INTO account VALUES (1, 5)")),
            "the branch's SQL ended the transaction");
  EXPECT_EQ(count("troth_branch"), 0);
}

TEST_F(SqliteRefusal, OfATransactionThatEndedLetsNothingCommitByItself) {
  work_ = [](sqlite3* db, const Branch& of) -> Vote {
    sqlite3_stmt* before = nullptr;
    sqlite3_prepare_v2(db, "UPDATE account SET balance = 1 WHERE id = 1", -1, &before, nullptr);
    sqlite3_exec(db, of.payload.c_str(), nullptr, nullptr, nullptr);
    EXPECT_EQ(sqlite3_get_autocommit(db), 1);
    EXPECT_NE(sqlite3_step(before), SQLITE_DONE);
    sqlite3_finalize(before);
    EXPECT_NE(sqlite3_exec(db, "UPDATE account SET balance = 2 WHERE id = 2", nullptr, nullptr, nullptr), SQLITE_OK);
    return Vote::kCommit;
  };
  restart();
  EXPECT_EQ(prepare(branch(1, "INSERT OR ROLLBACK INTO account VALUES (1, 5)")),
            "the branch's SQL ended the transaction");
  EXPECT_EQ(balance(1), 100);
  EXPECT_EQ(balance(2), 100);
}

TEST_F(SqliteRefusal, AStatementLeftOpenDoesNotReachTheNextBranch) {
  sqlite3_stmt* left = nullptr;
  work_ = [&left](sqlite3* db, const Branch& of) -> Vote {
    sqlite3_finalize(left);
    left = nullptr;
    sqlite3_prepare_v2(db, "SELECT id FROM account", -1, &left, nullptr);
    sqlite3_step(left);
    return run_payload(db, of);
  };
  restart();
  EXPECT_EQ(prepare(branch(1, move(1, -10))), "commit");
  EXPECT_EQ(sqlite3_stmt_busy(left), 0);
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  sqlite3_finalize(left);
  EXPECT_EQ(balance(1), 90);
}

TEST_F(SqliteRefusal, IsForASecondStatementThatWouldBeDropped) {
  EXPECT_EQ(prepare(branch(1, move(1, -30) + "; " + move(2, 30))), "more than one SQL statement");
  EXPECT_EQ(prepare(branch(2, move(1, -30) + "; nonsense")), "more than one SQL statement");
  EXPECT_EQ(prepare(branch(5, move(1, -30) + std::string(1, '\0') + move(2, 30))), "more than one SQL statement");
  EXPECT_EQ(prepare(branch(3, move(1, -30) + " ; -- that is all\n ;")), "commit");
  work_ = [](sqlite3* db, const Branch& of) -> Vote {
    sqlite_value(db, of.payload);
    return Vote::kCommit;
  };
  restart();
  EXPECT_EQ(prepare(branch(4, "SELECT 1; " + move(2, 30))), "more than one SQL statement");
}

TEST_F(SqliteRefusal, IsNotForTableFunctions) {
  EXPECT_EQ(prepare(branch(1, "UPDATE account SET balance = 1 WHERE id IN (SELECT value FROM json_each('[1, 2]'))")),
            "commit");
  EXPECT_EQ(count("troth_lock"), 2);
}

TEST_F(SqliteRefusal, IsNotForTheFirstUseOfATableFunction) {
  options_.schema.clear();
  restart();
  EXPECT_EQ(prepare(branch(1, "SELECT * FROM json_each('[1, 2]')")), "read_only");
  EXPECT_EQ(prepare(branch(2, "SELECT * FROM json_tree('[1, 2]')")), "read_only");
}

TEST_F(SqliteRefusal, ATableIsJudgedAgainWhenTheSchemaChanged) {
  EXPECT_EQ(prepare(branch(1, move(1, 1))), "commit");
  EXPECT_EQ(resource_->commit(branch(1)), Ack::kCommitted);
  options_.schema += "CREATE UNIQUE INDEX IF NOT EXISTS one_balance ON account(id, balance);";
  restart();
  EXPECT_EQ(prepare(branch(2, move(2, 1))), "table account has a UNIQUE key beside its primary key");
}

}  // namespace
}  // namespace troth::testing
