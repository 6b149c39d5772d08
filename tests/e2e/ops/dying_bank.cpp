// The example's bank with one defect: told to commit, it dies before it has done so. It has voted, so it must finish:
// started as `bank` on the same file, it does.
//
//   dying_bank --name bank-b --db bank-b.db --coordinator ws://127.0.0.1:7400
#include <signal.h>
#include <troth/participant.h>
#include <troth/sqlite.h>

#include <exception>
#include <iostream>
#include <map>
#include <string>

namespace {

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS account(id INTEGER PRIMARY KEY NOT NULL, balance INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS transfer("
    "  transaction_id TEXT NOT NULL, account INTEGER NOT NULL, amount INTEGER NOT NULL,"
    "  PRIMARY KEY (transaction_id, account)) WITHOUT ROWID;"
    "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 100)"
    "  INSERT INTO account SELECT id, 10000 FROM n WHERE NOT EXISTS (SELECT 1 FROM account);";

troth::Vote transfer(sqlite3* db, const troth::Branch& branch) {
  troth::sqlite_execute(db,
                        "UPDATE account SET balance = balance + json_extract(?1, '$.amount') "
                        "WHERE id = json_extract(?1, '$.account')",
                        {branch.payload});
  troth::sqlite_execute(db,
                        "INSERT INTO transfer VALUES (?1, json_extract(?2, '$.account'), json_extract(?2, '$.amount'))",
                        {to_text(branch.id.transaction), branch.payload});
  return troth::Vote::kCommit;
}

class DyingBank : public troth::SqliteResource {
 public:
  using SqliteResource::SqliteResource;
  troth::Ack commit(const troth::Branch& branch) override {
    std::cerr << "bank: told to commit " << to_text(branch.id) << ", and gone" << std::endl;
    ::raise(SIGKILL);
    return SqliteResource::commit(branch);
  }
};

}  // namespace

int main(int argc, char** argv) {
  try {
    std::map<std::string, std::string> flags;
    for (int i = 1; i + 1 < argc; i += 2) flags[argv[i]] = argv[i + 1];
    troth::SqliteOptions database;
    database.schema = kSchema;
    DyingBank accounts(flags.at("--db"), transfer, database);
    troth::Options options = troth::Options::from_environment(flags.at("--name"));
    options.coordinator = flags.at("--coordinator");
    return troth::Participant(options, accounts).run();
  } catch (const std::exception& error) {
    std::cerr << "dying_bank: " << error.what() << std::endl;
    return 2;
  }
}
