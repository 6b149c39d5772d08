// A participant over the SDK's real runtime is killed with kill -9 at every named point of its life, under a real
// trothd; it starts again, and everything settles: the books agree with what the client was told, nothing ran twice,
// nobody is asked to look at anything.
#include <sqlite3.h>

#include <csignal>
#include <filesystem>
#include <ostream>
#include <set>
#include <sstream>

#include "tests/e2e/demo/books.h"
#include "tests/e2e/world.h"

namespace troth::e2e {
namespace {

enum class Scenario { kCommits, kAborts, kOnePhase, kForgets, kRecovers };

struct Kill {
  const char* at;
  Scenario scenario;
};
void PrintTo(const Kill& kill, std::ostream* out) {
  *out << kill.at;
}

constexpr std::int64_t kMoney = 2'000'000;

class ParticipantKills : public ::testing::TestWithParam<Kill> {
 protected:
  ParticipantKills() {
    world_.start();
    world_.start_bank("bank-b");
    world_.wait_until_connected("bank-b");
  }

  void start_bank(const std::string& die_at) {
    const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    bank_ =
        demo::Process({(here / "participant_kills_bank").string(), "--name", "bank-a", "--db", file(), "--coordinator",
                       "ws://" + world_.listen(), "--witness", world_.file("witness"), "--die-at", die_at},
                      world_.file("bank-a.log"));
  }
  void wait_until_killed(const std::string& at) {
    ASSERT_EQ(bank_.wait(std::chrono::seconds(20)), 128 + SIGKILL) << "it was not killed at " << at;
  }

  /// Asks until the answer is definite: 200 or 409.
  int outcome_of(const std::string& body, const std::string& key) {
    transport::HttpResult result;
    World::eventually([&] {
      result = world_.post("/v1/transactions", body, key);
      return result.status == 200 || result.status == 409;
    });
    return result.status;
  }
  static std::string one_phase_transfer() {
    return R"({"commit":true,"onePhase":true,"branches":[{"participant":"bank-a","payload":{"account":1,"amount":0}}]})";
  }

  /// Everything is settled, and as it was told: so many transfers at bank-a and at bank-b.
  void expect_books(std::uint64_t at_a, std::uint64_t at_b) {
    EXPECT_TRUE(World::eventually([this] { return prepared() == 0; }));
    EXPECT_TRUE(World::eventually([&] { return demo::transfers_in(file()) == at_a; })) << demo::transfers_in(file());
    EXPECT_EQ(demo::transfers_in(other()), at_b);
    EXPECT_EQ(demo::money_in({file(), other()}), kMoney);
    std::istringstream lines(read_file(world_.file("witness")));
    std::set<std::string> ran;
    for (std::string line; std::getline(lines, line);) EXPECT_TRUE(ran.insert(line).second) << line << " ran twice";
    EXPECT_TRUE(World::eventually([this] { return attention().find(R"("transactions":[])") != std::string::npos; }))
        << attention();
  }

  std::string attention() { return world_.get("/v1/transactions?state=attention").body; }
  std::string file() const { return world_.file("bank-a.db"); }
  std::string other() const { return world_.file("bank-b.db"); }
  std::uint64_t prepared() const { return demo::prepared_in(file()) + demo::prepared_in(other()); }

