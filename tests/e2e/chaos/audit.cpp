#include "tests/e2e/chaos/audit.h"

#include <sqlite3.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "tests/e2e/demo/answer.h"
#include "tests/e2e/demo/books.h"

namespace troth::chaos {
namespace {

constexpr Millis kAnswerMs = 40'000;

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

void read_rows(const std::string& file, const char* sql, const std::function<void(sqlite3_stmt*)>& each) {
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

struct Entry {
  std::int64_t account = 0;
  std::int64_t amount = 0;
  bool operator==(const Entry&) const = default;
};
using Entries = std::multimap<std::string, Entry>;  // by transaction

Entries entries_of(const std::string& file) {
  Entries entries;
  read_rows(file, "SELECT transaction_id, account, amount FROM transfer", [&entries](sqlite3_stmt* row) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, 0));
    entries.emplace(text, Entry{sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2)});
  });
  return entries;
}

/// Takes what is there of a committed job out of `entries`.
void take(const Told& told, const std::vector<std::string>& files, std::vector<Entries>& entries, Findings& findings) {
  for (const Effect& effect : told.job.effects) {
    if (effect.amount == 0) continue;
    const auto [first, last] = entries[effect.at].equal_range(told.transaction);
    const std::string where = told.transaction + " was told committed and ";
    if (first == last) {
      findings.lost.push_back(where + "is not in " + files[effect.at]);
    } else if (std::next(first) != last || first->second != Entry{effect.account, effect.amount}) {
      findings.mismatches.push_back(where + "is otherwise in " + files[effect.at]);
    }
    entries[effect.at].erase(first, last);
  }
}

void check_balances(const std::string& file, Findings& findings) {
  const char* const sql =
      "SELECT a.id, a.balance, (SELECT coalesce(sum(amount), 0) FROM transfer t WHERE t.account = a.id) FROM account a";
  read_rows(file, sql, [&](sqlite3_stmt* row) {
    if (sqlite3_column_int64(row, 1) == kBalance + sqlite3_column_int64(row, 2)) return;
    findings.mismatches.push_back(file + ": the balance of account " + std::to_string(sqlite3_column_int64(row, 0)) +
                                  " is not what its transfers add up to");
  });
}

/// Sends all `count` requests, some at a time, and hands each result to `see`, one after the other.
void ask_all(std::size_t count,
             const std::function<void(std::size_t, std::function<void(transport::HttpResult)>)>& send,
             const std::function<void(std::size_t, const transport::HttpResult&)>& see) {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t answered = 0;
  for (std::size_t i = 0; i < count; ++i) {
    send(i, [&, i](const transport::HttpResult& result) {
      const std::lock_guard lock(mutex);
      see(i, result);
      ++answered;
      changed.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return answered == count; });
}

const char* word(bool committed) {
  return committed ? "committed" : "aborted";
}

}  // namespace

void check_books(const std::vector<std::string>& files, const std::vector<Told>& told, Findings& findings) {
  std::vector<Entries> entries;
  for (const std::string& file : files) entries.push_back(entries_of(file));
  for (const Told& one : told) {
    if (one.committed) take(one, files, entries, findings);  // what is there of others is found below
  }
  for (std::size_t at = 0; at < files.size(); ++at) {
    for (const auto& [transaction, entry] : entries[at]) {
      findings.mismatches.push_back(transaction + " is in " + files[at] + " and nobody was told that it committed");
    }
    check_balances(files[at], findings);
  }
  findings.in_doubt += prepared_in(files);
}

std::uint64_t prepared_in(const std::vector<std::string>& files) {
  std::uint64_t count = 0;
  for (const std::string& file : files) count += demo::prepared_in(file);
  return count;
}

void check_outcomes(transport::HttpClient& client, const std::vector<const Told*>& asked, Findings& findings) {
  const auto send = [&](std::size_t i, std::function<void(transport::HttpResult)> done) {
    client.call("GET", "/v1/transactions/" + asked[i]->transaction, {}, {}, kAnswerMs, std::move(done));
  };
  ask_all(asked.size(), send, [&](std::size_t i, const transport::HttpResult& result) {
    const std::string wanted = std::string(R"("outcome":")") + word(asked[i]->committed) + '"';
    if (result.status == 200 && result.body.find(wanted) != std::string::npos) return;
    findings.mismatches.push_back(asked[i]->transaction + " was told " + word(asked[i]->committed) +
                                  " and the coordinator says " + std::to_string(result.status) + " " +
                                  result.body.substr(0, 300));
  });
}

void check_repeats(transport::HttpClient& client, const std::vector<Repeat>& repeats, Findings& findings) {
  const auto send = [&](std::size_t i, std::function<void(transport::HttpResult)> done) {
    const Request& request = repeats[i].request;
    client.call("POST", request.target, request.headers, request.body, kAnswerMs, std::move(done));
  };
  ask_all(repeats.size(), send, [&](std::size_t i, const transport::HttpResult& result) {
    const Told& told = *repeats[i].told;
    const demo::Answer answer = demo::read_answer(result);
    const auto wanted = told.committed ? demo::Answer::kCommitted : demo::Answer::kAborted;
    if (answer.kind == wanted && answer.transaction == told.transaction) return;
    findings.mismatches.push_back(told.transaction + " was told " + word(told.committed) + " and a repeat hears " +
                                  std::to_string(result.status) + " " + result.body.substr(0, 300));
  });
}

void check_attention(transport::HttpClient& client, Findings& findings) {
  const auto result = client.call("GET", "/v1/transactions?pageSize=1&state=attention", {}, {}, kAnswerMs);
  if (result.status == 200 && result.body.find("\"transactions\":[]") != std::string::npos) return;
  findings.mismatches.push_back("an operator is asked for: " + result.body.substr(0, 300));
}

}  // namespace troth::chaos
