// The process dies at every operation on its files, and by kill -9 with many branches under way: what it said stands,
// and every branch is wholly there or not at all.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "tests/sdk/adapters/crash_vfs.h"
#include "tests/sdk/adapters/sqlite_fixture.h"

namespace troth::testing {
namespace {

/// What a child said before it died, and how it died.
struct Life {
  std::vector<std::string> said;
  int status = 0;
  bool ran_to_its_end() const { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
};

constexpr int kStopped = 3;    // a child found that nothing is answered any more
constexpr int kNotOpened = 4;  // a child could not open the database

using Say = std::function<void(const std::string&)>;

class SqliteCrash : public ::testing::Test {
 protected:
  SqliteCrash() {
    options_.schema = kSchema;
    options_.lock_wait = std::chrono::milliseconds(0);
  }

  std::string path() const { return dir_->file("bank.db"); }
  void new_directory() { dir_ = std::make_unique<TempDir>(); }
  std::unique_ptr<SqliteResource> open() const {
    return std::make_unique<SqliteResource>(path(), run_payload, options_);
  }

  /// Runs `child` in a process of its own; kills it after it said `kill_after` lines (0: never).
  static Life live(const std::function<void(const Say&)>& child, std::size_t kill_after = 0) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::close(ends[0]);
      try {
        child([to = ends[1]](const std::string& line) {
          const std::string whole = line + "\n";
          if (::write(to, whole.data(), whole.size()) < 0) ::_exit(1);
        });
      } catch (const SqliteError&) {
        ::_exit(kNotOpened);
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    Life life;
    std::FILE* from = ::fdopen(ends[0], "r");
    char line[256];
    while (std::fgets(line, sizeof line, from) != nullptr) {
      life.said.emplace_back(line, std::string_view(line).find('\n'));
      if (life.said.size() == kill_after) ::kill(pid, SIGKILL);
    }
    std::fclose(from);
    ::waitpid(pid, &life.status, 0);
    return life;
  }

  void mark_unsure() const { std::ofstream(path() + ".troth-unsure").close(); }
  bool is_unsure() const { return std::filesystem::exists(path() + ".troth-unsure"); }

  int balance(int account) const {
    return std::stoi(read_as_stranger(path(), "SELECT balance FROM account WHERE id = " + std::to_string(account)));
  }

  SqliteOptions options_;
  std::unique_ptr<TempDir> dir_;
};

std::string known_of(const std::string& path, std::uint64_t sequence) {
  const std::string sql = "SELECT state FROM troth_branch WHERE branch = '" + to_text(branch(sequence).id) + "'";
  static const std::map<std::string, std::string> kWords{
      {"", "nothing"}, {"1", "prepared"}, {"2", "committed"}, {"3", "aborted"}, {"4", "committed"}};
  return kWords.at(read_as_stranger(path, sql));
}

/// Branch 1 commits, 2 aborts, 3 is aborted unknown, 4 commits in one phase, 5 stays prepared. Each on its own account.
void script(SqliteResource& resource, const Say& say) {
  for (const std::uint64_t i : {1, 2}) {
    if (resource.prepare(branch(i, move(static_cast<int>(i), 1))).kind() == Vote::kCommit) {
      say(std::to_string(i) + " prepared");
    }
  }
  if (resource.commit(branch(1)) == Ack::kCommitted) say("1 committed");
  if (resource.abort(branch(2)) == Ack::kAborted) say("2 aborted");
  if (resource.abort(branch(3)) == Ack::kAborted) say("3 aborted");
  if (resource.commit_one_phase(branch(4, move(4, 1))) == Ack::kCommitted) say("4 committed");
  Seen seen;
  seen.log = kLog;
  seen.epoch = 6;
  resource.remember(seen);
  say("6 seen");
  if (resource.prepare(branch(5, move(5, 1))).kind() == Vote::kCommit) say("5 prepared");
}

class SqliteCrashEverywhere : public SqliteCrash, public ::testing::WithParamInterface<Crash> {
 protected:
  /// What the child said stands, each branch is one thing, and what strangers read is the committed ones exactly.
  void check(const std::vector<std::string>& said) {
    const auto resource = open();
    std::map<std::string, std::string> last;
    for (const std::string& line : said) last[line.substr(0, 1)] = line.substr(2);
    const auto in_doubt = resource->in_doubt();
    int locks = 0;
    for (std::uint64_t i = 1; i <= 5; ++i) {
      const std::string known = known_of(path(), i);
      const std::string told = last[std::to_string(i)];
      // Later than told is fine: it happened and the process died before it could say so.
      if (told == "prepared") {
        EXPECT_NE(known, "nothing") << i;
      }
      if (told == "committed" || told == "aborted") {
        EXPECT_EQ(known, told) << i;
      }
      EXPECT_EQ(balance(static_cast<int>(i)), known == "committed" ? 101 : 100) << i;
      const bool listed = std::count(in_doubt.begin(), in_doubt.end(), branch(i).id) == 1;
      EXPECT_EQ(listed, known == "prepared") << i;
      locks += listed ? 1 : 0;
    }
    EXPECT_EQ(read_as_stranger(path(), "SELECT count(*) FROM troth_lock"), std::to_string(locks));
    if (last.count("6") != 0) {
      EXPECT_EQ(resource->seen().at(0).epoch, 6u);
    }
    finish(*resource, in_doubt);
  }

