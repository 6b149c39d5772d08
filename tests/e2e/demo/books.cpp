#include "tests/e2e/demo/books.h"

#include <sqlite3.h>

#include <functional>
#include <memory>
#include <stdexcept>

#include "tests/e2e/demo/system.h"

namespace troth::demo {
namespace {

using EachRow = std::function<void(sqlite3_stmt*)>;

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

void read_rows(const std::string& file, const char* sql, const EachRow& each) {
  sqlite3* raw_db = nullptr;
  const int opened = sqlite3_open_v2(file.c_str(), &raw_db, SQLITE_OPEN_READONLY, nullptr);
  const std::unique_ptr<sqlite3, CloseDatabase> db(raw_db);
  const auto fail = [&] { throw std::runtime_error(file + ": " + sqlite3_errmsg(db.get())); };
  if (opened != SQLITE_OK) fail();
  sqlite3_busy_timeout(db.get(), 5'000);
  sqlite3_stmt* raw_statement = nullptr;
  if (sqlite3_prepare_v2(db.get(), sql, -1, &raw_statement, nullptr) != SQLITE_OK) fail();
  const std::unique_ptr<sqlite3_stmt, Finalize> statement(raw_statement);
  int code = SQLITE_OK;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) each(statement.get());
  if (code != SQLITE_DONE) fail();
}

std::int64_t read_number(const std::string& file, const char* sql) {
  std::int64_t number = 0;
  read_rows(file, sql, [&number](sqlite3_stmt* row) { number = sqlite3_column_int64(row, 0); });
  return number;
}

/// Takes the entries of `transaction` out of `entries`; true when they are `expected` alone.
bool take(Entries& entries, const std::string& transaction, const Entry& expected) {
  const auto [first, last] = entries.equal_range(transaction);
  const bool right = first != last && std::next(first) == last && first->second == expected;
  entries.erase(first, last);
  return right;
}

}  // namespace

Entries entries_of(const std::string& file) {
  Entries entries;
  read_rows(file, "SELECT transaction_id, account, amount FROM transfer", [&entries](sqlite3_stmt* row) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, 0));
    entries.emplace(text, Entry{sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2)});
  });
  return entries;
}

void check_balances(const std::string& file, std::vector<std::string>& wrong) {
  const char* const sql =
      "SELECT a.id, a.balance, (SELECT coalesce(sum(amount), 0) FROM transfer t WHERE t.account = a.id) FROM account a";
  read_rows(file, sql, [&](sqlite3_stmt* row) {
    if (sqlite3_column_int64(row, 1) == kBalance + sqlite3_column_int64(row, 2)) return;
    wrong.push_back(file + ": the balance of account " + std::to_string(sqlite3_column_int64(row, 0)) +
                    " is not what its transfers add up to");
  });
}

std::int64_t money_in(const Databases& databases) {
  std::int64_t money = 0;
  for (const std::string& file : databases) money += read_number(file, "SELECT sum(balance) FROM account");
  return money;
}

std::uint64_t prepared_in(const std::string& database) {
  return static_cast<std::uint64_t>(read_number(database, "SELECT count(*) FROM troth_branch WHERE state = 1"));
}

std::uint64_t transfers_in(const std::string& database) {
  return static_cast<std::uint64_t>(read_number(database, "SELECT count(*) FROM transfer"));
}

std::vector<std::string> mismatches(const Databases& databases, const std::vector<Transfer>& transfers,
                                    const std::vector<Told>& told) {
  std::vector<std::string> wrong;
  std::array<Entries, 2> entries{entries_of(databases[0]), entries_of(databases[1])};
  for (std::size_t i = 0; i < transfers.size(); ++i) {
    const Transfer& transfer = transfers[i];
    const std::string name = "transfer " + std::to_string(transfer.number) + " (" + told[i].transaction + ") ";
    if (!told[i].committed) continue;  // whatever of it is there stays in `entries` and is found below
    if (transfer.overdraws) wrong.push_back(name + "was told committed and moves more money than there is");
    const bool from = take(entries[transfer.from_bank], told[i].transaction, {transfer.from_account, -transfer.amount});
    const bool to = take(entries[transfer.to_bank()], told[i].transaction, {transfer.to_account, transfer.amount});
    if (!from || !to) wrong.push_back(name + "was told committed and is not on both sides");
  }
  for (std::size_t bank = 0; bank < entries.size(); ++bank) {
    for (const auto& [transaction, entry] : entries[bank]) {
      wrong.push_back("transaction " + transaction + " is at " + kBanks[bank] + " and nobody was told it committed");
    }
    check_balances(databases[bank], wrong);
  }
  return wrong;
}

}  // namespace troth::demo
