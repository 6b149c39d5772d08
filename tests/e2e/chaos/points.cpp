#include "tests/e2e/chaos/points.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace troth::chaos {
namespace {

void write_line(int fd, const std::string& line) {
  if (::write(fd, line.data(), line.size()) < 0) throw std::system_error(errno, std::generic_category(), "a kill list");
}

}  // namespace

Points::Points(const Environment& environment) {
  if (const char* list = environment("TROTH_KILL_LIST")) {
    list_ = ::open(list, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (list_ < 0) throw std::system_error(errno, std::generic_category(), list);
  }
  const char* at = environment("TROTH_KILL_AT");
  if (at == nullptr) return;
  const std::string text = at;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, n_);
    if (error == std::errc() && stop == end) name_ = text.substr(0, colon);
  }
  if (name_.empty() || n_ == 0) throw std::invalid_argument("TROTH_KILL_AT wants <name>:<n>, not '" + text + "'");
}

Points::~Points() {
  if (list_ >= 0) ::close(list_);
}

bool Points::reach(std::string_view name) {
  if (list_ >= 0) write_line(list_, std::string(name) + "\n");
  return !name_.empty() && name == name_ && ++passed_ == n_;
}

void Points::die() {
  const std::string note = "chaos: killed at " + name_ + ":" + std::to_string(n_) + "\n";
  write_line(STDERR_FILENO, note);
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

void Points::enter(std::string_view phase) {
  const std::lock_guard lock(mutex_);
  phase_ = phase;
}

void Points::pass_in_phase(std::string_view act) {
  std::string name;
  {
    const std::lock_guard lock(mutex_);
    name = phase_;
  }
  name += '.';
  name += act;
  pass(name);
}

}  // namespace troth::chaos
