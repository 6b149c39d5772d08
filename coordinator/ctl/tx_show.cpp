// `transactions show`: everything there is to know about one, and what can be done.
#include "coordinator/ctl/tx_show.h"

#include <ostream>

#include "coordinator/ctl/client.h"
#include "coordinator/ctl/problem.h"
#include "coordinator/ctl/values.h"
#include "coordinator/ctl/words.h"

namespace troth::ctl {
namespace {

void title(std::ostream& out, const Look& look, const std::string& text) {
  out << "\n" << painted(look, Tone::kStrong, text) << "\n";
}

void print_head(const Object& transaction, const Look& look, std::ostream& out) {
  const std::string outcome = text_at(transaction, "outcome");
  const std::string lsn = text_at(transaction, "lsn");
  const std::string attention = text_at(transaction, "attention");
  const std::string heuristic = text_at(transaction, "heuristic");
  Facts facts;
  facts.add("transaction", text_at(transaction, "id"));
  facts.add("label", text_at(transaction, "label"));
  facts.add("state", state_in_words(transaction));
  facts.add("phase", text_at(transaction, "phase"));
  facts.add("outcome", Cell(outcome.empty() ? "none yet" : outcome + (lsn.empty() ? "" : " at LSN " + lsn),
                            tone_of_outcome(outcome)));
  facts.add("why", text_at(transaction, "abortReason"));
  facts.add("attention", Cell(attention_in_words(transaction), tone_of_attention(attention)));
  facts.add("heuristic", Cell(heuristic, Tone::kBad));
  facts.add("begun", time_text(look, text_at(transaction, "begunAt")));
  facts.add("deadline", outcome.empty() ? time_text(look, text_at(transaction, "deadlineAt")) : "");
  facts.add("decided", time_text(look, text_at(transaction, "decidedAt")));
  facts.add("finished", time_text(look, text_at(transaction, "finishedAt")));
  facts.add("revision", text_at(transaction, "revision"));
  if (look.is_wide()) {
    facts.add("epoch", text_at(transaction, "epoch"));
    facts.add("effects", text_at(transaction, "effects"));
    facts.add("timeout", text_at(transaction, "timeoutMs") + " ms");
    facts.add("traceparent", text_at(transaction, "traceparent"));
  }
  facts.print(out, look);
}

std::string error_of(const Object& holder, const Look& look) {
  const Object& error = object_at(holder, "lastError");
  if (error.empty()) return {};
  const std::string at = time_text(look, text_at(error, "at"));
  return text_at(error, "code") + ": " + text_at(error, "detail") + (at.empty() ? "" : " (" + at + ")");
}

void print_branches(const Object& transaction, const Look& look, std::ostream& out) {
  std::vector<std::string> heading = {"BRANCH",   "PARTICIPANT", "INSTANCE",   "CONNECTED",  "STATE",      "VOTE",
                                      "ATTEMPTS", "LAST ERROR",  "NEXT RETRY", "OPEN SINCE", "WAITING FOR"};
  if (look.is_wide()) heading.insert(heading.end(), {"KEY", "VOTE REASON", "IN DOUBT", "HEURISTIC"});
  Table table(std::move(heading));
  const std::string decided = text_at(transaction, "decidedAt");
  const std::string since = decided.empty() ? text_at(transaction, "begunAt") : decided;
  for (const auto& value : array_at(transaction, "branches")) {
    const Object& branch = as_object(value);
    const bool is_open = is_unsettled(branch);
    const bool connected = is_true(branch, "connected");
    const std::string error = error_of(branch, look);
    std::vector<Cell> row = {text_at(branch, "n"),
                             text_at(branch, "participant"),
                             text_at(branch, "instance"),
                             Cell(connected ? "yes" : "no", connected || !is_open ? Tone::kPlain : Tone::kBad),
                             Cell(text_at(branch, "state"), is_open ? Tone::kWarn : Tone::kPlain),
                             text_at(branch, "vote"),
                             text_at(branch, "attempts"),
                             Cell(error, Tone::kBad),
                             time_text(look, text_at(branch, "nextAttemptAt")),
                             is_open ? time_text(look, since) : "",
                             text_at(branch, "waitingFor")};
    if (look.is_wide()) {
      for (const char* more : {"key", "voteReason"}) row.emplace_back(text_at(branch, more));
      row.emplace_back(is_true(branch, "inDoubt") ? "yes" : "no");
      row.emplace_back(text_at(branch, "heuristic"), Tone::kBad);
    }
    table.add(std::move(row));
  }
  if (table.empty()) return;
  title(out, look, "Branches");
  table.print_fitting(out, look);
}

void print_timeline(const Object& transaction, const Look& look, std::ostream& out) {
  Table table({"AT", "WHAT", "BRANCH", "DETAIL"});
  for (const auto& value : array_at(transaction, "timeline")) {
    const Object& item = as_object(value);
    table.add({time_text(look, text_at(item, "at")), text_at(item, "what"), text_at(item, "branch"),
               text_at(item, "detail")});
  }
  if (table.empty()) return;
  title(out, look, "Timeline");
  table.print(out, look);
}

void print_action(const Object& action, const std::string& command, const Look& look, std::ostream& out) {
  const std::string blocked = text_at(action, "blockedBecause");
  out << "  " << painted(look, Tone::kStrong, printable(text_at(action, "action")))
      << (blocked.empty() ? "" : painted(look, Tone::kDim, " (not now)")) << "\n";
  const auto part = [&](const char* name, const std::string& text, Tone tone) {
    if (!text.empty()) out << "    " << name << painted(look, tone, printable(text)) << "\n";
  };
  part("effect:  ", text_at(action, "effect"), Tone::kPlain);
  part("risk:    ", text_at(action, "risk"), Tone::kWarn);
  part("blocked: ", blocked, Tone::kDim);
  if (blocked.empty()) part("$ ", command, Tone::kGood);
}

void print_actions(const Object& transaction, const Look& look, const std::string& program, std::ostream& out) {
  const auto& actions = array_at(transaction, "allowedActions");
  if (actions.empty()) return;
  title(out, look, "What you can do");
  for (const bool is_possible : {true, false}) {  // what can be done now comes first
    for (const auto& value : actions) {
      const Object& action = as_object(value);
      if (text_at(action, "blockedBecause").empty() != is_possible) continue;
      print_action(action, command_for(text_at(action, "action"), transaction, program), look, out);
    }
  }
}

}  // namespace

std::string command_for(const std::string& action, const Object& transaction, const std::string& program) {
  const std::size_t colon = std::min(action.find(':'), action.size());
  const std::string what = action.substr(0, colon);
  const std::string which = colon == action.size() ? "" : action.substr(colon + 1);
  const std::string id = text_at(transaction, "id");
  const std::string because = " --reason '…'";
  const std::string resolve = program + " tx resolve " + id;
  const std::string outcome = text_at(transaction, "outcome");
  if (what == "abort") return program + " tx abort " + id + because;
  if (what == "retry") return program + " tx retry " + id + "." + which;
  if (what == "forget") return resolve + "." + which + " --forget" + because;
  if (what == "retire") return program + " participants retire " + which + because;
  if (what == "resolve-committed") return resolve + " --outcome committed" + because;
  if (what == "resolve-aborted") return resolve + " --outcome aborted" + because;
  if (what == "resolve-commit") {
    return resolve + "." + which + " --commit" + because + (outcome == "aborted" ? " --heuristic" : "");
  }
  if (what == "resolve-abort") {
    return resolve + "." + which + " --abort" + because + (outcome == "committed" ? " --heuristic" : "");
  }
  return {};  // of a newer coordinator: its effect is shown, how to do it is in the API
}

int run_tx_show(Invocation& invocation) {
  const TransactionId id = read_transaction(invocation.typed.text("ID"));
  Client client(invocation.endpoints);
  Answer answer = client.get(transaction_path(id));
  answer.expect_text("id", to_text(id));
  const Look& look = invocation.look;
  if (!answer.is_ok()) {
    // An id in a gap of the log: nothing is known of it, but what can be done is.
    const Object& gap = object_at(answer.object(), "transaction");
    if (look.is_table()) print_actions(gap, look, invocation.program, invocation.terminal.out);
    return fail(invocation, answer, {to_text(id), {}});
  }
  const Object& transaction = answer.object();
  if (!look.is_table()) {
    print_transaction(invocation, answer.body, transaction);
    return kExitOk;
  }
  std::ostream& out = invocation.terminal.out;
  print_head(transaction, look, out);
  print_branches(transaction, look, out);
  print_timeline(transaction, look, out);
  print_actions(transaction, look, invocation.program, out);
  return kExitOk;
}

}  // namespace troth::ctl
