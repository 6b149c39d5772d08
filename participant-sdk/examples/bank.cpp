// A bank as a participant: accounts in a SQLite file, money moved by branches.
//
//   bank --name bank-a --db bank-a.db --coordinator ws://127.0.0.1:7400 [--accounts 100] [--balance 10000]
//
// A branch's payload is {"account": 7, "amount": -50}. It is refused when the account is not there or would be
// overdrawn.
#include <troth/participant.h>
#include <troth/sqlite.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

namespace {

using Flags = std::map<std::string, std::string>;

constexpr unsigned kThreads = 32;

Flags read_flags(int argc, char** argv) {
  Flags flags{{"--name", "bank"},
              {"--db", "bank.db"},
              {"--coordinator", "ws://127.0.0.1:7400"},
              {"--accounts", "100"},
              {"--balance", "10000"}};
  for (int i = 1; i < argc; i += 2) {
    if (flags.count(argv[i]) == 0 || i + 1 == argc)
      throw std::invalid_argument(std::string("what is ") + argv[i] + "?");
    flags[argv[i]] = argv[i + 1];
  }
  return flags;
}

/// Makes the tables, and at the first start the accounts.
std::string schema(const Flags& flags) {
  const std::string accounts = std::to_string(std::stoul(flags.at("--accounts")));
  const std::string balance = std::to_string(std::stoul(flags.at("--balance")));
  return "CREATE TABLE IF NOT EXISTS account("
         "  id INTEGER PRIMARY KEY NOT NULL,"
         "  balance INTEGER NOT NULL CHECK (typeof(balance) = 'integer'),"
         "  CONSTRAINT sufficient_funds CHECK (balance >= 0));"
         "CREATE TABLE IF NOT EXISTS transfer("
         "  transaction_id TEXT NOT NULL, account INTEGER NOT NULL, amount INTEGER NOT NULL,"
         "  PRIMARY KEY (transaction_id, account)) WITHOUT ROWID;"
         "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < " +
         accounts + ") INSERT INTO account SELECT id, " + balance + " FROM n WHERE NOT EXISTS (SELECT 1 FROM account);";
}

troth::Vote transfer(sqlite3* db, const troth::Branch& branch) {
  const auto moved = troth::sqlite_execute(db,
                                           "UPDATE account SET balance = balance + json_extract(?1, '$.amount') "
                                           "WHERE id = json_extract(?1, '$.account')",
                                           {branch.payload});
  if (moved != 1) return {troth::Vote::kAbort, "there is no such account"};
  troth::sqlite_execute(db,
                        "INSERT INTO transfer VALUES (?1, json_extract(?2, '$.account'), json_extract(?2, '$.amount'))",
                        {to_text(branch.id.transaction), branch.payload});
  return troth::Vote::kCommit;
}

int serve(const Flags& flags) {
  troth::SqliteOptions database;
  database.schema = schema(flags);
  database.max_waiting = kThreads / 2;
  troth::SqliteResource accounts(flags.at("--db"), transfer, database);

  troth::Options options = troth::Options::from_environment(flags.at("--name"));
  options.coordinator = flags.at("--coordinator");
  options.threads = kThreads;  // many branches at once share one sync of the disk
  options.on_state = [](std::string_view state) { std::cerr << "bank: " << state << std::endl; };
  troth::Participant participant(options, accounts);
  return participant.run();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return serve(read_flags(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "bank: " << error.what() << std::endl;
    return 2;
  }
}
