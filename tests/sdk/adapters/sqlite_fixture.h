// A bank's database as a SqliteResource in a directory of its own, and a second connection that reads it as strangers
// do.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <troth/sqlite.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace troth::testing {

inline constexpr LogId kLog{0x1122334455667788};

inline TransactionId transaction(std::uint64_t sequence, std::uint32_t epoch = 1) {
  return TransactionId{kLog, 0, EpochId{epoch, 7}, sequence};
}

/// Branch 1 of transaction `sequence`, with `payload` SQL.
inline Branch branch(std::uint64_t sequence, std::string payload = {}) {
  Branch made;
  made.id = BranchId{transaction(sequence), 1};
  made.payload = std::move(payload);
  return made;
}

inline Enlistment enlistment(std::uint64_t sequence, std::chrono::milliseconds deadline = std::chrono::minutes(1)) {
  Enlistment made;
  made.id = BranchId{transaction(sequence), 1};
  made.deadline_in = deadline;
  return made;
}

inline std::string move(int account, int amount) {
  return "UPDATE account SET balance = balance + " + std::to_string(amount) + " WHERE id = " + std::to_string(account);
}

/// Runs the payload as SQL; any error is an exception, so a vote to abort.
inline Vote run_payload(sqlite3* db, const Branch& of) {
  sqlite_execute(db, of.payload);
  return Vote::kCommit;
}

inline constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS account(id INTEGER PRIMARY KEY NOT NULL, balance INTEGER NOT NULL CHECK (balance >= "
    "0));"
    "INSERT INTO account SELECT value, 100 FROM json_each('[1,2,3,4,5,6,7,8,9,10]') "
    "WHERE NOT EXISTS (SELECT 1 FROM account);";

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "troth-sqlite-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// The first column of the first row as text, read by another connection; "" for NULL and for no row.
inline std::string read_as_stranger(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  sqlite3_busy_timeout(db, 5'000);
  const SqliteValue value = sqlite_value(db, sql);
  std::string text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) text = std::to_string(*number);
  if (const auto* string = std::get_if<std::string>(&value)) text = *string;
  sqlite3_close(db);
  return text;
}

class SqliteAdapter : public ::testing::Test {
 protected:
  SqliteAdapter() {
    options_.schema = kSchema;
    options_.lock_wait = std::chrono::milliseconds(0);
    restart();
  }

  /// Stops the resource, if it runs, and starts it again on the same file.
  void restart() {
    resource_.reset();
    resource_ = std::make_unique<SqliteResource>(path(), work_, options_);
  }
  std::string path() const { return dir_.file("bank.db"); }
  std::string read(const std::string& sql) const { return read_as_stranger(path(), sql); }
  int balance(int account) const {
    return std::stoi(read("SELECT balance FROM account WHERE id = " + std::to_string(account)));
  }
  int count(const std::string& what) const { return std::stoi(read("SELECT count(*) FROM " + what)); }
  /// What prepare says, as text: "commit", "read_only" or the reason of the refusal.
  std::string prepare(const Branch& of) {
    const Vote vote = resource_->prepare(of);
    if (vote.kind() == Vote::kAbort) return vote.reason();
    return vote.kind() == Vote::kCommit ? "commit" : "read_only";
  }

  TempDir dir_;
  SqliteOptions options_;
  SqliteResource::Work work_ = run_payload;
  std::unique_ptr<SqliteResource> resource_;
};

}  // namespace troth::testing
