#include "coordinator/ctl/confirm.h"

#include <unistd.h>

#include <array>
#include <istream>
#include <ostream>

namespace troth::ctl {
namespace {

std::string answer_to(const Terminal& terminal, const std::string& question) {
  terminal.err << question << std::flush;
  std::string answer;
  std::getline(terminal.in, answer);
  return answer;
}

bool nothing_changed(const Terminal& terminal) {
  terminal.err << "Nothing was changed.\n";
  return false;
}

}  // namespace

bool can_be_asked(const Terminal& terminal, bool yes) {
  if (yes || terminal.is_interactive) return true;
  terminal.err << "error: nobody is here to be asked, and nothing was changed\n"
                  "hint: if this is what you want, give the command again with --yes\n";
  return false;
}

bool is_wanted(const Terminal& terminal, bool yes, std::string_view question) {
  if (yes) return true;
  if (!can_be_asked(terminal, yes)) return false;
  const std::string answer = answer_to(terminal, std::string(question) + " [y/N] ");
  return answer == "y" || answer == "Y" || answer == "yes" || nothing_changed(terminal);
}

bool is_wanted_by_name(const Terminal& terminal, bool yes, std::string_view question, std::string_view word) {
  if (yes) return true;
  if (!can_be_asked(terminal, yes)) return false;
  const std::string answer = answer_to(terminal, std::string(question) + " Type " + std::string(word) + " to go on: ");
  return answer == word || nothing_changed(terminal);
}

std::string actor_of(const Environment& environment) {
  std::string user;
  for (const char* name : {"SUDO_USER", "USER", "LOGNAME"}) {
    const char* value = user.empty() ? environment(name) : nullptr;
    if (value != nullptr) user = value;
  }
  if (user.empty()) user = "uid-" + std::to_string(::geteuid());
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) return user;
  return user + "@" + host.data();
}

}  // namespace troth::ctl
