// The program itself, as shells and people run it: Tab in bash, zsh and fish against a live coordinator, Ctrl-C, and
// `config check`, which runs trothd.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/ctl/story.h"

namespace troth::ctl {
namespace {

namespace fs = std::filesystem;

struct Said {
  std::string out;
  int code = -1;
};

Said say(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  Said said;
  std::array<char, 4096> buffer{};
  for (std::size_t count; (count = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    said.out.append(buffer.data(), count);
  }
  const int status = pclose(pipe);
  said.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return said;
}

bool is_there(const std::string& shell) {
  return say("command -v " + shell + " >/dev/null 2>&1").code == 0;
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

class Shell : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.act("participant bank-a commit");
    id_ = world_.server().begin(R"({"label":"hangs","branches":[{"participant":"bank-a"}]})");
  }
  /// Runs a script of a shell, with trothctl in PATH.
  std::string in(const std::string& shell, const std::string& script) {
    const std::string folder = fs::path(TROTHCTL).parent_path().string();
    const Said said = say("PATH=" + quoted(folder) + ":$PATH TROTH_ENDPOINTS=" + world_.endpoint() + " " + shell +
                          " -c " + quoted(script) + " 2>&1");
    return said.out;
  }
  /// What bash offers after these words, the last of them not complete.
  std::string bash(const std::string& words) {
    const auto count = std::to_string(split_as_shell(words + " x").size() - 2);
    return in("bash --norc --noprofile", "source <(trothctl completion bash); COMP_WORDS=(" + words + "); COMP_CWORD=" +
                                             count + "; _trothctl; printf '%s\\n' \"${COMPREPLY[@]}\"");
  }

  /// A coordinator on a busy machine may need longer than a shell waits for it: then Tab is pressed again.
  void expect_bash(const std::string& words, const std::string& offers) {
    std::string seen;
    EXPECT_TRUE(world_.server().eventually([&] { return (seen = bash(words)) == offers; })) << words << "\n" << seen;
  }

  World world_;
  std::string id_;
};

TEST_F(Shell, BashCompletesCommandsOptionsIdsAndNames) {
  EXPECT_EQ(bash("trothctl par"), "participants\n");
  EXPECT_EQ(bash("trothctl tx re"), "resolve\nretry\n");
  EXPECT_EQ(bash("trothctl -o json tx li"), "list\n") << "options before the command";
  EXPECT_EQ(bash("trothctl tx list --la"), "--label\n");
  EXPECT_EQ(bash("trothctl tx list --state in"), "in_doubt\n");
  EXPECT_EQ(bash("trothctl tx list --state = in"), "in_doubt\n") << "as bash takes --state=in apart";
  expect_bash("trothctl participants show ''", "bank-a\n");
  expect_bash("trothctl tx show " + id_.substr(0, 15), id_ + "\n" + world_.id("1") + "\n");
  EXPECT_EQ(bash("trothctl tx show " + id_ + " ''"), "\n") << "there is no second word";
  EXPECT_EQ(bash("trothctl --endpoint http : //127.0.0.1 : 1 participants show ''"), "\n") << "nobody answers there";
}

TEST_F(Shell, ZshCompletes) {
  if (!is_there("zsh")) GTEST_SKIP() << "zsh is not installed";
  const auto zsh = [&](const std::string& words, int current) {
    return in("zsh -f",
              "compdef() { :; }; _describe() { print -l -- \"${(@P)2}\"; }; source <(trothctl completion zsh); "
              "words=(" +
                  words + "); CURRENT=" + std::to_string(current) + "; _trothctl");
  };
  EXPECT_TRUE(
      world_.server().eventually([&] { return zsh("trothctl participants show ''", 4) == "bank-a:connected\n"; }));
  EXPECT_NE(zsh("trothctl tx re", 3).find("retry:send to a branch now"), std::string::npos);
}

TEST_F(Shell, FishCompletes) {
  if (!is_there("fish")) GTEST_SKIP() << "fish is not installed";
  const auto fish = [&](const std::string& line) {
    return in("fish --no-config", "trothctl completion fish | source; complete -C " + quoted(line));
  };
  EXPECT_TRUE(world_.server().eventually([&] { return fish("trothctl participants show ") == "bank-a\tconnected\n"; }));
  EXPECT_NE(fish("trothctl tx re").find("retry\tsend to a branch now"), std::string::npos);
}

TEST_F(Shell, CtrlCEndsAWatchWith130) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    execl(TROTHCTL, "trothctl", "tx", "list", "--watch", "--endpoint", world_.endpoint().c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  char first = 0;
  EXPECT_EQ(read(ends[0], &first, 1), 1) << "it began to print";
  kill(child, SIGINT);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 130) << status;
  close(ends[0]);
}

TEST_F(Shell, EveryCommandCanBePipedAndPrintsNoEscape) {
  const std::string show = "tx show " + id_;
  for (const char* words : {"status", "tx list", "participants list", "doctor", "--help", show.c_str()}) {
    const Said said = say(std::string(TROTHCTL) + " --endpoint " + world_.endpoint() + " " + words + " 2>&1 | cat");
    EXPECT_FALSE(said.out.empty()) << words;
    EXPECT_EQ(said.out.find('\033'), std::string::npos) << said.out;
  }
}

Ran check_config(const std::string& file, const std::string& path) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{in, out, err};
  const int code = run_line(
      {"config", "check", file},
      [&path](const char* name) { return std::string(name) == "PATH" ? path.c_str() : nullptr; }, terminal);
  return {code, out.str(), err.str()};
}

TEST(ConfigCheck, SaysWhatTrothdSaysAndEndsAsItEnds) {
  const test::TemporaryDirectory folder;
  const std::string file = folder.path() + "/troth.toml";
  const std::string path = "/nowhere:" + fs::path(TROTHD).parent_path().string();
  std::ofstream(file) << "max_live = 10\n";
  const Ran good = check_config(file, path);
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_EQ(good.out, "the configuration is sound\n");
  std::ofstream(file) << "max_live = 0\nmax_lives = 3\n";
  const Ran bad = check_config(file, path);
  EXPECT_EQ(bad.code, 2) << bad.err;
  EXPECT_NE(bad.err.find(file + ":1:"), std::string::npos) << bad.err;
  EXPECT_NE(bad.err.find(file + ":2:"), std::string::npos) << bad.err;
  const Ran nowhere = check_config(file, "/nowhere");
  EXPECT_EQ(nowhere.code, 3);
  EXPECT_NE(nowhere.err.find("hint: "), std::string::npos) << nowhere.err;
}

}  // namespace
}  // namespace troth::ctl
