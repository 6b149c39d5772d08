// The rows of `log …`, and how what was typed becomes a command of commands.h.
#include "coordinator/ctl/command_line.h"
#include "coordinator/ctl/commands.h"
#include "coordinator/ctl/values.h"

namespace troth::ctl {
namespace {

recovery::Above read_above(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) {
    throw UsageError{"--above " + text +
                     ": give <epoch>:<lsn>, the highest that any participant reports, for example 4:1200; 0:0 if "
                     "none reports anything"};
  }
  return {read_number<std::uint32_t>("the epoch of --above", text.substr(0, colon), 0, recovery::kEpochMax),
          read_number<Lsn>("the LSN of --above", text.substr(colon + 1), 0, recovery::kLsnMax)};
}

int run_verify(Invocation& invocation) {
  return run(LogVerify{invocation.typed.text("PATH"), invocation.look.format}, invocation.terminal);
}

int run_export(Invocation& invocation) {
  return run(LogExport{invocation.typed.text("PATH")}, invocation.terminal);
}

int run_restore(Invocation& invocation) {
  const Typed& typed = invocation.typed;
  LogRestore restore{typed.text("DIRECTORY"), typed.text("--from"),  read_above(typed.text("--above")), {},
                     typed.has("--yes"),      invocation.look.format};
  if (typed.has("--copied-in")) {
    const std::string epoch = typed.text("--copied-in");
    if (typed.has("--from")) {
      throw UsageError{"--copied-in: a backup knows when it was made; leave one of the two out"};
    }
    restore.copied_in = epoch == "last" ? recovery::kNeverStarted
                                        : read_number<std::uint32_t>("--copied-in", epoch, 1, recovery::kEpochMax);
  }
  return run(restore, invocation.terminal);
}

int run_salvage(Invocation& invocation) {
  const Typed& typed = invocation.typed;
  LogSalvage salvage{typed.text("DIRECTORY"), typed.text("--to"), {}, {}, typed.has("--yes"), invocation.look.format};
  if (typed.has("--above")) salvage.above = read_above(typed.text("--above"));
  if (typed.has("--generation")) {
    salvage.generation = read_number<std::uint64_t>("--generation", typed.text("--generation"), 1, recovery::kLsnMax);
  }
  return run(salvage, invocation.terminal);
}

int run_backup(Invocation& invocation) {
  return run(LogBackup{invocation.typed.text("--to"), invocation.endpoints, invocation.look.format}, invocation);
}

Parameter path(const char* name, const char* help) {
  return {.name = name, .value = "", .help = help, .required = true, .completes = Completes::kFile};
}

Parameter above(bool required) {
  return {.name = "--above",
          .value = "EPOCH:LSN",
          .help = required ? "the highest epoch and LSN that any participant reports"
                           : "the highest epoch and LSN that any participant reports; needed when records are lost",
          .required = required};
}

Verb restore_verb(const Parameter& yes) {
  return {"log",
          "restore",
          "make a log of a backup, or of an old copy, that trothd may start on",
          {"trothctl log restore /var/lib/troth --from troth.backup --above 7:118204",
           "trothctl log restore /var/lib/troth --above 7:118204 --copied-in last --yes"},
          {path("DIRECTORY", "the data directory"),
           above(true),
           {.name = "--from",
            .value = "FILE",
            .help = "the backup; the directory must be empty or missing",
            .completes = Completes::kFile},
           {.name = "--copied-in",
            .value = "EPOCH",
            .help = "without --from: the epoch that ran when the directory was copied, or `last` if it was never "
                    "started since; the gap begins there, else at the first epoch"},
           yes},
          run_restore,
          "table|json",
          false};
}

Verb salvage_verb(const Parameter& yes) {
  return {"log",
          "salvage",
          "make a new log of what is proven of a damaged one, which is left as it is",
          {"trothctl log salvage /var/lib/troth --to /var/lib/troth.new --above 7:118204"},
          {path("DIRECTORY", "the damaged data directory"),
           {.name = "--to",
            .value = "DIR",
            .help = "the new data directory: empty or missing",
            .required = true,
            .completes = Completes::kFile},
           above(false),
           {.name = "--generation", .value = "N", .help = "which one to keep, when several lie there"},
           yes},
          run_salvage,
          "table|json",
          false};
}

}  // namespace

std::vector<Verb> log_verbs() {
  const char* where = "a data directory that no trothd uses, or a backup file";
  const Parameter yes{.name = "--yes", .value = "", .help = "do not ask", .shorthand = "-y"};
  return {
      {"log",
       "verify",
       "say what of a log is proven and what is damaged; changes nothing",
       {"trothctl log verify /var/lib/troth"},
       {path("PATH", where)},
       run_verify,
       "table|json",
       false},
      {"log",
       "export",
       "print each record that is proven as a line of JSON; changes nothing",
       {"trothctl log export /var/lib/troth"},
       {path("PATH", where)},
       run_export,
       "table|jsonl",
       false},
      restore_verb(yes),
      salvage_verb(yes),
      {"log",
       "backup",
       "copy the log of a running trothd into a file",
       {"trothctl log backup --to troth.backup"},
       {{.name = "--to",
         .value = "FILE",
         .help = "the file; it must not be there",
         .required = true,
         .completes = Completes::kFile}},
       run_backup,
       "table|json"},
  };
}

}  // namespace troth::ctl
