#include "bench/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace troth::bench {
namespace {

pid_t spawn(const std::vector<std::string>& arguments, int out) {
  std::vector<char*> argv;
  std::string program = "troth_bench";
  std::string flag = "--child";
  std::vector<std::string> kept = arguments;
  argv.push_back(program.data());
  argv.push_back(flag.data());
  for (std::string& argument : kept) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::system_error(error, std::generic_category(), "cannot start a child");
  return pid;
}

std::string read_all(int from) {
  std::string text;
  std::array<char, 4096> some{};
  while (true) {
    const ssize_t got = ::read(from, some.data(), some.size());
    if (got == 0 || (got < 0 && errno != EINTR)) return text;
    if (got > 0) text.append(some.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Figures run_child(const std::vector<std::string>& arguments, bool is_killed) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const pid_t pid = spawn(arguments, ends[1]);
  ::close(ends[1]);
  std::istringstream text(read_all(ends[0]));
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  const bool ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  if (is_killed ? !killed : !ended) throw std::runtime_error("the child `" + arguments.front() + "` failed");
  Figures figures;
  double value = 0;
  for (std::string name; text >> name >> value;) figures[name] = value;
  return figures;
}

void print(const Figures& figures) {
  for (const auto& [name, value] : figures) std::printf("%s %.17g\n", name.c_str(), value);
  std::fflush(stdout);
}

double processor_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double memory_of_process(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) * 1024;
  }
  throw std::runtime_error("/proc/self/status has no " + name);
}

}  // namespace troth::bench