  void finish(SqliteResource& resource, const std::vector<BranchId>& in_doubt) {
    for (const BranchId& id : in_doubt) {
      Branch of;
      of.id = id;
      EXPECT_EQ(resource.commit(of), Ack::kCommitted);
      EXPECT_EQ(balance(static_cast<int>(id.transaction.sequence)), 101);
    }
    EXPECT_EQ(read_as_stranger(path(), "PRAGMA integrity_check"), "ok");
  }

  /// Dies at each operation of opening the database that a crash left, and opens it in the end.
  void crash_while_opening() {
    for (int at = 1;; ++at) {
      const Life life = live([&](const Say&) {
        crash_at(at, GetParam());
        open();
      });
      if (life.ran_to_its_end()) return;
      ASSERT_EQ(WEXITSTATUS(life.status), kCrashExit);
    }
  }
};

TEST_P(SqliteCrashEverywhere, WhatWasSaidStands) {
  int at = 1;
  for (;; ++at) {
    SCOPED_TRACE("crash at operation " + std::to_string(at));
    new_directory();
    const Life life = live([&](const Say& say) {
      crash_at(at, GetParam());
      const auto resource = open();
      script(*resource, say);
    });
    if (at % 7 == 0) crash_while_opening();
    check(life.said);
    if (life.ran_to_its_end()) break;
    ASSERT_EQ(WEXITSTATUS(life.status), kCrashExit);
    if (HasFailure()) return;
  }
  EXPECT_GT(at, 60) << "so few operations: the file system is not the one that counts";
}

TEST_P(SqliteCrashEverywhere, AnUnsureFileIsRebuiltHoweverOftenThatIsInterrupted) {
  new_directory();
  const Life life = live([&](const Say& say) {
    const auto resource = open();
    script(*resource, say);
    ::_exit(0);
  });
  ASSERT_EQ(life.said.size(), 8u);
  mark_unsure();
  crash_while_opening();
  EXPECT_FALSE(is_unsure());
  check(life.said);
}

using SqliteFailedSync = SqliteCrashEverywhere;

TEST_F(SqliteCrash, AFailedSyncEndsTheProcess) {
  int end = 0;
  for (int at = 1; end != 70; ++at) {
    new_directory();
    const Life life = live([&](const Say& say) {
      crash_at(at, Crash::kSyncFails);
      const auto resource = open();
      script(*resource, say);
    });
    ASSERT_FALSE(life.ran_to_its_end());
    end = WEXITSTATUS(life.status);
    EXPECT_TRUE(end == 70 || end == kNotOpened) << end;
    EXPECT_TRUE(is_unsure());
  }
}

TEST_P(SqliteFailedSync, EndsAllAnswersAndTakesNoneBack) {
  int stopped = 0;
  options_.on_broken = [](const std::string&) {};
  for (int at = 1;; ++at) {
    SCOPED_TRACE("sync " + std::to_string(at) + " fails");
    new_directory();
    const Life life = live([&](const Say& say) {
      crash_at(at, GetParam());
      const auto resource = open();
      try {
        script(*resource, say);
      } catch (const SqliteError&) {
        EXPECT_THROW(resource->prepare(branch(9, "SELECT 1")), SqliteError);
        EXPECT_THROW(resource->in_doubt(), SqliteError);
        ::_exit(HasFailure() ? 1 : kStopped);
      }
    });
    EXPECT_EQ(is_unsure(), !life.ran_to_its_end());
    check(life.said);
    EXPECT_FALSE(is_unsure());
    if (life.ran_to_its_end()) break;
    const int end = WEXITSTATUS(life.status);
    ASSERT_TRUE(end == kStopped || end == kNotOpened) << end;
    stopped += end == kStopped ? 1 : 0;
  }
  EXPECT_GE(stopped, 7) << "the script syncs oftener than that";
}

INSTANTIATE_TEST_SUITE_P(At, SqliteFailedSync, ::testing::Values(Crash::kSyncFails),
                         [](const auto&) { return "EachSync"; });
INSTANTIATE_TEST_SUITE_P(At, SqliteCrashEverywhere, ::testing::Values(Crash::kBefore, Crash::kTorn),
                         [](const auto& one) {
                           return one.param == Crash::kBefore ? "BeforeIt" : "InTheMiddleOfAWrite";
                         });

/// Eight threads prepare and settle branches, and say so; even ones commit, odd ones abort, every fifth stays prepared.
void busy(SqliteResource& resource, const Say& say, std::uint64_t first) {
  std::vector<std::thread> threads;
  for (std::uint64_t worker = 0; worker < 8; ++worker) {
    threads.emplace_back([&resource, &say, first, worker] {
      for (std::uint64_t i = first + worker; i < first + 4'000; i += 8) {
        const Branch of = branch(i, "INSERT INTO account VALUES (" + std::to_string(1'000 + i) + ", 1)");
        if (resource.prepare(of).kind() != Vote::kCommit) continue;
        say(std::to_string(i) + " prepared");
        if (i % 5 == 0) continue;
        if (i % 2 == 0) {
          if (resource.commit(branch(i)) == Ack::kCommitted) say(std::to_string(i) + " committed");
        } else {
          if (resource.abort(branch(i)) == Ack::kAborted) say(std::to_string(i) + " aborted");
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_F(SqliteCrash, Kill9UnderLoadLosesNothingThatWasSaid) {
  new_directory();
  std::mt19937 random(20'240'101);
  std::map<std::uint64_t, std::string> last;
  std::uint64_t first = 1;
  for (int round = 0; round < 12; ++round, first += 10'000) {
    const Life life = live(
        [&](const Say& say) {
          const auto resource = open();
          busy(*resource, say, first);
        },
        1 + random() % 400);
    EXPECT_TRUE(WIFSIGNALED(life.status));
    for (const std::string& line : life.said) {
      const auto space = line.find(' ');
      last[std::stoull(line.substr(0, space))] = line.substr(space + 1);
    }
    const auto resource = open();
    for (const auto& [sequence, told] : last) {
      SCOPED_TRACE("round " + std::to_string(round) + " branch " + std::to_string(sequence));
      const std::string known = known_of(path(), sequence);
      if (told == "prepared") {
        EXPECT_NE(known, "nothing");
      } else {
        EXPECT_EQ(known, told);
      }
      const std::string row = "SELECT count(*) FROM account WHERE id = " + std::to_string(1'000 + sequence);
      ASSERT_EQ(read_as_stranger(path(), row), known == "committed" ? "1" : "0");
    }
  }
  EXPECT_GT(last.size(), 300u);
}

}  // namespace
}  // namespace troth::testing
