// `log restore`, `log salvage`: a log that may be started again, made of one that may not.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "coordinator/ctl/commands.h"
#include "coordinator/ctl/print.h"
#include "recovery/remake.h"

namespace troth::ctl {
namespace {

namespace json = boost::json;
using recovery::RemakePlan;

std::string gap_text(const RemakePlan& plan) {
  if (!plan.gap) return "none: every record that was ever durable is proven";
  const std::uint32_t first = plan.gap->from == EpochId{} ? 1 : plan.gap->from.epoch;
  return "epochs " + std::to_string(first) + " to " + std::to_string(plan.gap->to.epoch - 1) +
         ": of their ids it knows only those whose decision it holds";
}

void print_plan(const RemakePlan& plan, std::ostream& out) {
  line(out, "log", to_text(plan.log) + " in " + plan.to);
  line(out, "from",
       plan.from + (plan.made_at == 0 ? "" : ", made at " + std::string(json_time(plan.made_at).as_string())));
  line(out, "holds",
       "epochs " + text_of(plan.first_epoch) + " to " + text_of(plan.last_epoch) + ", LSN up to " +
           std::to_string(plan.proven_lsn));
  for (const auto& what : plan.damage) line(out, "lost", what);
  line(out, "gap", gap_text(plan));
  line(out, "goes on", "in epoch " + std::to_string(plan.next_epoch) + ", at LSN " + std::to_string(plan.next_lsn));
  line(out, "live", count_of(plan.live, "transaction") + " to be finished by the next start");
  if (plan.in_gap != 0)
    line(out, "in the gap", count_of(plan.in_gap, "unfinished transaction") + ", which wait for you");
  if (plan.unpresumed != 0) {
    line(out, "taken back", count_of(plan.unpresumed, "abort") + " that only a start on too short a log presumed");
  }
}

json::object to_json(const RemakePlan& plan) {
  json::object value{{"logId", to_text(plan.log)}, {"from", plan.from}, {"to", plan.to}};
  value["madeAt"] = json_time(plan.made_at);
  value["firstEpoch"] = json_epoch(plan.first_epoch);
  value["lastEpoch"] = json_epoch(plan.last_epoch);
  value["provenLsn"] = plan.proven_lsn;
  value["lost"] = json::array(plan.damage.begin(), plan.damage.end());
  value["gap"] = nullptr;
  if (plan.gap) value["gap"] = {{"from", json_epoch(plan.gap->from)}, {"to", {{"epoch", plan.gap->to.epoch}}}};
  value["nextEpoch"] = plan.next_epoch;
  value["nextLsn"] = plan.next_lsn;
  value["live"] = plan.live;
  value["inGap"] = plan.in_gap;
  value["takenBack"] = plan.unpresumed;
  return value;
}

void print_advice(const RemakePlan& plan, std::ostream& err) {
  err << "hint: " << plan.to << " holds a log that trothd starts on.\n";
  if (!plan.gap) return;
  err << "Nobody can tell from it what became of the ids in the gap. A participant that holds one of them prepared "
         "hears\n"
         "`unknown` and keeps it, a client hears ask-operator. For each of them: look in the databases of its other\n"
         "participants (a marker says committed, a tombstone aborted), then settle it once for all its branches:\n"
         "  trothctl tx resolve ID --outcome committed|aborted --reason '…'\n"
         "The log ends at LSN "
      << plan.proven_lsn
      << ": a client that repeats an Idempotency-Key of which it holds no outcome begins a new\n"
         "transaction.\n";
}

int carry_out(recovery::Remake& remake, bool yes, Format format, Terminal& terminal) {
  const RemakePlan& plan = remake.plan();
  if (!yes) print_plan(plan, terminal.err);
  if (!is_wanted(terminal, yes, "Make this log?")) return kExitUsage;
  remake.carry_out();
  format == Format::kJson ? json_line(terminal.out, to_json(plan)) : print_plan(plan, terminal.out);
  print_advice(plan, terminal.err);
  return kExitOk;
}

}  // namespace

int run(const LogRestore& command, Terminal& terminal) {
  try {
    const auto remake =
        recovery::plan_restore({command.directory, command.backup, command.above, command.copied_in, now_at()});
    if (command.backup.empty() && !command.copied_in) {
      terminal.err << "hint: nobody can see from a copy when it was made, so the gap begins at the first epoch; "
                      "--copied-in <epoch> makes it smaller. A log that is no copy needs no restore\n";
    }
    return carry_out(*remake, command.yes, command.format, terminal);
  } catch (const recovery::Refused& refused) {
    terminal.err << "error: " << refused.message << "\n";
    return kExitRefused;
  }
}

int run(const LogSalvage& command, Terminal& terminal) {
  try {
    const auto remake =
        recovery::plan_salvage({command.directory, command.to, command.above, command.generation, now_at()});
    return carry_out(*remake, command.yes, command.format, terminal);
  } catch (const recovery::Refused& refused) {
    terminal.err << "error: " << refused.message << "\n";
    return kExitRefused;
  }
}

}  // namespace troth::ctl
