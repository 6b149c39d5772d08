// `participants …`.
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <ostream>

#include "coordinator/ctl/client.h"
#include "coordinator/ctl/confirm.h"
#include "coordinator/ctl/problem.h"
#include "coordinator/ctl/values.h"
#include "coordinator/ctl/words.h"

namespace troth::ctl {
namespace {

namespace json = boost::json;

std::string path_of(const std::string& name, const std::string& rest = {}) {
  return "/v1/participants/" + percent_encoded(name) + rest;
}

Tone tone_of_state(const std::string& state) {
  if (state == "connected") return Tone::kGood;
  return state == "retired" ? Tone::kDim : Tone::kWarn;
}

/// How long its oldest branch has been in doubt.
std::string oldest_of(const Object& participant) {
  const std::int64_t ms = number_at(participant, "oldestInDoubtMs", -1);
  return ms < 0 ? "" : duration_text(ms);
}

Cell count_cell(const Object& participant, const char* name, Tone when_any) {
  return {text_at(participant, name), number_at(participant, name) == 0 ? Tone::kPlain : when_any};
}

std::string error_of(const Object& participant) {
  const Object& error = object_at(participant, "lastError");
  return error.empty() ? "" : text_at(error, "code") + ": " + text_at(error, "detail");
}

Table participant_table(const Look& look) {
  std::vector<std::string> heading = {"NAME",     "STATE",           "INSTANCES", "LIVE BRANCHES",
                                      "IN DOUBT", "OLDEST IN DOUBT", "HAZARDS",   "LAST SEEN"};
  if (look.is_wide()) heading.insert(heading.end(), {"KIND", "ROUTING", "URL", "REGISTERED", "LAST ERROR"});
  return Table(std::move(heading));
}

void add_participant(Table& table, const Look& look, const Object& participant) {
  const std::string state = text_at(participant, "state");
  std::vector<Cell> row = {text_at(participant, "name"),
                           Cell(state, tone_of_state(state)),
                           std::to_string(array_at(participant, "instances").size()),
                           text_at(participant, "liveBranches"),
                           count_cell(participant, "inDoubtBranches", Tone::kWarn),
                           oldest_of(participant),
                           count_cell(participant, "hazards", Tone::kBad),
                           time_text(look, text_at(participant, "lastSeenAt"))};
  if (look.is_wide()) {
    for (const char* more : {"kind", "routing", "url"}) row.emplace_back(text_at(participant, more));
    row.emplace_back(time_text(look, text_at(participant, "registeredAt")));
    row.emplace_back(error_of(participant), Tone::kBad);
  }
  table.add(std::move(row));
}

void print_participant(Invocation& invocation, const std::string& body, const Object& participant) {
  std::ostream& out = invocation.terminal.out;
  if (invocation.look.is_json()) {
    out << body << "\n";
  } else if (invocation.look.format == Format::kName) {
    out << printable(text_at(participant, "name")) << "\n";
  } else {
    Table table = participant_table(invocation.look);
    add_participant(table, invocation.look, participant);
    table.print(out, invocation.look);
  }
}

int run_list(Invocation& invocation) {
  Client client(invocation.endpoints);
  Answer answer = client.get("/v1/participants");
  answer.expect_list("participants");
  if (!answer.is_ok()) return fail(invocation, answer);
  const Look& look = invocation.look;
  std::ostream& out = invocation.terminal.out;
  const auto& all = array_at(answer.object(), "participants");
  if (look.format == Format::kJson) {
    out << answer.body << "\n";
  } else if (look.format == Format::kJsonl) {
    for (const auto& one : all) out << json::serialize(one) << "\n";
  } else if (look.format == Format::kName) {
    for (const auto& one : all) out << printable(text_at(as_object(one), "name")) << "\n";
  } else {
    Table table = participant_table(look);
    for (const auto& one : all) add_participant(table, look, as_object(one));
    table.print(out, look);
    if (all.empty()) invocation.terminal.err << "no participant is registered; one registers by connecting\n";
  }
  return kExitOk;
}

void print_instances(const Object& participant, const Look& look, std::ostream& out) {
  Table table({"INSTANCE", "REMOTE", "CONNECTED", "PROTOCOL", "QUEUED", "IN FLIGHT"});
  for (const auto& value : array_at(participant, "instances")) {
    const Object& one = as_object(value);
    table.add({text_at(one, "id"), text_at(one, "remote"), time_text(look, text_at(one, "connectedAt")),
               text_at(one, "protocol"), text_at(one, "queued"), text_at(one, "inFlight")});
  }
  if (table.empty()) return;
  out << "\n" << painted(look, Tone::kStrong, "Instances") << "\n";
  table.print(out, look);
}

int run_show(Invocation& invocation) {
  const std::string name = read_participant(invocation.typed.text("NAME"));
  Client client(invocation.endpoints);
  Answer answer = client.get(path_of(name));
  answer.expect_text("name", name);
  if (!answer.is_ok()) return fail(invocation, answer, {{}, name});
  const Object& participant = answer.object();
  const Look& look = invocation.look;
  if (!look.is_table()) {
    print_participant(invocation, answer.body, participant);
    return kExitOk;
  }
  const std::string state = text_at(participant, "state");
  Facts facts;
  facts.add("participant", text_at(participant, "name"));
  facts.add("state", Cell(state, tone_of_state(state)));
  facts.add("kind", text_at(participant, "kind") + ", routing " + text_at(participant, "routing"));
  facts.add("url", text_at(participant, "url"));
  facts.add("live branches", text_at(participant, "liveBranches"));
  facts.add("in doubt", count_cell(participant, "inDoubtBranches", Tone::kWarn));
  facts.add("oldest in doubt", oldest_of(participant));
  facts.add("hazards", count_cell(participant, "hazards", Tone::kBad));
  facts.add("registered", time_text(look, text_at(participant, "registeredAt")));
  facts.add("last seen", time_text(look, text_at(participant, "lastSeenAt")));
  facts.add("last error", Cell(error_of(participant), Tone::kBad));
  std::ostream& out = invocation.terminal.out;
  facts.print(out, look);
  print_instances(participant, look, out);
  for (const auto& [count, filter] : {std::pair("inDoubtBranches", "in_doubt"), std::pair("hazards", "attention")}) {
    if (number_at(participant, count) == 0) continue;
    invocation.terminal.err << "hint: " << invocation.program << " tx list --participant " << name << " --state "
                            << filter << "\n";
  }
  return kExitOk;
}

int run_register(Invocation& invocation) {
  const Typed& typed = invocation.typed;
  const std::string name = read_participant(typed.text("NAME"));
  json::object body{{"name", name}, {"kind", "callback"}, {"url", typed.text("--url")}};
  if (typed.has("--concurrency")) {
    body["concurrency"] = read_number<std::uint32_t>("--concurrency", typed.text("--concurrency"), 1, 100'000);
  }
  if (typed.has("--timeout")) body["timeoutMs"] = read_duration("--timeout", typed.text("--timeout"));
  Client client(invocation.endpoints);
  Answer answer = client.post("/v1/participants", body);
  answer.expect(text_at(object_at(answer.object(), "participant"), "name") == name);
  if (!answer.is_ok()) return fail(invocation, answer, {{}, name});
  print_participant(invocation, answer.body, object_at(answer.object(), "participant"));
  const std::string secret = text_at(answer.object(), "secret");
  if (!secret.empty() && !invocation.look.is_json()) {  // with -o name, stdout has the name only
    std::ostream& where = invocation.look.is_table() ? invocation.terminal.out : invocation.terminal.err;
    where << "secret\t" << printable(secret) << "\n";
    invocation.terminal.err << "hint: give the secret to the service now; it is never shown again\n";
  }
  return kExitOk;
}

/// Shows what would happen; the exit code when it cannot.
std::optional<int> preview_retire(Invocation& invocation, Client& client, const std::string& name,
                                  const std::string& reason) {
  const bool dry_run = invocation.typed.has("--dry-run");
  Answer answer = client.post(path_of(name, "/retire"), json::object{{"reason", reason}, {"dryRun", true}});
  answer.changes = false;
  answer.expect_list("wouldChange");
  if (!answer.is_ok()) return fail(invocation, answer, {{}, name});
  if (dry_run && invocation.look.is_json()) {
    invocation.terminal.out << answer.body << "\n";
    return std::nullopt;
  }
  Look look = invocation.look;
  look.color = look.color && (dry_run || invocation.terminal.is_interactive);
  print_dry_run(dry_run ? invocation.terminal.out : invocation.terminal.err, look, answer.object());
  return std::nullopt;
}

int run_retire(Invocation& invocation) {
  const Typed& typed = invocation.typed;
  const std::string name = read_participant(typed.text("NAME"));
  const std::string reason = read_reason(typed);
  const bool dry_run = typed.has("--dry-run");
  if (!dry_run && !can_be_asked(invocation.terminal, typed.has("--yes"))) return kExitUsage;
  Client client(invocation.endpoints);
  if (const auto code = preview_retire(invocation, client, name, reason)) return *code;
  if (dry_run) return kExitOk;
  if (!is_wanted_by_name(invocation.terminal, typed.has("--yes"), "It may never come back under this name.", name)) {
    return kExitUsage;
  }
  Answer answer = client.post(path_of(name, "/retire"), json::object{{"reason", reason}});
  answer.expect_text("name", name);
  if (!answer.is_ok()) return fail(invocation, answer, {{}, name});
  print_participant(invocation, answer.body, answer.object());
  if (number_at(answer.object(), "hazards") > 0 && invocation.look.is_table()) {
    invocation.terminal.err << "hint: each of its hazards is listed until it is forgotten: " << invocation.program
                            << " tx list --state attention --participant " << name << "\n";
  }
  return kExitOk;
}

int run_remove(Invocation& invocation) {
  const Typed& typed = invocation.typed;
  const std::string name = read_participant(typed.text("NAME"));
  if (!is_wanted_by_name(invocation.terminal, typed.has("--yes"), "This removes the participant.", name)) {
    return kExitUsage;
  }
  Client client(invocation.endpoints);
  Answer answer = client.remove(path_of(name));
  answer.expect(answer.status == 204);
  if (!answer.is_ok()) return fail(invocation, answer, {{}, name});
  std::ostream& out = invocation.terminal.out;
  if (invocation.look.is_json()) {
    out << json::serialize(json::object{{"name", name}, {"removed", true}}) << "\n";
  } else {
    out << name << (invocation.look.format == Format::kName ? "" : " removed") << "\n";
  }
  return kExitOk;
}

}  // namespace

std::vector<Verb> participant_verbs() {
  const Parameter name{
      .name = "NAME", .value = "", .help = "its name", .required = true, .completes = Completes::kParticipant};
  const Parameter yes{.name = "--yes", .value = "", .help = "do not ask", .shorthand = "-y"};
  return {
      {"participants",
       "list",
       "who takes part, who is connected, and what waits for whom",
       {"trothctl participants list", "trothctl participants list -o wide --time iso"},
       {},
       run_list},
      {"participants",
       "show",
       "one participant and its connections",
       {"trothctl participants show bank-b"},
       {name},
       run_show},
      {"participants",
       "register",
       "register a participant that is called at a URL (those that dial in register by connecting)",
       {"trothctl participants register stock --url http://10.0.0.7:8080/troth --concurrency 8 --timeout 3s"},
       {{.name = "NAME", .value = "", .help = "its name", .required = true},
        {.name = "--url", .value = "URL", .help = "where it is called", .required = true},
        {.name = "--concurrency", .value = "N", .help = "calls at once"},
        {.name = "--timeout", .value = "TIME", .help = "of one call: 500ms, 3s"}},
       run_register},
      {"participants",
       "retire",
       "give up a participant that is gone for good: what it has not acknowledged becomes hazards",
       {"trothctl participants retire bank-b --reason 'decommissioned, ticket 4711' --dry-run",
        "trothctl participants retire bank-b --reason 'decommissioned, ticket 4711'"},
       {name,
        {.name = "--reason", .value = "TEXT", .help = "why; it is kept in the log", .required = true},
        {.name = "--dry-run", .value = "", .help = "only show what would change"},
        yes},
       run_retire},
      {"participants",
       "remove",
       "forget a participant that has nothing to do any more",
       {"trothctl participants remove bank-b --yes"},
       {name, yes},
       run_remove},
  };
}

}  // namespace troth::ctl
