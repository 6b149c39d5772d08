// A bank for the chaos tests: as the SDK's example, but it can be pinned, votes read-only on a payload that moves
// nothing, and comes back within a moment.
//
//   teller --name t --db t.db --coordinator ws://127.0.0.1:7400 --accounts 40 --balance 10000 [--pinned 1]
#include <troth/participant.h>
#include <troth/sqlite.h>

#include <exception>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

namespace {

using Flags = std::map<std::string, std::string>;

constexpr unsigned kThreads = 8;

Flags read_flags(int argc, char** argv) {
  Flags flags{{"--name", ""},     {"--db", ""},      {"--coordinator", ""},
              {"--accounts", ""}, {"--balance", ""}, {"--pinned", "0"}};
  for (int i = 1; i + 1 < argc; i += 2) flags.at(argv[i]) = argv[i + 1];
  return flags;
}

std::string schema(const Flags& flags) {
  return "CREATE TABLE IF NOT EXISTS account(id INTEGER PRIMARY KEY NOT NULL,"
         "  balance INTEGER NOT NULL CHECK (balance >= 0));"
         "CREATE TABLE IF NOT EXISTS transfer("
         "  transaction_id TEXT NOT NULL, account INTEGER NOT NULL, amount INTEGER NOT NULL,"
         "  PRIMARY KEY (transaction_id, account)) WITHOUT ROWID;"
         "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < " +
         std::to_string(std::stoul(flags.at("--accounts"))) + ") INSERT INTO account SELECT id, " +
         std::to_string(std::stoul(flags.at("--balance"))) + " FROM n WHERE NOT EXISTS (SELECT 1 FROM account);";
}

troth::Vote move(sqlite3* db, const troth::Branch& branch) {
  const auto amount = troth::sqlite_value(db, "SELECT json_extract(?1, '$.amount')", {branch.payload});
  if (std::get<std::int64_t>(amount) == 0) return troth::Vote::kReadOnly;
  troth::sqlite_execute(db,
                        "UPDATE account SET balance = balance + json_extract(?1, '$.amount') "
                        "WHERE id = json_extract(?1, '$.account')",
                        {branch.payload});
  troth::sqlite_execute(db,
                        "INSERT INTO transfer VALUES (?1, json_extract(?2, '$.account'), json_extract(?2, '$.amount'))",
                        {to_text(branch.id.transaction), branch.payload});
  return troth::Vote::kCommit;
}

int serve(const Flags& flags) {
  troth::SqliteOptions database;
  database.schema = schema(flags);
  database.max_waiting = kThreads / 2;
  troth::SqliteResource accounts(flags.at("--db"), move, database);

  troth::Options options;
  options.participant = flags.at("--name");
  options.coordinator = flags.at("--coordinator");
  options.pinned = flags.at("--pinned") == "1";
  if (options.pinned) options.instance = "desk-1";
  options.threads = kThreads;
  options.reconnect_min = std::chrono::milliseconds(5);
  options.reconnect_max = std::chrono::milliseconds(40);
  troth::Participant participant(options, accounts);
  return participant.run();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return serve(read_flags(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "teller: " << error.what() << std::endl;
    return 2;
  }
}
