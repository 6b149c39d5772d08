#include "coordinator/ctl/verb.h"

namespace troth::ctl {

const std::vector<Group>& groups() {
  static const std::vector<Group> kGroups = {
      {"transactions", "tx", "begin and end transactions, see what hangs, and settle what does not settle by itself"},
      {"participants", "", "the services that take part"},
      {"outcomes", "", "what was decided, as it is decided"},
      {"log", "", "look at a log, copy it, or mend what can be mended"},
      {"config", "", "the configuration of trothd"},
  };
  return kGroups;
}

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> kVerbs = [] {
    std::vector<Verb> all;
    for (auto* part :
         {general_verbs, transaction_verbs, begin_verbs, operator_verbs, participant_verbs, outcome_verbs, log_verbs}) {
      for (Verb& verb : part()) all.push_back(std::move(verb));
    }
    return all;
  }();
  return kVerbs;
}

const std::vector<Parameter>& common_options() {
  static const std::vector<Parameter> kOptions = {
      {.name = "--endpoint",
       .value = "URL",
       .help = "of trothd, or several with commas, tried in order; else TROTH_ENDPOINTS, else http://127.0.0.1:7400"},
      {.name = "--output",
       .value = "FORMAT",
       .help = "table (default), wide, json (what the API answered), jsonl (one line for each thing), name",
       .shorthand = "-o",
       .completes = Completes::kChoices,
       .choices = "table|wide|json|jsonl|name"},
      {.name = "--color",
       .value = "WHEN",
       .help = "auto (default: on a terminal, unless NO_COLOR is set or TERM is dumb), always, never",
       .completes = Completes::kChoices,
       .choices = "auto|always|never"},
      {.name = "--time",
       .value = "STYLE",
       .help = "relative (default) or iso",
       .completes = Completes::kChoices,
       .choices = "relative|iso"},
  };
  return kOptions;
}

const std::vector<ExitCode>& exit_codes() {
  static const std::vector<ExitCode> kCodes = {
      {kExitOk, "ok"},
      {kExitRefused, "refused by the coordinator; `log verify`: damaged; `doctor`: something failed"},
      {kExitUsage, "the command means nothing, or was not confirmed"},
      {kExitUnreachable, "unreachable or not ready; a log that is in use or cannot be read"},
      {kExitNotFound, "not found, or no longer remembered"},
      {kExitConflict, "conflict: decided otherwise, changed meanwhile, or not possible in this state"},
      {kExitUnknown, "the outcome is not known yet, or the answer was lost: trying again is safe"},
      {kExitAborted, "the transaction aborted"},
      {kExitInterrupted, "interrupted"},
  };
  return kCodes;
}

}  // namespace troth::ctl
