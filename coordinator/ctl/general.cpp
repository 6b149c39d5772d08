// The rows of `status`, `doctor`, `config check`, `completion` and `version`.
#include "coordinator/ctl/general.h"

#include <ostream>

#include "coordinator/ctl/complete.h"
#include "coordinator/ctl/survey.h"
#include "coordinator/ctl/values.h"

namespace troth::ctl {
namespace {

int run_completion(Invocation& invocation) {
  const std::string shell = invocation.typed.text("SHELL");
  invocation.terminal.out << completion_script(read_choice("SHELL", shell, "bash|zsh|fish"));
  return kExitOk;
}

int run_version(Invocation& invocation) {
  invocation.terminal.out << "trothctl " TROTH_VERSION "\n";
  return kExitOk;
}

}  // namespace

std::vector<Verb> general_verbs() {
  return {
      {"",
       "status",
       "how the coordinator is: ready or not, what is live, what is in doubt, who is connected",
       {"trothctl status", "trothctl status --endpoint http://10.0.0.5:7400 -o json"},
       {},
       run_status},
      {"",
       "doctor",
       "what is wrong, and what to do about it; exit code 1 when something failed",
       {"trothctl doctor"},
       {},
       run_doctor,
       "table|json|jsonl"},
      {"config",
       "check",
       "run `trothd --check-config` on a file: all that is wrong with it, as file:line:col: message",
       {"trothctl config check /etc/troth/trothd.toml"},
       {{.name = "FILE", .value = "", .help = "the TOML file", .required = true, .completes = Completes::kFile}},
       run_config_check,
       "table",
       false},
      {"",
       "completion",
       "print what makes Tab complete commands, ids and names in your shell",
       {"source <(trothctl completion bash)", "trothctl completion zsh > ~/.zfunc/_trothctl",
        "trothctl completion fish > ~/.config/fish/completions/trothctl.fish"},
       {{.name = "SHELL",
         .value = "",
         .help = "bash, zsh or fish",
         .required = true,
         .completes = Completes::kChoices,
         .choices = "bash|zsh|fish"}},
       run_completion,
       "table",
       false},
      {"", "version", "print the version", {"trothctl version"}, {}, run_version, "table", false},
  };
}

}  // namespace troth::ctl
