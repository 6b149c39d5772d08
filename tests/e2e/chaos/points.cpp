#include "tests/e2e/chaos/points.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <sstream>
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
  text_ = at;
  std::istringstream steps(text_);
  for (std::string step; std::getline(steps, step, ',');) steps_.push_back(read_step(step));
  if (steps_.empty()) throw std::invalid_argument("TROTH_KILL_AT is empty");
}

Points::Step Points::read_step(const std::string& text) {
  Step step;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, step.n);
    if (error == std::errc() && stop == end) step.name = text.substr(0, colon);
  }
  if (step.name.empty() || step.n == 0) {
    throw std::invalid_argument("TROTH_KILL_AT wants <name>:<n>, not '" + text + "'");
  }
  return step;
}

Points::~Points() {
  if (list_ >= 0) ::close(list_);
}

bool Points::reach(std::string_view name) {
  if (list_ >= 0) write_line(list_, std::string(name) + "\n");
  if (steps_.empty()) return false;
  const std::lock_guard lock(mutex_);
  if (step_ == steps_.size() || name != steps_[step_].name || ++passed_ < steps_[step_].n) return false;
  passed_ = 0;
  return ++step_ == steps_.size();
}

void Points::die() {
  const std::string note = "chaos: killed at " + text_ + "\n";
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
