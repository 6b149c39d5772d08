// `config check`: trothd itself says what is wrong with its configuration; trothctl finds it and passes on what it
// says.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <ostream>

#include "coordinator/ctl/general.h"
#include "coordinator/ctl/values.h"

namespace troth::ctl {
namespace {

namespace fs = std::filesystem;

/// Beside this program, else in PATH; empty: nowhere.
std::string find_trothd(const Environment& environment) {
  std::vector<std::string> folders;
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (!error) folders.push_back(self.parent_path().string());
  if (const char* path = environment("PATH")) {
    for (const auto& folder : choices_of(path, ':')) folders.push_back(folder);
  }
  for (const auto& folder : folders) {
    const std::string candidate = folder + "/trothd";
    if (::access(candidate.c_str(), X_OK) == 0 && !fs::is_directory(candidate, error)) return candidate;
  }
  return {};
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe can be made");
  return {ends[0], ends[1]};
}

/// Reads what both say until both are closed.
void pass_on(int out_fd, int err_fd, Terminal& terminal) {
  std::array<pollfd, 2> open = {pollfd{out_fd, POLLIN, 0}, pollfd{err_fd, POLLIN, 0}};
  std::array<char, 4096> buffer{};
  while (open[0].fd >= 0 || open[1].fd >= 0) {
    if (::poll(open.data(), open.size(), -1) < 0 && errno != EINTR) return;
    for (pollfd& one : open) {
      if (one.fd < 0 || one.revents == 0) continue;
      const ssize_t count = ::read(one.fd, buffer.data(), buffer.size());
      if (count > 0) {
        (one.fd == out_fd ? terminal.out : terminal.err).write(buffer.data(), count);
      } else {
        one.fd = -1;
      }
    }
  }
}

int run_program(const std::vector<std::string>& words, Terminal& terminal) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const Pipe out = make_pipe();
  const Pipe err = make_pipe();
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no process can be made");
  if (child == 0) {
    ::dup2(out.write_end, 1);
    ::dup2(err.write_end, 2);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(out.write_end);
  ::close(err.write_end);
  pass_on(out.read_end, err.read_end, terminal);
  ::close(out.read_end);
  ::close(err.read_end);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kExitUnreachable;
}

}  // namespace

int run_config_check(Invocation& invocation) {
  const std::string trothd = find_trothd(invocation.environment);
  if (trothd.empty()) {
    invocation.terminal.err << "error: there is no trothd beside this program and none in PATH\n"
                               "hint: run it where it is: trothd --check-config --config FILE\n";
    return kExitUnreachable;
  }
  return run_program({trothd, "--check-config", "--config", invocation.typed.text("FILE")}, invocation.terminal);
}

}  // namespace troth::ctl
