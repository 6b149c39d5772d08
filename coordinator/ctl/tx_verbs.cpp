// The rows of `transactions list|show|watch`.
#include "coordinator/ctl/tx_list.h"
#include "coordinator/ctl/tx_show.h"
#include "coordinator/ctl/tx_watch.h"

namespace troth::ctl {

std::vector<Verb> transaction_verbs() {
  const Parameter id{
      .name = "ID", .value = "", .help = "the transaction", .required = true, .completes = Completes::kTransaction};
  return {
      {"transactions",
       "list",
       "the transactions that are live or whose details are kept, oldest first",
       {"trothctl tx list --state attention", "trothctl tx list --state in_doubt --older-than 5m --participant bank-b",
        "trothctl tx list --state attention --watch", "trothctl tx list -o name --limit 10"},
       {{.name = "--state",
         .value = "STATE",
         .help =
             "a phase (active, preparing, committing, aborting, finished), in_doubt (a branch has voted and does not "
             "know), or attention (needs an operator's look)",
         .completes = Completes::kChoices,
         .choices = "active|preparing|committing|aborting|finished|in_doubt|attention"},
        {.name = "--participant",
         .value = "NAME",
         .help = "with a branch of this participant",
         .completes = Completes::kParticipant},
        {.name = "--label", .value = "TEXT", .help = "with this label"},
        {.name = "--older-than", .value = "AGE", .help = "begun longer ago than 30s, 5m, 2h"},
        {.name = "--limit", .value = "N", .help = "at most so many, the oldest; 1000 when it is not given"},
        {.name = "--watch",
         .value = "",
         .help = "again and again: redrawn on a terminal, else a line of JSON for each change",
         .shorthand = "-w"},
        {.name = "--interval", .value = "TIME", .help = "with --watch: between two looks; 2s when it is not given"},
        {.name = "--rounds", .value = "N", .help = "with --watch: end after so many looks"}},
       run_tx_list},
      {"transactions",
       "show",
       "everything about one: its branches, what happened when, and what you can do",
       {"trothctl tx show 07q2m9xw4e3ta-0-3-1fk2mzq-118204",
        "trothctl tx show 07q2m9xw4e3ta-0-3-1fk2mzq-118204 -o json --time iso"},
       {id},
       run_tx_show},
      {"transactions",
       "watch",
       "one transaction until it is over, a line for each change; exit code 7 when it aborted",
       {"trothctl tx watch 07q2m9xw4e3ta-0-3-1fk2mzq-118204"},
       {id},
       run_tx_watch,
       "table|json|jsonl"},
  };
}

}  // namespace troth::ctl