  World world_;
  demo::Process bank_;
};

std::string name_of(const ::testing::TestParamInfo<Kill>& info) {
  std::string name = info.param.at;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

class KilledBeforeItIsOver : public ParticipantKills {};

TEST_P(KilledBeforeItIsOver, SettlesAsTheClientIsToldAndRunsNothingTwice) {
  const auto [at, scenario] = GetParam();
  const bool is_one_phase = scenario == Scenario::kOnePhase;
  const std::string body = is_one_phase ? one_phase_transfer() : transfer(scenario == Scenario::kAborts ? -20'000 : 10);
  start_bank(at);
  world_.wait_until_connected("bank-a");
  auto answer = world_.post_beside("/v1/transactions", body, "k");
  wait_until_killed(at);
  start_bank("");
  world_.wait_until_connected("bank-a");
  const int first = answer.get().status;
  const int told = outcome_of(body, "k");
  if (first == 200 || first == 409) {
    EXPECT_EQ(told, first) << "an outcome was taken back";
  }
  if (scenario == Scenario::kAborts) {
    EXPECT_EQ(told, 409);
  }
  const std::uint64_t made = told == 200 ? 1 : 0;
  expect_books(made, is_one_phase ? 0 : made);
  EXPECT_EQ(outcome_of(transfer(10), "next"), 200) << "it goes on";
  expect_books(made + 1, is_one_phase ? 1 : made + 1);
}

INSTANTIATE_TEST_SUITE_P(
    At, KilledBeforeItIsOver,
    ::testing::Values(Kill{"prepare-before", Scenario::kCommits}, Kill{"work", Scenario::kCommits},
                      Kill{"prepare-write", Scenario::kCommits}, Kill{"prepare-sync", Scenario::kCommits},
                      Kill{"prepare-after", Scenario::kCommits}, Kill{"vote-send", Scenario::kCommits},
                      Kill{"vote-sent", Scenario::kCommits}, Kill{"commit-before", Scenario::kCommits},
                      Kill{"commit-write", Scenario::kCommits}, Kill{"commit-sync", Scenario::kCommits},
                      Kill{"commit-after", Scenario::kCommits}, Kill{"ack-send", Scenario::kCommits},
                      Kill{"ack-sent", Scenario::kCommits}, Kill{"abort-before", Scenario::kAborts},
                      Kill{"abort-write", Scenario::kAborts}, Kill{"abort-sync", Scenario::kAborts},
                      Kill{"abort-after", Scenario::kAborts}, Kill{"one-phase-before", Scenario::kOnePhase},
                      Kill{"one-phase-write", Scenario::kOnePhase}, Kill{"one-phase-sync", Scenario::kOnePhase},
                      Kill{"one-phase-after", Scenario::kOnePhase}),
    name_of);

class KilledWhileItForgets : public ParticipantKills {
 protected:
  /// Branches bank-a remembers.
  std::string remembered() const {
    sqlite3* db = nullptr;
    sqlite3_open_v2(file().c_str(), &db, SQLITE_OPEN_READONLY, nullptr);
    sqlite3_busy_timeout(db, 5'000);
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db, "SELECT count(*) FROM troth_branch", -1, &statement, nullptr);
    sqlite3_step(statement);
    const std::string count = std::to_string(sqlite3_column_int(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return count;
  }
};

TEST_P(KilledWhileItForgets, ForgetsTheRestLaterAndNothingElse) {
  start_bank(GetParam().at);
  world_.wait_until_connected("bank-a");
  EXPECT_EQ(outcome_of(transfer(-20'000), "refused"), 409);  // leaves a tombstone
  EXPECT_TRUE(World::eventually([this] { return remembered() == "1" && prepared() == 0; })) << "or the next would wait";
  EXPECT_EQ(outcome_of(transfer(10), "k"), 200);
  wait_until_killed(GetParam().at);
  start_bank("");
  world_.wait_until_connected("bank-a");
  EXPECT_EQ(outcome_of(transfer(10), "k"), 200);
  expect_books(1, 1);
  EXPECT_EQ(outcome_of(transfer(10), "next"), 200);
  expect_books(2, 2);
  EXPECT_TRUE(World::eventually([this] { return remembered() == "0"; })) << remembered();
}

// The first transaction forgets the markers and makes the horizon durable, the second deletes what is below.
INSTANTIATE_TEST_SUITE_P(
    At, KilledWhileItForgets,
    ::testing::Values(Kill{"forget-before", Scenario::kForgets}, Kill{"forget-after", Scenario::kForgets},
                      Kill{"forget-write", Scenario::kForgets}, Kill{"forget-sync", Scenario::kForgets},
                      Kill{"forget-write-2", Scenario::kForgets}, Kill{"forget-sync-2", Scenario::kForgets}),
    name_of);

class KilledAgainWhileItStarts : public ParticipantKills {};

TEST_P(KilledAgainWhileItStarts, StillKnowsWhatItVoted) {
  start_bank("vote-sent");
  world_.wait_until_connected("bank-a");
  auto answer = world_.post_beside("/v1/transactions", transfer(10), "k");
  wait_until_killed("vote-sent");
  start_bank(GetParam().at);
  wait_until_killed(GetParam().at);
  EXPECT_EQ(demo::prepared_in(file()) + demo::transfers_in(file()), 1u) << "in doubt, or committed already";
  start_bank("");
  EXPECT_EQ(answer.get().status, 200);
  expect_books(1, 1);
}

INSTANTIATE_TEST_SUITE_P(At, KilledAgainWhileItStarts,
                         ::testing::Values(Kill{"start-write-2", Scenario::kRecovers},
                                           Kill{"start-sync", Scenario::kRecovers},
                                           Kill{"remember-before", Scenario::kRecovers},
                                           Kill{"list-before", Scenario::kRecovers},
                                           Kill{"list-after", Scenario::kRecovers}),
                         name_of);

}  // namespace
}  // namespace troth::e2e
