// A child process that does not outlive us.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace troth::demo {

/// Started from the main thread only: the system ends a child when the *thread* that made it ends.
class Process {
 public:
  Process() = default;
  /// Runs `command` with its output appended to the file `log`, in a process group of its own (a Ctrl-C is ours to
  /// handle). Throws std::system_error.
  Process(const std::vector<std::string>& command, const std::string& log);
  ~Process();  // kill -9
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  bool started() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  /// As `kill -9`, and waits until it is gone.
  void kill_now();
  void signal(int number) const;
  /// The exit code (128 + signal when killed) once it has ended, or nothing after `timeout`.
  std::optional<int> wait(std::chrono::milliseconds timeout);

 private:
  pid_t pid_ = -1;
};

}  // namespace troth::demo
