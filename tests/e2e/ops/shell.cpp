#include "tests/e2e/ops/shell.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace troth::e2e {
namespace {

constexpr std::chrono::minutes kPatience{2};

/// Each line of its input names a file: it is sourced, what it prints goes beside it. The result appears as a whole.
constexpr const char* kLoop =
    "trap 'trap - TERM; kill -KILL 0' EXIT\n"
    "while read -r at <&9; do\n"
    "  . \"$at.sh\" > \"$at.out\" 2>&1 < /dev/null 9<&-\n"
    "  echo $? > \"$at.new\"; mv \"$at.new\" \"$at.code\"\n"
    "done\n";

void check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

}  // namespace

Shell::Shell(const std::string& dir, const std::string& preamble) : dir_(dir) {
  std::filesystem::create_directories(dir_ + "/.session");
  write_file(dir_ + "/.session/loop.sh", "cd '" + dir_ + "'\n" + preamble + kLoop);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) check(errno, "pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], 9);
  const std::string log = dir_ + "/.session/log";
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::string loop = dir_ + "/.session/loop.sh";
  std::array<char*, 4> words{const_cast<char*>("bash"), const_cast<char*>("--norc"), loop.data(), nullptr};
  const int failed = ::posix_spawnp(&pid_, "bash", &actions, &attributes, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(ends[0]);
  input_ = ends[1];
  check(failed, "bash");
}

Shell::~Shell() {
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::close(input_);
}

Said Shell::run(const std::string& command) {
  const std::string at = dir_ + "/.session/" + std::to_string(++count_);
  write_file(at + ".sh", command + "\n");
  const std::string line = at + "\n";
  if (::write(input_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) check(errno, "bash's input");
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!std::filesystem::exists(at + ".code")) {
    if (!look(deadline)) return {-1, read_file(at + ".out"), false};
  }
  return {std::stoi(read_file(at + ".code")), read_file(at + ".out"), true};
}

}  // namespace troth::e2e
