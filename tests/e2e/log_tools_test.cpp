// The log restored, salvaged, backed up and looked at by trothctl, and what real participants and clients then hear
// about every id.
#include <sqlite3.h>

#include <sstream>

#include "tests/e2e/old_copies.h"

namespace troth::e2e {
namespace {

namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class LogTools : public OldCopy {
 protected:
  Ended trothctl(const std::vector<std::string>& words) {
    const std::string log = real_.file("trothctl.log");
    fs::remove(log);
    const fs::path trothd = demo::with_programs({}).trothd;
    std::vector<std::string> command{(trothd.parent_path().parent_path() / "ctl" / "trothctl").string()};
    command.insert(command.end(), words.begin(), words.end());
    demo::Process process(command, log);
    const auto code = process.wait(std::chrono::seconds(60));
    return {code.value_or(-1), read_file(log)};
  }
  /// The highest that a bank reports, as --above takes it.
  std::string above(const std::string& bank) const {
    std::istringstream seen(banks_.seen(bank));
    std::string epoch, nonce, lsn;
    seen >> epoch >> nonce >> lsn;
    return epoch + ":" + lsn;
  }
  std::string decision(World& at, const std::string& id, int n) {
    return text_in(at.get("/v1/transactions/" + id + "/branches/" + std::to_string(n) + "/decision").body, "decision");
  }
  void expect_in_gap(World& at, const std::string& id) {
    const std::string target = "/v1/transactions/" + id;
    EXPECT_TRUE(is_problem(at.get(target), 409, "ask-operator")) << at.get(target).body;
    EXPECT_TRUE(is_problem(at.post(target + "/commit", "{}"), 409, "ask-operator"));
    for (const int n : {1, 2, 7}) EXPECT_EQ(decision(at, id, n), "unknown") << id << " " << n;
  }
  void expect_committed(World& at, const std::string& id) {
    const auto got = at.get("/v1/transactions/" + id);
    EXPECT_EQ(text_in(got.body, "outcome"), "committed") << got.body;
  }
  std::string transfer_now(World& at, const std::string& key = {}) {
    const auto committed = at.post("/v1/transactions", R"({"wait":"completed",)" + transfer(1).substr(1), key);
    EXPECT_EQ(committed.status, 200) << committed.body;
    return text_in(committed.body, "id");
  }
  static void change(const std::string& file, const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  void expect_refused_with_73(const std::string& dir, const std::string& said) {
    const Ended ended = real_.run_to_end({"--data-dir", dir, "--listen", "127.0.0.1:0"});
    EXPECT_EQ(ended.code, 73) << ended.said;
    EXPECT_TRUE(has(ended.said, said)) << ended.said;
  }
};

TEST_F(LogTools, ARestoredOldCopyAdmitsWhatItLacksAndAnOperatorSettlesIt) {
  begin();
  World copy;
  copy_to(copy.data());
  go_on();
  tear();
  real_.kill();  // and with it the log that knew
  copy.start();
  unmask(copy);
  EXPECT_EQ(copy.stop().code, 0);
  expect_refused(copy);
  const Ended asked = trothctl({"log", "restore", copy.data(), "--above", above(kBankA)});
  EXPECT_EQ(asked.code, 2) << "it must not go on without being told to: " << asked.said;
  const Ended restored =
      trothctl({"log", "restore", copy.data(), "--above", above(kBankA), "--copied-in", "1", "--yes"});
  ASSERT_EQ(restored.code, 0) << restored.said;

  copy.start();
  banks_.start_both(copy);
  expect_committed(copy, before_);
  for (const std::string& id : {after_, torn_}) expect_in_gap(copy, id);
  EXPECT_EQ(demo::prepared_in(banks_.database(kBankB)), 1U) << "it was told something about a branch in doubt";
  const auto settled =
      copy.post("/v1/transactions/" + torn_ + "/resolve", R"({"outcome":"committed","reason":"bank-a has it"})");
  EXPECT_EQ(settled.status, 200) << settled.body;
  EXPECT_TRUE(World::eventually([&] { return banks_.prepared() == 0; }));
  for (const int n : {1, 2}) EXPECT_EQ(decision(copy, torn_, n), "commit");
  expect_in_gap(copy, after_);
  transfer_now(copy);
  EXPECT_EQ(demo::transfers_in(banks_.database(kBankA)), 4U);
  EXPECT_EQ(demo::transfers_in(banks_.database(kBankB)), 4U);
  EXPECT_EQ(banks_.money(), kMoney);
  EXPECT_EQ(copy.stop().code, 0);
}

TEST_F(LogTools, ABackupOfARunningLogIsRestoredAfterTheDirectoryIsLost) {
  begin();
  std::vector<std::string> told{before_};
  for (int i = 0; i < 20; ++i) told.push_back(transfer_now(real_, "key-" + std::to_string(i)));
  const std::string file = real_.file("backup");
  const std::string endpoint = "http://" + real_.listen();
  const Ended taken = trothctl({"log", "backup", "--to", file, "--endpoint", endpoint});
  ASSERT_EQ(taken.code, 0) << taken.said;
  EXPECT_EQ(trothctl({"log", "backup", "--to", file, "--endpoint", endpoint}).code, 2) << "a file was written over";
  EXPECT_EQ(trothctl({"log", "verify", real_.data()}).code, 3) << "a log in use was read";
  go_on();
  tear();
  real_.kill();
  fs::remove_all(real_.data());
  EXPECT_EQ(trothctl({"log", "verify", file}).code, 0);

  fs::create_directory(real_.data());
  fs::copy_file(file, real_.data() + "/log.1.db");
  write_file(real_.data() + "/CURRENT", "1\n");
  expect_refused_with_73(real_.data(), "log restore");
  const Ended over = trothctl({"log", "restore", real_.data(), "--from", file, "--above", above(kBankA), "--yes"});
  EXPECT_EQ(over.code, 1) << over.said;
  fs::remove_all(real_.data());
  const Ended restored = trothctl({"log", "restore", real_.data(), "--from", file, "--above", above(kBankA), "--yes"});
  ASSERT_EQ(restored.code, 0) << restored.said;

  real_.start();
  banks_.start_both(real_);
  for (const std::string& id : told) expect_committed(real_, id);
  for (const std::string& id : {after_, torn_}) expect_in_gap(real_, id);
  EXPECT_EQ(transfer_now(real_, "key-3"), told[4]) << "a repeated key made a second transfer";
  EXPECT_EQ(real_.post("/v1/transactions/" + torn_ + "/resolve", R"({"outcome":"committed","reason":"r"})").status,
            200);
  EXPECT_TRUE(World::eventually([&] { return banks_.prepared() == 0; }));
  EXPECT_EQ(banks_.money(), kMoney);
  EXPECT_EQ(real_.stop().code, 0);
}

TEST_F(LogTools, OfADamagedLogWhatIsProvenIsKept) {
  begin();
  std::vector<std::string> told{before_};
  for (int i = 0; i < 5; ++i) told.push_back(transfer_now(real_));
  EXPECT_EQ(real_.stop().code, 0);
  const std::string newest = real_.data() + "/log.1.db";
  const Ended exported = trothctl({"log", "export", real_.data()});
  ASSERT_EQ(exported.code, 0) << exported.said;
  std::istringstream lines(exported.said);
  std::string lsn;  // of the fourth decision
  for (std::string line, n; std::getline(lines, line);) {
    if (!has(line, "\"kind\":\"commit_decided\"") || !has(line, "\"transaction\":\"" + told[3] + "\"")) continue;
    lsn = line.substr(line.find("\"lsn\":") + 6);
    lsn = lsn.substr(0, lsn.find(','));
  }
  ASSERT_FALSE(lsn.empty()) << exported.said;
  change(newest, "UPDATE record SET body = x'00' WHERE lsn = " + lsn);

  expect_refused_with_73(real_.data(), "record " + lsn);
  const Ended verified = trothctl({"log", "verify", real_.data()});
  EXPECT_EQ(verified.code, 1);
  EXPECT_TRUE(has(verified.said, "record " + lsn + " does not fit the check chain")) << verified.said;
  const auto before = contents(real_.data());
  World fresh;
  const Ended unsaid = trothctl({"log", "salvage", real_.data(), "--to", fresh.data(), "--yes"});
  EXPECT_EQ(unsaid.code, 1) << unsaid.said;
  EXPECT_TRUE(has(unsaid.said, "--above")) << unsaid.said;
  const Ended salvaged =
      trothctl({"log", "salvage", real_.data(), "--to", fresh.data(), "--above", above(kBankA), "--yes"});
  ASSERT_EQ(salvaged.code, 0) << salvaged.said;
  EXPECT_TRUE(contents(real_.data()) == before) << "the damaged log was changed";

  fresh.start();
  banks_.start_both(fresh);
  for (int i = 0; i < 3; ++i) expect_committed(fresh, told[static_cast<std::size_t>(i)]);
  for (int i = 3; i < 6; ++i) expect_in_gap(fresh, told[static_cast<std::size_t>(i)]);
  transfer_now(fresh);
  EXPECT_EQ(banks_.money(), kMoney);
  EXPECT_EQ(fresh.stop().code, 0);
}

}  // namespace
}  // namespace troth::e2e
